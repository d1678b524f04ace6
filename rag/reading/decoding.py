"""Start and end scores -> the best spans, over all that was read at once; pure numpy."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rag.reading.trimming import is_mark, trim
from rag.seams import Floats, Ints, SpanLogits
from rag.types import Candidate, Hit, Span

CANDIDATES = 8
"""Spans kept of what is read for a question: to answer, and to calibrate how sure that is."""


def decode(logits: Sequence[SpanLogits], n: int) -> list[Candidate]:
    """Return the best spans that do not overlap, best first, until n different things are said.

    A span's score is ``start[i] + end[j] - null`` for units i <= j of one sentence. Scores of
    different stretches are compared as they are, without a softmax in each (Clark and Gardner
    2018). The best span is taken, and all that overlap it or its quote are passed over, as often
    as there are any left. Those that say the same agree; one without a word is no answer. Ties
    fall to the stretch that stands first, then to the earlier and shorter span.
    """
    candidates: list[Candidate] = []
    places: Counter[tuple[str, ...]] = Counter()
    spans = _Spans.of(logits)
    while len(places) < n and (best := spans.best()) is not None:
        candidate = _candidate(spans, best, logits)
        spans.drop(best, candidate.span)
        if candidate.said:
            candidates.append(candidate)
            places[candidate.said] += 1
    return [replace(each, agreeing=places[each.said] - 1) for each in candidates]


@dataclass(slots=True)
class _Spans:
    """All spans that may answer, as columns: what was read for them, document, place, score."""

    source: Ints
    document: Ints
    start: Ints
    end: Ints
    score: Floats

    @classmethod
    def of(cls, logits: Sequence[SpanLogits]) -> "_Spans":
        names = sorted({each.hits[0].passage.document_id for each in logits})
        columns: list[list[Ints]] = [[], [], [], []]
        scores: list[Floats] = [np.empty(0, dtype=np.float32)]
        for source, each in enumerate(logits):
            first, last, score = _allowed(each)
            document = names.index(each.hits[0].passage.document_id)
            places = each.offsets[first, 0], each.offsets[last, 1]
            numbers = np.full(len(first), source), np.full(len(first), document)
            for column, values in zip(columns, (*numbers, *places), strict=True):
                column.append(values)
            scores.append(score)
        sources, documents, starts, ends = (
            np.concatenate([np.empty(0, dtype=np.int64), *column]) for column in columns
        )
        return cls(sources, documents, starts, ends, np.concatenate(scores))

    def best(self) -> int | None:
        """Return the number of the best span that is left."""
        if not len(self.score):
            return None
        best = int(self.score.argmax())
        return None if self.score[best] == -np.inf else best

    def drop(self, number: int, quote: Span) -> None:
        """Drop what overlaps a span or its quote, which may hold more: whole words."""
        start, end = min(self.start[number], quote.start), max(self.end[number], quote.end)
        overlaps = (self.start < end) & (start < self.end)
        self.score[overlaps & (self.document == self.document[number])] = -np.inf


def _allowed(logits: SpanLogits) -> tuple[Ints, Ints, Floats]:
    """Return first unit, last unit and score of every span of some extent in one sentence."""
    units, longest = len(logits.start), min(logits.longest, len(logits.start))
    if not units:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0, dtype=np.float32)
    ahead = np.pad(logits.end, (0, longest - 1), constant_values=-np.inf)
    beside = np.pad(logits.segments, (0, longest - 1), constant_values=-1)
    scores = logits.start[:, None] + sliding_window_view(ahead, longest) - np.float32(logits.null)
    own = logits.segments[:, None]
    first, length = np.nonzero((sliding_window_view(beside, longest) == own) & (own >= 0))
    extends = logits.offsets[first, 0] < logits.offsets[first + length, 1]
    first, length = first[extends], length[extends]
    return first, first + length, scores[first, length]


def _candidate(spans: _Spans, number: int, logits: Sequence[SpanLogits]) -> Candidate:
    """Return the candidate that cites a span.

    Of the passages that hold it, which overlap, the nearest to the question speaks for it.
    """
    span = Span(int(spans.start[number]), int(spans.end[number]))
    own = logits[spans.source[number]].hits[0].passage.document_id
    read = [hit for each in logits for hit in each.hits if hit.passage.document_id == own]
    hit = max((hit for hit in read if _holds(hit, span)), key=lambda hit: hit.score)
    passage = hit.passage
    text, place = passage.text, Span(span.start - passage.start, span.end - passage.start)
    quote = trim(text, place)
    said = _words(text[quote.start : quote.end])
    span = Span(quote.start + passage.start, quote.end + passage.start)
    return Candidate(hit, span, float(spans.score[number]), said)


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text, their letters with all marks, without regard to case."""
    folded = unicodedata.normalize("NFC", text.casefold())
    words = "".join(c if c.isalnum() or is_mark(c) else " " for c in folded).split()
    return tuple(word for word in words if any(map(str.isalnum, word)))


def _holds(hit: Hit, span: Span) -> bool:
    return hit.passage.start <= span.start and span.end <= hit.passage.end
