"""Tables of HTML -> rows of cells; tables that lay out a page are told from those of data."""

import re
from collections.abc import Iterator
from typing import Any

from rag.documents import rows
from rag.documents.draft import Draft

_NEVER_IN_A_CELL = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "pre")
"""What makes a table one of layout: cells of data hold no such thing."""
_PAIR = 2
_SPAN = re.compile(r"\d{1,5}\Z", re.ASCII)
_LONGEST_SPAN = 100
"""Rows that one cell may span; more is no table that anyone reads."""


def is_data(table: Any) -> bool:
    """Say whether a table holds data, and is not there to lay out a page."""
    layout = next(table.iterdescendants(*_NEVER_IN_A_CELL), None)
    if table.get("role") == "presentation" or layout is not None:
        return False
    return any(len(_cells(row)) > 1 for row in table.iter("tr"))


def write(table: Any, draft: Draft) -> None:
    """Add the rows of a table of data."""
    caption = table.find("caption")
    draft.add("" if caption is None else flat(caption))
    rows.write(draft, _grid(table), is_headed=_is_headed(table))


def flat(element: Any) -> str:
    """Return the text of an element in one line, with a space wherever a block begins or ends."""
    from lxml.etree import iterwalk

    pieces: list[str] = []
    for event, each in iterwalk(element, events=("start", "end")):
        pieces.append("" if each.tag in INLINE else " ")
        if event == "start":
            pieces.append(each.text or "")
        elif each is not element:
            pieces.append(each.tail or "")
    return " ".join("".join(pieces).split())


INLINE = {
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em"),
    *("font", "i", "img", "ins", "kbd", "label", "mark", "meter", "output", "picture", "q", "ruby"),
    *("rb", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"),
    *("var", "wbr", "progress", "input", "audio", "video", "map", "area", "nobr"),
}
"""Elements that part no words (HTML Standard, section 3.2.5.2.5); every other bounds a block."""


def _is_headed(table: Any) -> bool | None:
    """Say whether the first row names the columns: by its markup, or None to see by its words."""
    first = next(table.iter("tr"))
    cells = _cells(first)
    if first.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells):
        return True if len(cells) > 1 else None
    is_pairs = all(len(_cells(row)) <= _PAIR for row in table.iter("tr"))
    return False if is_pairs or cells[0].tag == "th" else None


def _grid(table: Any) -> Iterator[list[str]]:
    """Yield the rows of a table: a cell that spans rows is said in each, one of columns once."""
    below: dict[int, tuple[str, int]] = {}
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in _cells(row):
            _carry(cells, below)
            text = flat(cell)
            if (rows_spanned := _span(cell, "rowspan")) > 1:
                below[len(cells)] = (text, rows_spanned - 1)
            cells += [text, *[""] * (_span(cell, "colspan") - 1)]
        _carry(cells, below)
        yield cells


def _carry(cells: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Add the cells that reach down into this place from a row above."""
    while (place := len(cells)) in below:
        text, left = below.pop(place)
        if left > 1:
            below[place] = (text, left - 1)
        cells.append(text)


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in {"td", "th"}]


def _span(cell: Any, name: str) -> int:
    number = _SPAN.match(cell.get(name, ""))
    return min(max(int(number.group()), 1), _LONGEST_SPAN) if number else 1
