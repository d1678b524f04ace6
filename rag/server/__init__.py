"""HTTP: thin client of Engine."""

from rag.server.app import create_app
from rag.server.serving import serve

__all__ = ["create_app", "serve"]
