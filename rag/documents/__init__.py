"""Bytes of any supported kind -> Documents: canonical text, title, blocks, pages."""

from rag.documents.finding import find, fixed, is_closed
from rag.documents.kinds import SUFFIXES, SUPPORTED
from rag.documents.loading import Loaded, load, load_bytes, load_lines
from rag.documents.parsing import parse

__all__ = [
    "SUFFIXES",
    "SUPPORTED",
    "Loaded",
    "find",
    "fixed",
    "is_closed",
    "load",
    "load_bytes",
    "load_lines",
    "parse",
]
