"""EPUB books -> all chapters in the order of reading."""

from collections.abc import Callable

import pytest

from rag.documents import load_bytes
from rag.errors import UnreadableDocument
from rag.types import BlockKind

Maker = Callable[..., bytes]
ENCRYPTION = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
    <CipherReference URI="OEBPS/{}"/></encryption>"""


def test_chapters_follow_the_spine_under_the_title_of_the_book(epub: Maker) -> None:
    data = epub({"z": "<h1>One</h1><p>Deep&nbsp;sea.</p>", "a": "<h2>Two</h2><p>Kobe.</p>"})
    (document,) = load_bytes("b.epub", "b.epub", data).documents
    assert document.title == "Sea Book"
    assert document.text == "One\n\nDeep sea.\n\nTwo\n\nKobe."
    headings = [b.level for b in document.blocks if b.kind is BlockKind.HEADING]
    assert headings == [1, 2]


def test_a_chapter_that_is_missing_is_damage(epub: Maker, packed: Maker) -> None:
    data = epub({"one": "<p>x</p>"}).replace(b"OEBPS/text/one.xhtml", b"OEBPS/text/two.xhtml")
    with pytest.raises(UnreadableDocument, match="a part of it is damaged"):
        load_bytes("b.epub", "b.epub", data)
    bare = packed({"mimetype": "application/epub+zip"})
    with pytest.raises(UnreadableDocument, match="a part of it is damaged"):
        load_bytes("b.epub", "b.epub", bare)


def test_a_protected_book_is_named_as_that(epub: Maker) -> None:
    locked = {"META-INF/encryption.xml": ENCRYPTION.format("text/one.xhtml")}
    with pytest.raises(UnreadableDocument, match=r"protected against copying \(DRM\)"):
        load_bytes("b.epub", "b.epub", epub({"one": "<p>x</p>"}, **locked))
    fonts = {"META-INF/encryption.xml": ENCRYPTION.format("fonts/a.otf")}
    assert load_bytes("b.epub", "b.epub", epub({"one": "<p>x</p>"}, **fonts)).documents


def test_entities_of_a_book_are_refused(epub: Maker) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    with pytest.raises(UnreadableDocument, match=r"container\.xml declares XML entities"):
        load_bytes("b.epub", "b.epub", epub(None, **{"META-INF/container.xml": bomb}))
    with pytest.raises(UnreadableDocument, match="declares XML entities"):
        load_bytes("b.epub", "b.epub", epub(None, **{"OEBPS/text/one.xhtml": bomb}))


def test_elements_nested_beyond_measure_are_damage(epub: Maker) -> None:
    deep = {"META-INF/container.xml": "<x>" * 100_000}
    with pytest.raises(UnreadableDocument, match="the book is damaged"):
        load_bytes("b.epub", "b.epub", epub(None, **deep))
