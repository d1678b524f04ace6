"""Passages, vectors, terms and manifest on disk; FAISS and tantivy live here and nowhere else."""

from rag.index.checking import Condition, check, inspect
from rag.index.compaction import compact, is_due
from rag.index.generations import flush, is_being_written, point, remove, writing
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest, Recipe
from rag.index.mending import Maker, Mended, mend
from rag.index.segment import Entry
from rag.index.store import Index
from rag.index.vectors import VectorIndex, either
from rag.index.writer import Addition, Writer

__all__ = [
    "Addition",
    "Condition",
    "Entry",
    "Index",
    "LexicalIndex",
    "Maker",
    "Manifest",
    "Mended",
    "Recipe",
    "VectorIndex",
    "Writer",
    "check",
    "compact",
    "either",
    "flush",
    "inspect",
    "is_being_written",
    "is_due",
    "mend",
    "point",
    "remove",
    "writing",
]
