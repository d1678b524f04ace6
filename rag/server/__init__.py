"""HTTP: thin client of Engine."""

from rag.server.serving import serve

__all__ = ["serve"]
