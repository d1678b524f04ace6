"""Document -> passages: whole sentences, within a token budget, with exact offsets.

Passages of a document cover every word of it. Neighbours share sentences up to the overlap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rag.seams import Tokenizer
from rag.sentences import Unit, cut, unit, units
from rag.tokens import LONGEST_PIECE
from rag.types import BlockKind, Document, Passage

CHUNKER = 1
"""Raised whenever the same document and budget would give other passages or sentences."""


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

    def fits(self, text: str) -> bool:
        """Say whether ``text`` respects both limits."""
        return (
            self.tokenizer.count(text) <= self.passage
            and self.encoder.count(text) <= self.encoder_limit
        )

    def prefix(self, text: str) -> int:
        """Return how many code points from the start of ``text`` respect both limits."""
        covered = max(1, self.tokenizer.prefix(text, self.passage))
        covered = min(covered, max(1, self.encoder.prefix(text[:covered], self.encoder_limit)))
        while covered > 1 and not self.fits(text[:covered]):
            covered -= max(1, covered // 16)
        return covered


def chunk(document: Document, budget: Budget) -> list[Passage]:
    """Cut a document into passages; none where it holds only white space."""
    pieces = list(_fitting(document.text, units(document), budget))
    counts = [budget.tokenizer.count(document.text[p.start : p.end]) for p in pieces]
    return [
        _passage(document, pieces[first:last])
        for first, last in _windows(document.text, pieces, counts, budget)
    ]


def _fitting(text: str, whole: Iterator[Unit], budget: Budget) -> Iterator[Unit]:
    """Yield the units, those beyond the budget cut into pieces within it."""
    reach = budget.passage * LONGEST_PIECE + 1
    for each in whole:
        start = each.start
        while True:
            window = text[start : min(each.end, start + reach)]
            end = start + budget.prefix(window)
            if end == each.end:
                break
            end = cut(text, start, end)
            yield unit(text, start, end, each.kind)
            start = end
        yield each if start == each.start else unit(text, start, each.end, each.kind)


def _windows(
    text: str, pieces: Sequence[Unit], counts: Sequence[int], budget: Budget
) -> Iterator[tuple[int, int]]:
    """Yield (first, last) such that ``pieces[first:last]`` is a passage; each adds a piece."""
    totals = [0, *accumulate(counts)]
    first = last = 0
    while last < len(pieces):
        end = _furthest(text, pieces, first, last + 1, budget)
        yield first, end
        first, last = _overlapping(totals, end, budget.overlap), end
        while first < last < len(pieces) and not budget.fits(_slice(text, pieces, first, last + 1)):
            first += 1


def _furthest(text: str, pieces: Sequence[Unit], first: int, least: int, budget: Budget) -> int:
    """Return the largest end such that the passage fits and ends on no heading."""
    end = least
    while end < len(pieces) and budget.fits(_slice(text, pieces, first, end + 1)):
        end += 1
    if end < len(pieces):
        while end > least and pieces[end - 1].kind is BlockKind.HEADING:
            end -= 1
    return end


def _overlapping(totals: Sequence[int], last: int, overlap: int) -> int:
    first = last
    while first > 0 and totals[last] - totals[first - 1] <= overlap:
        first -= 1
    return first


def _slice(text: str, pieces: Sequence[Unit], first: int, last: int) -> str:
    return text[pieces[first].start : pieces[last - 1].end]


def _passage(document: Document, pieces: Sequence[Unit]) -> Passage:
    start, end = _visible(document.text, pieces[0].start, pieces[-1].end)
    return Passage(
        id=f"{document.id}@{document.sha256[:8]}#{start}-{end}",
        document_id=document.id,
        start=start,
        end=end,
        text=document.text[start:end],
        sentences=tuple(p.sentence for p in pieces if p.sentence),
    )


def _visible(text: str, start: int, end: int) -> tuple[int, int]:
    content = text[start:end]
    start += len(content) - len(content.lstrip())
    return start, start + len(content.strip())
