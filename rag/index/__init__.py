"""Passages, vectors, terms and manifest on disk; FAISS and tantivy live here and nowhere else."""

from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest, Recipe
from rag.index.store import Index, publish, writing
from rag.index.vectors import VectorIndex

__all__ = ["Index", "LexicalIndex", "Manifest", "Recipe", "VectorIndex", "publish", "writing"]
