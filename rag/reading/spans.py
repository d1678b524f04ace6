"""The trained reader: answers with the exact span, token by token.

It fills the ``SpanScorer`` seam with tokens as units, over stretches of the documents.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from rag.models.reader import OnnxReader
from rag.reading.stretches import stretches
from rag.seams import Ints, SpanLogits
from rag.types import Document, Hit, Span

_LONGEST_ANSWER = 30
"""Tokens of an answer, as in the SQuAD baselines (Devlin et al. 2019)."""


class SpanReader:
    """A ``SpanScorer`` whose units are the tokens of a trained reader."""

    def __init__(self, reader: OnnxReader, documents: Mapping[str, Document]) -> None:
        self._reader = reader
        self._documents = documents

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        """Return the logits of every window of the stretches that the hits make up."""
        read = stretches(hits, self._documents)
        logits = []
        for window in self._reader.read(question, [stretch.passage.text for stretch in read]):
            stretch = read[window.text]
            offsets = window.offsets + stretch.passage.start
            logits.append(
                SpanLogits(
                    hits=stretch.hits,
                    offsets=offsets,
                    segments=_segments(offsets, stretch.passage.sentences),
                    start=window.start,
                    end=window.end,
                    null=window.null,
                    longest=_LONGEST_ANSWER,
                )
            )
        return logits


def _segments(offsets: Ints, sentences: Sequence[Span]) -> Ints:
    """Return the number of the sentence that holds each token, -1 for none (page furniture)."""
    if not sentences:
        return np.full(len(offsets), -1, dtype=np.int64)
    starts, ends = (np.array([getattr(s, edge) for s in sentences]) for edge in ("start", "end"))
    near = np.searchsorted(starts, offsets[:, 0], side="right") - 1
    return np.where((near >= 0) & (offsets[:, 1] <= ends[near]), near, -1)
