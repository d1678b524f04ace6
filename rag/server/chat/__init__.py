"""Chat protocols of others: what is asked in them is put to a collection, and told in theirs."""

from rag.server.chat.completions import completions
from rag.server.chat.models import models
from rag.server.chat.responses import responses
from rag.server.chat.ui import ui

openai = (completions, responses, models)

__all__ = ["openai", "ui"]
