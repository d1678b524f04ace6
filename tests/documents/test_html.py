"""Web pages -> the main text in blocks, without what surrounds it."""

import pytest

from rag.documents import load_bytes
from rag.errors import UnreadableDocument
from rag.types import BlockKind, Document

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
TABLE, CODE = BlockKind.TABLE, BlockKind.CODE
STORY = "The harbour was built by hand over eleven winters. " * 4


def page(source: str) -> Document:
    (document,) = load_bytes("a.html", "a.html", source.encode()).documents
    return document


def blocks(source: str) -> list[tuple[BlockKind, int, str]]:
    document = page(source)
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def test_every_construct_is_the_kind_of_block_that_it_is() -> None:
    source = """<h1>Kobe</h1><p>The <b>port</b> of H<sub>2</sub>O is<br>deep.<br><br>New.</p>
        Loose   text.
        <ul><li>bread</li><li>wine<ol><li>red</li></ol></li></ul>
        <dl><dt>Depth</dt> <dd>18 m</dd><dt>Since:</dt><dd>1868</dd></dl>
        <h3>Code &amp; <a href="x">more</a><a href="#x">¶</a></h3>
        <pre><code>def f():
    return 1</code></pre><blockquote><p>Deep sea.</p></blockquote>"""
    assert blocks(source) == [
        (HEADING, 1, "Kobe"),
        (PARAGRAPH, 0, "The port of H2O is\ndeep."),
        (PARAGRAPH, 0, "New."),
        (PARAGRAPH, 0, "Loose text."),
        (ITEM, 0, "bread"),
        (ITEM, 0, "wine"),
        (ITEM, 0, "red"),
        (ITEM, 0, "Depth: 18 m"),
        (ITEM, 0, "Since: 1868"),
        (HEADING, 3, "Code & more"),
        (CODE, 0, "def f():\n    return 1"),
        (PARAGRAPH, 0, "Deep sea."),
    ]


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            "<tr><th>Harbour<th>Depth<tr><td>Kobe<td>18 m<tr><td>Osaka<td>14 m",
            ["Harbour: Kobe; Depth: 18 m", "Harbour: Osaka; Depth: 14 m"],
        ),
        ("<tr><th>Country<td>Japan<tr><th>Depth<td>18 m", ["Country: Japan", "Depth: 18 m"]),
        ("<tr><td>Depth:<td>18 m<tr><td>Since<td>1868", ["Depth: 18 m", "Since: 1868"]),
        (
            "<thead><tr><td>A<td>B<td>C<tbody><tr><td rowspan=2>x<td>1<td>2<tr><td>3<td>4",
            ["A: x; B: 1; C: 2", "A: x; B: 3; C: 4"],
        ),
        ("<tr><td colspan=2>both<td>3<tr><td>1<td>2<td>3", ["both; 3", "1; 2; 3"]),
    ],
)
def test_a_table_is_a_block_a_row_with_its_columns_named(table: str, lines: list[str]) -> None:
    assert blocks(f"<p>Text.</p><table>{table}</table>")[1:] == [(TABLE, 0, x) for x in lines]


def test_a_table_that_lays_out_a_page_is_none() -> None:
    source = f"<table><tr><td><h2>Kobe</h2><p>{STORY}</p></td><td><p>Deep.</p></td></tr></table>"
    assert blocks(source) == [
        (HEADING, 2, "Kobe"),
        (PARAGRAPH, 0, STORY.strip()),
        (PARAGRAPH, 0, "Deep."),
    ]


AROUND = """<header><a href="/">Logo</a><nav><a href="/a">Home</a></nav></header>
    <div class="sidebar"><p>Buy now!</p></div><script>var spy;</script>
    <ul><li><a href=1>One</a><li><a href=2>Two</a><li><a href=3>Three</a></ul>
    <p hidden>Unseen.</p>{}<aside>Ad</aside><footer>Legal notice</footer>"""


