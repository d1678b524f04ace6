"""Question and hits -> candidate spans, and the evidence for each."""

from rag.reading.decoding import CANDIDATES, decode
from rag.reading.evidence import FEATURES, Evidence, Weigher
from rag.reading.listing import asks_for_several, parts
from rag.reading.spans import SpanReader
from rag.reading.stretches import touching

__all__ = [
    "CANDIDATES",
    "FEATURES",
    "Evidence",
    "SpanReader",
    "Weigher",
    "asks_for_several",
    "decode",
    "parts",
    "touching",
]
