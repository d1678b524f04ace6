"""Word documents (.docx) -> a document: paragraphs, headings, list items, rows of tables, notes."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from rag.documents import rows
from rag.documents.draft import Draft
from rag.types import BlockKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT = {f"{_W}t", f"{_M}t"}
_AS_TEXT = {
    f"{_W}tab": " ",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}p": "\n",
    f"{_W}noBreakHyphen": "-",
}
_GONE = {f"{_W}del", f"{_W}moveFrom", _FALLBACK, f"{_W}pPr", f"{_W}rPr"}
"""Deleted text, text at the place it was moved from, text boxes said twice, settings."""
_BLOCKS = (f"{_W}p", f"{_W}tbl")
_NOTES = ("/footnotes", "/endnotes")
_BASES = 10
"""Styles that one style may be based on, one on another: a circle would have no end."""
_LEVELS = 9
_PAIR = 2
_SPAN = re.compile(r"[1-9]\d?\Z", re.ASCII)
"""Columns that a cell may span: Word has 63 at most."""


def read(data: bytes, draft: Draft) -> None:
    """Draft a Word document, changes accepted; footnotes come last."""
    from docx import Document

    document = Document(BytesIO(data))
    styles = _Styles(document.styles)
    draft.title = " ".join((document.core_properties.title or "").split())
    for child in _nearest(document.element.body, *_BLOCKS):
        _add(child, styles, draft)
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            _add_notes(relation.target_part.blob, draft)


class _Styles:
    """What the styles of a document say of headings and lists."""

    def __init__(self, styles: Any) -> None:
        self._by_id = {style.style_id: style for style in styles}

    def level(self, paragraph: Any) -> int:
        """Return the level of a heading, 0 for another paragraph (ECMA-376, 17.3.1.20)."""
        own = _value(paragraph.find(f"{_W}pPr/{_W}outlineLvl"))
        levels = [own, *(self._style_level(style) for style in self._chain(paragraph))]
        level = next((int(each) for each in levels if each.isdecimal()), _LEVELS)
        return 0 if level >= _LEVELS else level + 1

    def is_title(self, paragraph: Any) -> bool:
        return any((style.name or "").lower() == "title" for style in self._chain(paragraph))

    def is_item(self, paragraph: Any) -> bool:
        chain = self._chain(paragraph)
        numbered = [paragraph, *(style.element for style in chain)]
        is_listed = any((style.name or "").lower().startswith("list") for style in chain)
        return is_listed or any(e.find(f"{_W}pPr/{_W}numPr") is not None for e in numbered)

    def _chain(self, paragraph: Any) -> list[Any]:
        style = self._by_id.get(_value(paragraph.find(f"{_W}pPr/{_W}pStyle")))
        chain: list[Any] = []
        while style is not None and len(chain) < _BASES:
            chain.append(style)
            style = getattr(style, "base_style", None)
        return chain

    def _style_level(self, style: Any) -> str:
        """Return the outline level of a style, counted from 0; Word's own are known by name."""
        name = (style.name or "").lower()
        if name.startswith("heading ") and name[8:].isdecimal():
            return str(int(name[8:]) - 1)
        return _value(style.element.find(f"{_W}pPr/{_W}outlineLvl"))


def _value(element: Any) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _nearest(parent: Any, *tags: str) -> Iterator[Any]:
    """Yield the nearest elements of these tags, through content controls and tracked changes."""
    for child in parent:
        if child.tag in tags:
            yield child
        elif child.tag not in _GONE:
            yield from _nearest(child, *tags)


def _add(element: Any, styles: _Styles, draft: Draft) -> None:
    if element.tag == f"{_W}tbl":
        _add_table(element, styles, draft)
        return
    text, level = _text(element), styles.level(element)
    if styles.is_title(element):
        draft.title = draft.title or " ".join(text.split())
        draft.add(text, BlockKind.HEADING, 1)
    elif level:
        draft.add(text, BlockKind.HEADING, level)
    else:
        is_item = styles.is_item(element)
        draft.add(text, BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH)


def _add_table(table: Any, styles: _Styles, draft: Draft) -> None:
    """Add a table by rows; one of a single column is a frame around paragraphs."""
    grid = [_cells(row) for row in _nearest(table, f"{_W}tr")]
    width = max(map(len, grid), default=0)
    if width <= 1:
        for child in _nearest(table, *_BLOCKS):
            _add(child, styles, draft)
        return
    is_marked = table.find(f"{_W}tr/{_W}trPr/{_W}tblHeader") is not None
    is_headed = True if is_marked else False if width == _PAIR else None
    rows.write(draft, _carried(grid), is_headed=is_headed)


def _cells(row: Any) -> list[str | None]:
    """Return the texts of a row: None where a cell goes on from the row above."""
    cells: list[str | None] = []
    for cell in _nearest(row, f"{_W}tc"):
        merge = cell.find(f"{_W}tcPr/{_W}vMerge")
        goes_on = merge is not None and _value(merge) != "restart"
        span = _value(cell.find(f"{_W}tcPr/{_W}gridSpan"))
        wide = int(span) if _SPAN.match(span) else 1
        cells += [None if goes_on else _text(cell), *[""] * (wide - 1)]
    return cells


def _carried(grid: list[list[str | None]]) -> Iterator[list[str]]:
    above: list[str] = []
    for row in grid:
        above = [
            (above[i] if i < len(above) else "") if cell is None else cell
            for i, cell in enumerate(row)
        ]
        yield above


def _text(element: Any) -> str:
    """Return the text of an element, as it stands once all changes are accepted."""
    from lxml.etree import iterwalk

    pieces: list[str] = []
    walk = iterwalk(element, events=("start",))
    for _, each in walk:
        if each.tag in _GONE:
            walk.skip_subtree()
        elif each.tag in _TEXT:
            pieces.append(each.text or "")
        else:
            pieces.append(_AS_TEXT.get(each.tag, ""))
    return "".join(pieces).strip()


def _add_notes(blob: bytes, draft: Draft) -> None:
    from lxml.etree import XMLParser, fromstring

    for note in fromstring(blob, XMLParser(resolve_entities=False, no_network=True)):
        if note.get(f"{_W}type") is None:  # the others are the lines that part notes from text
            draft.add(_text(note))
