"""Bytes of any supported kind -> Document: canonical text, title, blocks."""

from rag.documents.loading import SUFFIXES, find, load, parse

__all__ = ["SUFFIXES", "find", "load", "parse"]
