"""Finds the running heads and feet of a PDF: lines at the edges that come again page after page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.documents.pdf_lines import Line

_EDGE = 2
"""Lines at the top and at the bottom of a page that may be running."""
_FEWEST = 3
_OFTEN = 0.3
"""Of the pages: heads and feet of left and right pages differ, and chapters change them."""
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—\s]*\d{1,4}[-–—\s]*(?:(?:of|/)\s*\d{1,4})?", re.IGNORECASE
)


def running(pages: Sequence[Sequence[Line]]) -> frozenset[Line]:
    """Return the lines that are furniture.

    A line comes again if its words do; its numbers must be the same, or grow with the pages: a
    sum at the foot of each page is none of the page's furniture.
    """
    counts: Counter[tuple[str, int]] = Counter()
    for page in pages:
        counts.update({key for line in _edges(page) for key in _keys(line)})
    often = max(_FEWEST, _OFTEN * len(pages))
    return frozenset(
        line
        for page in pages
        for line in _edges(page)
        if _is_number(line, page) or any(counts[key] >= often for key in _keys(line))
    )


def _edges(page: Sequence[Line]) -> Sequence[Line]:
    depth = _EDGE if len(page) > 2 * _EDGE else 1
    return [*page[:depth], *page[-depth:]]


def _keys(line: Line) -> Iterator[tuple[str, int]]:
    """Yield what a line has in common with the same line on other pages."""
    yield line.text, 0
    words = _NUMBER.sub("#", line.text)
    for number in _NUMBER.findall(line.text):
        if len(number) <= 4:  # noqa: PLR2004  # no page number has more digits
            yield words, int(number) - line.page


def _is_number(line: Line, page: Sequence[Line]) -> bool:
    """Say whether a line is a page number alone, with other lines between it and the middle."""
    return len(page) > 1 and line in {page[0], page[-1]} and bool(_PAGE_NUMBER.fullmatch(line.text))
