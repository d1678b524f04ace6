"""Document -> passages: whole sentences, within a token budget, with exact offsets.

Passages of a document cover every word of it. Neighbours share sentences up to the overlap.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from rag.seams import Tokenizer
from rag.sentences import Unit, cut, unit, units
from rag.tokens import LONGEST_PIECE
from rag.types import BlockKind, Document, Passage

CHUNKER = 3
"""Raised whenever the same document and budget would give other passages, sentences or terms."""

_VISIBLE = re.compile(r"\S")
_STACKED = 4
"""Headings in a row that stay with what they head; a longer row is a list of short lines."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a passage may be, counted twice.

    ``passage`` and ``overlap`` are in tokens of ``tokenizer``. No passage exceeds
    ``encoder_limit`` tokens of ``encoder`` either: the encoder would silently cut the rest off.
    """

    tokenizer: Tokenizer
    passage: int
    overlap: int
    encoder: Tokenizer
    encoder_limit: int

    def share(self, text: str) -> float:
        """Return what part of the budget ``text`` takes: 1 where it reaches either limit."""
        return max(
            self.tokenizer.count(text) / self.passage,
            self.encoder.count(text) / self.encoder_limit,
        )

    def fits(self, text: str) -> bool:
        """Say whether ``text`` respects both limits."""
        return self.share(text) <= 1

    def prefix(self, text: str) -> int:
        """Return how many code points from the start of ``text`` respect both limits."""
        covered = max(1, self.tokenizer.prefix(text, self.passage))
        covered = min(covered, max(1, self.encoder.prefix(text[:covered], self.encoder_limit)))
        while covered > 1 and not self.fits(text[:covered]):
            covered -= max(1, covered // 16)
        return covered


def chunk(document: Document, budget: Budget) -> list[Passage]:
    """Cut a document into passages; none where it holds only white space."""
    text = document.text
    pieces = [piece for whole in units(document) for piece in _pieces(text, whole, budget)]
    row = _Row(text, pieces, budget)
    return [_passage(document, pieces[first:last]) for first, last in row.windows()]


def _pieces(text: str, whole: Unit, budget: Budget) -> Iterator[Unit]:
    """Yield the unit, in pieces if it is beyond the budget; none starts with white space."""
    reach = budget.passage * LONGEST_PIECE + 1
    end = whole.start
    while visible := _VISIBLE.search(text, end, whole.end):
        start = visible.start()
        end = min(whole.end, start + reach)
        if end < whole.end or not budget.fits(text[start:end].rstrip()):
            longest = start + budget.prefix(text[start:end])
            end = cut(text, start, longest)
            if not budget.fits(text[start:end].rstrip()):  # words cut short can take more tokens
                end = longest
        yield unit(text, start, end, whole.kind)


class _Row:
    """The pieces of a document in a row, and the windows over them that make its passages."""

    def __init__(self, text: str, pieces: Sequence[Unit], budget: Budget) -> None:
        self._text = text
        self._pieces = pieces
        self._budget = budget
        bounds = [*(piece.start for piece in pieces), *(piece.end for piece in pieces[-1:])]
        shares = (budget.share(text[start:end]) for start, end in pairwise(bounds))
        self._totals = [0.0, *accumulate(shares)]
        self._stops = self._find_stops()

    def windows(self) -> Iterator[tuple[int, int]]:
        """Yield (first, last) such that ``pieces[first:last]`` is a passage; each adds a piece."""
        first = last = at = 0
        while at < len(self._stops):
            while first < last and not self._fits(first, self._stops[at]):
                first += 1
            at = self._furthest(first, at)
            last = self._stops[at]
            yield first, last
            first, at = self._overlapping(first, last), at + 1

    def _find_stops(self) -> list[int]:
        """Return where passages may end: after any piece but a heading that fits with its text."""
        stops = [len(self._pieces)] if self._pieces else []
        for place in range(len(self._pieces) - 1, 0, -1):
            heads = self._pieces[place - 1].kind is BlockKind.HEADING
            is_stack = stops[-1] - place <= _STACKED
            if not (heads and is_stack and self._fits(place - 1, stops[-1])):
                stops.append(place)
        return stops[::-1]

    def _furthest(self, first: int, at: int) -> int:
        """Return which stop, ``at`` or later, is the last that a passage can reach.

        The sums of shares say about where; only the text itself, counted whole, says exactly.
        """
        reached = bisect_right(self._totals, self._totals[first] + 1) - 1
        best = max(at, bisect_right(self._stops, reached) - 1)
        while best > at and not self._fits(first, self._stops[best]):
            best -= 1
        while best + 1 < len(self._stops) and self._fits(first, self._stops[best + 1]):
            best += 1
        return best

    def _overlapping(self, first: int, last: int) -> int:
        """Return the piece after ``first`` from which up to ``last`` the overlap allows."""
        tokenizer, overlap = self._budget.tokenizer, self._budget.overlap
        start = last
        while start - 1 > first and tokenizer.count(self._slice(start - 1, last)) <= overlap:
            start -= 1
        return start

    def _fits(self, first: int, last: int) -> bool:
        return self._budget.fits(self._slice(first, last))

    def _slice(self, first: int, last: int) -> str:
        return self._text[self._pieces[first].start : self._pieces[last - 1].end].rstrip()


def _passage(document: Document, pieces: Sequence[Unit]) -> Passage:
    start = pieces[0].start
    text = document.text[start : pieces[-1].end].rstrip()
    end = start + len(text)
    return Passage(
        id=f"{document.id}@{document.sha256[:8]}#{start}-{end}",
        document_id=document.id,
        start=start,
        end=end,
        text=text,
        sentences=tuple(piece.sentence for piece in pieces if piece.sentence),
    )