@pytest.mark.parametrize(
    "inside",
    [
        "<main><h1>Kobe</h1><p>{}</p></main>",
        '<div role="main"><h1>Kobe</h1><p>{}</p></div>',
        "<article><header><h1>Kobe</h1></header><p>{}</p></article>",
        "<h1>Kobe</h1><p>{}</p>",
    ],
)
def test_what_surrounds_the_main_text_is_left_out(inside: str) -> None:
    found = blocks(f"<body class='has sidebar'>{AROUND.format(inside.format(STORY))}</body>")
    assert found == [(HEADING, 1, "Kobe"), (PARAGRAPH, 0, STORY.strip())]


def test_a_page_of_links_alone_keeps_them() -> None:
    links = "".join(f"<li><a href={n}>Harbour {n}</a>" for n in range(9))
    assert len(blocks(f"<ul>{links}</ul>")) == 9


def test_a_headline_above_the_main_text_stays_with_it() -> None:
    document = page(f"<title>x</title><header><h1>Kobe</h1></header><main><p>{STORY}</p></main>")
    assert document.title == "Kobe"
    assert document.text.startswith("Kobe\n\nThe harbour")


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("<title>Ports | Site</title><h1>Kobe</h1><p>Deep.", "Kobe"),
        ("<title>Ports\n | Site</title><h1>Kobe</h1><h1>Osaka</h1><p>Deep.", "Ports | Site"),
        ("<h2>Kobe</h2><p>Deep.", "Kobe"),
        ("<p>Deep sea.", "Deep sea."),
    ],
)
def test_the_title_is_the_one_main_heading_or_what_the_page_calls_itself(
    source: str, title: str
) -> None:
    assert page(source).title == title


def test_a_text_typed_out_in_one_pre_is_no_code() -> None:
    found = blocks(f"<title>RFC</title><pre>1. Harbours\n\n{STORY}\n\n{STORY}x</pre>")
    assert {kind for kind, _, _ in found} == {BlockKind.LIST_ITEM, PARAGRAPH}


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS">', "cp932"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><html>', "cp1252"),
        ("", "utf-8"),
    ],
)
def test_the_encoding_is_the_declared_one(head: str, encoding: str) -> None:
    text = "港は深い" if encoding == "cp932" else "Café “Kobe”"
    data = f"{head}<p>{text}</p>".encode(encoding)
    (document,) = load_bytes("a.html", "a.html", data).documents
    assert document.text == text
    assert bool(document.notes) == (encoding != "utf-8")


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "rot13", "no-such", "idna"])
def test_an_odd_declaration_is_passed_over(charset: str) -> None:
    assert page(f'<meta charset="{charset}"><p>Tōkyō').text == "Tōkyō"


def test_empty_elements_of_xhtml_swallow_nothing() -> None:
    source = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>'
        '<script src="x"/></head><body><a id="top"/><p>Deep.<br/>Sea.</p></body></html>'
    )
    assert blocks(source) == [(PARAGRAPH, 0, "Deep.\nSea.")]


def test_deep_nesting_is_read_and_absurd_nesting_refused() -> None:
    assert page("<div>" * 1500 + "Deep." + "</div>" * 1500).text == "Deep."
    for tag in ("div", "table><tr><td", "ul><li", "h1", "dl><dd"):
        with pytest.raises(UnreadableDocument, match="nested thousands deep"):
            page(f"<{tag}>" * 100_000 + "Deep.")


@pytest.mark.parametrize("source", ["<nav></nav>x" * 50_000, "<p>x" * 30_000, "<b>x" * 1000])
def test_hostile_pages_take_linear_time(source: str) -> None:
    assert page(source).text


def test_a_page_after_many_comments_is_known_in_time() -> None:
    comments = b"<!---->" * 130
    (document,) = load_bytes("a", "a.txt", comments + b"x").documents
    assert document.media_type == "text/plain"
    (document,) = load_bytes("a", "a.txt", comments + b"<html><p>Deep.").documents
    assert document.text == "Deep."


def test_entities_of_its_own_are_refused() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><html><p>&b;</p></html>'
    with pytest.raises(UnreadableDocument, match="declares XML entities"):
        page(bomb)


@pytest.mark.parametrize("source", ["<html></html>", "<nav>Home</nav>", "<script>x</script>", " "])
def test_a_page_without_text_is_refused(source: str) -> None:
    with pytest.raises(UnreadableDocument, match="holds no text"):
        page(source)
