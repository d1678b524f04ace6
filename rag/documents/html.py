"""HTML -> a document: headings, paragraphs, list items, rows of tables, code."""

import re
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

from rag.documents import html_tables, plain
from rag.documents.decoding import decode
from rag.documents.draft import Draft, cleaned, preformatted
from rag.documents.html_tables import INLINE, flat
from rag.documents.limits import MAX_TAGS
from rag.documents.main_text import main_text
from rag.errors import UnreadableDocument
from rag.types import BlockKind

_HEAD = 1024
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
"""As the HTML Standard looks for it, section 13.2.3.2: in the first 1024 bytes."""
_ENTITY = re.compile(r"<!DOCTYPE[^>\[]{0,1000}\[[^\]]{0,10000}<!ENTITY", re.IGNORECASE)
_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)"
    r"([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/>"
)
"""An empty element of XHTML, which HTML would take for an opened one."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_ITEMS = {"li", "dt", "dd"}
_TITLES = 3
"""Headings of rank 1 looked at: of several, none is the title."""
_SILENT = {"head", "script", "style", "template", "svg", "rp", "rt"}
_MOST = 0.5
"""Of a page's text: more of it in one ``pre`` is no code, but a text typed out as it stands."""


def read(data: bytes, draft: Draft) -> None:
    """Draft the main text of a web page.

    Raises:
        UnreadableDocument: it is no text, endless, or declares entities.
    """
    page = _parsed(_text(data, draft))
    main, dropped = main_text(page)
    titles = [each for each in islice(page.iter("h1"), _TITLES) if flat(each)]
    if len(titles) == 1:
        draft.title = flat(titles[0]).removesuffix("¶")
        if not any(each is titles[0] for each in main.iter("h1")):
            draft.add(draft.title, BlockKind.HEADING, 1)
    else:
        draft.title = " ".join(cleaned(page.findtext(".//title") or "").split())
    _write(main, draft, dropped)


def read_whole(data: bytes, draft: Draft) -> None:
    """Draft a chapter or a mail: all its text, since there is no page around it.

    Raises:
        UnreadableDocument: it is no text, endless, or declares entities.
    """
    _write(_parsed(_text(data, draft)), draft, frozenset())


def _text(data: bytes, draft: Draft) -> str:
    declared = _CHARSET.search(data[:_HEAD])
    text, notes = decode(data, declared.group(1).decode() if declared else "")
    draft.notes += [note for note in notes if note not in draft.notes]
    return text


def _parsed(text: str) -> Any:
    """Return the tree of a page. lxml cuts off what is nested too deep, and logs it alone."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if _ENTITY.search(text):
        raise UnreadableDocument("it declares XML entities, as attacks do: save it as plain HTML")
    if text.count("<") > MAX_TAGS:
        raise UnreadableDocument(f"it has more than {MAX_TAGS:,} tags: split it")
    if "<?xml" in text[:_HEAD] or "/xhtml" in text[:_HEAD]:
        text = _EMPTY.sub(r"<\1\2></\1>", text)
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        page = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError as error:
        raise UnreadableDocument(f"it holds no text ({error})") from error
    if any("depth" in each.message for each in parser.error_log):
        raise UnreadableDocument("its elements are nested thousands deep: save it as plain text")
    return page


def _write(root: Any, draft: Draft, dropped: AbstractSet[Any]) -> None:
    """Add the text below an element, block by block."""
    from lxml.etree import iterwalk

    writer = _Writer(draft, sum(map(len, root.itertext())))
    walk = iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            writer.leave(element, is_root=element is root)
        elif element in dropped or writer.enter(element):
            walk.skip_subtree()
    writer.flush()


class _Writer:
    """Gathers the text between the bounds of blocks."""

    def __init__(self, draft: Draft, length: int) -> None:
        self._draft = draft
        self._length = length
        self._gathered: list[str] = []
        self._items = 0

    def enter(self, element: Any) -> bool:
        """Take in the start of an element; return whether all of it is dealt with."""
        tag = element.tag
        is_definition = tag == "dd" and "".join(self._gathered).rstrip().endswith(":")
        if tag == "br":
            self._gathered.append("\n")
        elif tag not in INLINE and not is_definition:
            self.flush()
        self._items += tag in _ITEMS
        if tag in _SILENT or self._is_written(element):
            return True
        self._gather(element.text)
        return False

    def leave(self, element: Any, *, is_root: bool) -> None:
        """Take in the end of an element, and what stands behind it."""
        tag = element.tag
        if tag == "dt" and (term := "".join(self._gathered).strip()):
            self._gathered.append(" " if term.endswith(":") else ": ")
        elif tag not in INLINE and tag not in _SILENT and tag != "br":
            self.flush()
        self._items -= tag in _ITEMS
        if not is_root:
            self._gather(element.tail)

    def flush(self) -> None:
        """End the block; two line breaks in a row end one too."""
        kind = BlockKind.LIST_ITEM if self._items else BlockKind.PARAGRAPH
        for part in re.split(r"\n[ ]?\n", "".join(self._gathered)):
            self._draft.add(part, kind)
        self._gathered.clear()

    def _is_written(self, element: Any) -> bool:
        """Write a heading, a table of data or a stretch of code as a whole."""
        if element.tag in _HEADINGS:
            words = flat(element).removesuffix("¶")  # the link to itself that manuals show
            self._draft.add(words, BlockKind.HEADING, _HEADINGS[element.tag])
        elif element.tag == "pre":
            self._write_lines(element)
        elif element.tag == "table" and html_tables.is_data(element):
            html_tables.write(element, self._draft)
        else:
            return False
        return True

    def _write_lines(self, element: Any) -> None:
        for each in element.iter("br"):
            each.tail = f"\n{each.tail or ''}"
        text = preformatted(element.text_content())
        if len(text) < _MOST * self._length:
            self._draft.add(text, BlockKind.CODE)
        else:
            plain.write(text, self._draft)

    def _gather(self, text: str | None) -> None:
        """Add a run of text; line breaks in the source are spaces."""
        if text:
            self._gathered.append(re.sub(r"\s+", " ", text))
