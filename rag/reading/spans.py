"""The trained reader: answers with the exact span, token by token.

It fills the ``SpanScorer`` seam with tokens as units, over stretches of the documents.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from rag.headings import Heads
from rag.models.reader import OnnxReader
from rag.reading.stretches import stretches
from rag.seams import Ints, SpanLogits
from rag.types import Document, Hit, Passage

_LONGEST_ANSWER = 30
"""Tokens of an answer, as in the SQuAD baselines (Devlin et al. 2019)."""


class SpanReader:
    """A ``SpanScorer`` whose units are the tokens of a trained reader."""

    def __init__(self, reader: OnnxReader, documents: Mapping[str, Document]) -> None:
        self._reader = reader
        self._documents = documents
        self._heads = Heads(documents)

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        """Return the logits of every window of the stretches that the hits make up."""
        read = stretches(hits, self._documents)
        texts = [stretch.passage.text for stretch in read]
        heads = [self._heads.of(stretch.passage) for stretch in read]
        logits = []
        for window in self._reader.read(question, texts, heads):
            stretch = read[window.text]
            offsets = window.offsets + stretch.passage.start
            logits.append(
                SpanLogits(
                    hits=stretch.hits,
                    offsets=offsets,
                    segments=_segments(offsets, stretch.passage),
                    start=window.start,
                    end=window.end,
                    null=window.null,
                    longest=_LONGEST_ANSWER,
                )
            )
        return logits


def _segments(offsets: Ints, passage: Passage) -> Ints:
    """Return a number for the sentence that holds each token, -1 for none (page furniture).

    A Markdown table is one sentence, but each cell of it has a number of its own.
    """
    sentences = passage.sentences
    if not sentences:
        return np.full(len(offsets), -1, dtype=np.int64)
    starts, ends = (np.array([getattr(s, edge) for s in sentences]) for edge in ("start", "end"))
    near = np.searchsorted(starts, offsets[:, 0], side="right") - 1
    within = (near >= 0) & (offsets[:, 1] <= ends[near])
    tables = np.array([passage.text.startswith("|", s.start - passage.start) for s in sentences])
    bars = np.array([passage.text[at - passage.start] == "|" for at in offsets[:, 0]], dtype=bool)
    bars &= within & tables[near]
    return np.where(within & ~bars, near + np.cumsum(bars), -1)
