"""How near to each other the words of a question stand in a passage.

BM25 adds up single words, and a vector blurs them: neither tells that two stand side by side, or
all of them in one sentence. Metzler and Croft (2005) add ordered and unordered windows for that.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

_TOGETHER = 20
"""Stems that a passage's stretch has: a long sentence, function words left out."""

Placed = Sequence[tuple[int, str]]


def proximity(
    asked: Sequence[str], idf: Mapping[str, float], said: Sequence[str]
) -> tuple[float, float]:
    """Return two shares, from 0 to 1: of words side by side, and of words together.

    ``asked`` are the stems of a question and ``said`` those of a passage, both in order, ``idf``
    the weight of each that is asked. The first is the share, by weight, of the question's pairs of
    neighbours that are neighbours in the passage too, in that order; the second the largest share
    of the question's weight that any 20 stems in a row of the passage hold.
    """
    placed = [(place, stem) for place, stem in enumerate(said) if stem in idf]
    return _beside(asked, idf, placed), _together(idf, placed)


def _beside(asked: Sequence[str], idf: Mapping[str, float], placed: Placed) -> float:
    found = {(one, other) for (at, one), (after, other) in pairwise(placed) if after == at + 1}
    pairs = list(pairwise(asked))
    total = sum(idf[one] + idf[other] for one, other in pairs)
    held = sum(idf[one] + idf[other] for one, other in pairs if (one, other) in found)
    return held / total if total else 0.0


def _together(idf: Mapping[str, float], placed: Placed) -> float:
    """Slide a window over the places of the question's stems; it holds each once or more."""
    within: Counter[str] = Counter()
    held = most = 0.0
    first = 0
    for place, stem in placed:
        while placed[first][0] <= place - _TOGETHER:
            left = placed[first][1]
            within[left] -= 1
            held -= idf[left] * (within[left] == 0)
            first += 1
        held += idf[stem] * (within[stem] == 0)
        within[stem] += 1
        most = max(most, held)
    total = sum(idf.values())
    return most / total if total else 0.0
