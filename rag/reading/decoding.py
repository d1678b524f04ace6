"""Start and end scores -> the best spans, over all passages at once; pure numpy."""

from collections.abc import Sequence

import numpy as np

from rag.seams import SpanLogits
from rag.types import Candidate, Hit, Span

CANDIDATES = 8
"""Spans kept of what is read for a question: to answer, and to calibrate how sure that is."""


def decode(logits: Sequence[SpanLogits], hits: Sequence[Hit], n: int) -> list[Candidate]:
    """Return the n best spans, best first, each place in a document once.

    A span's score is ``start[i] + end[j] - null`` for units i <= j of one passage. Scores of
    different passages are compared as they are, without a softmax in each (Clark and Gardner
    2018). Where passages overlap, the better score of a place counts. Ties fall to the better
    ranked passage, then to the earlier place.
    """
    best: dict[tuple[str, Span], Candidate] = {}
    for scored, hit in zip(logits, hits, strict=True):
        for candidate in _spans(scored, hit, n):
            key = (hit.passage.document_id, candidate.span)
            if key not in best or candidate.score > best[key].score:
                best[key] = candidate
    rank = {hit.passage.id: place for place, hit in enumerate(hits)}
    ordered = sorted(best.values(), key=lambda c: (-c.score, rank[c.hit.passage.id], c.span))
    return ordered[:n]


def _spans(scored: SpanLogits, hit: Hit, n: int) -> list[Candidate]:
    if not scored.spans:
        return []
    scores = scored.start[:, None] + scored.end[None, :] - scored.null
    first, last = np.indices(scores.shape)
    allowed = (first <= last) & (last - first < scored.longest)
    places = np.flatnonzero(allowed)
    best = places[np.argsort(-scores.ravel()[places], kind="stable")[:n]]
    return [
        Candidate(hit, Span(scored.spans[i].start, scored.spans[j].end), float(scores[i, j]))
        for i, j in (divmod(int(place), len(scored.spans)) for place in best)
    ]
