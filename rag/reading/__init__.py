"""Question and hits -> candidate spans: scorers behind one seam, one decoder."""

from rag.reading.decoding import CANDIDATES, decode
from rag.reading.sentences import SentenceScorer

__all__ = ["CANDIDATES", "SentenceScorer", "decode"]
