"""A document -> what its page shows: blocks grouped, pages marked, a span highlighted.

``assets/chat/reading.js`` shows documents by the same rules in the panel of a citation.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from urllib.parse import quote

from rag.errors import InvalidSpan
from rag.types import Block, BlockKind, Document, Span

_MARKER = re.compile(r"[ \t]*(?:#{1,6}|[-*+]|\d{1,9}[.)]|>)[ \t]+")
"""What begins headings, list items and quotations in Markdown."""
_MARKED_UP = "text/markdown"
_SECTION = 50
"""Blocks at most in a section: a browser lays out only the sections that are in view."""
_AROUND = 3
"""Words before and after a quote that tell it from its like in a link."""
_LONG = 8
"""Words above which a link names only the ends of a quote, as many as ``_AROUND`` each."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block: in the span or not; of its marker or not; where the span begins."""

    text: str
    is_marked: bool
    is_marker: bool
    begins: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as it is shown: ``level`` is that of the heading element."""

    kind: str
    level: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks of one kind in a row; ``page`` is the number of the page that begins with them."""

    kind: str
    page: int | None
    blocks: tuple[Shown, ...]


def span(document: Document, start: int | None, end: int | None) -> Span | None:
    """Return the span that was asked for, if any.

    Raises:
        InvalidSpan: only one end is given, or the span does not lie in the text.
    """
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InvalidSpan("A span needs both start and end: give both, or neither.")
    if not 0 <= start < end <= len(document.text):
        raise InvalidSpan(
            f"The span {start}-{end} does not lie in {document.id!r}, which has "
            f"{len(document.text)} characters: take start and end from a citation."
        )
    return Span(start, end)


def groups(document: Document, marked: Span | None) -> Iterator[Group]:
    """Yield the blocks of a document in order, those of one kind and page together."""
    page = 0
    for (number, kind, _), members in groupby(
        enumerate(document.blocks),
        lambda each: (
            bisect_right(document.pages, each[1].start),
            each[1].kind,
            each[0] // _SECTION,
        ),
    ):
        shown = tuple(_shown(document, block, marked or Span(0, 0)) for _, block in members)
        yield Group(kind.value, number if number != page else None, shown)
        page = number


def directive(document: Document, marked: Span) -> str:
    """Return the text directive of a link to a span (WICG, URL Fragment Text Directives)."""
    words = document.text[marked.start : marked.end].split()
    block = next((each for each in document.blocks if each.end > marked.start), None)
    first, last = (_after_marker(document, block), block.end) if block else (0, 0)
    before = document.text[first : marked.start].split()[-_AROUND:]
    after = document.text[marked.end : last].split()[:_AROUND]
    ends = [words[:_AROUND], words[-_AROUND:]] if len(words) > _LONG else [words]
    parts = [*([f"{_encoded(before)}-"] if before else []), *map(_encoded, ends)]
    return ",".join([*parts, *([f"-{_encoded(after)}"] if after else [])])


def _encoded(words: list[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")


def _after_marker(document: Document, block: Block) -> int:
    """Return where a block goes on after its marker, if it has one."""
    if document.media_type != _MARKED_UP or block.kind is BlockKind.CODE:
        return block.start
    found = _MARKER.match(document.text, block.start, block.end)
    return found.end() if found else block.start


def _shown(document: Document, block: Block, marked: Span) -> Shown:
    last = block.start + len(document.text[block.start : block.end].rstrip())
    places = block.start, min(_after_marker(document, block), last), last
    pieces = tuple(_pieces(document.text, places, marked))
    return Shown(block.kind.value, max(block.level, 1), pieces)


def _pieces(text: str, block: tuple[int, int, int], marked: Span) -> Iterator[Piece]:
    """Cut a block (start, end of its marker, end) at its marker and at the ends of the span."""
    start, marker, end = block
    inner = (min(max(place, start), end) for place in (marker, marked.start, marked.end))
    for first, last in pairwise(sorted({start, *inner, end})):
        is_marked = marked.start <= first and last <= marked.end
        begins = is_marked and not text[marked.start : first].strip()
        yield Piece(text[first:last], is_marked, last <= marker, begins)
