"""History and question -> a self-contained question, by rules and the reader's own score."""

from rag.conversation.resolving import resolve
from rag.conversation.rewriting import rewrites

__all__ = ["Judged", "resolve", "rewrites"]
