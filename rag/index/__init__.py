"""Passages, vectors, terms and manifest on disk; FAISS and tantivy live here and nowhere else."""

from rag.index.generations import point, writing
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest, Recipe
from rag.index.segment import Entry
from rag.index.store import Index
from rag.index.vectors import VectorIndex
from rag.index.writer import Addition, Writer

__all__ = [
    "Addition",
    "Entry",
    "Index",
    "LexicalIndex",
    "Manifest",
    "Recipe",
    "VectorIndex",
    "Writer",
    "point",
    "writing",
]
