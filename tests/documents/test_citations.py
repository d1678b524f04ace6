"""From a file to a receipt: page and headings arrive in the citation, the quote is exact."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.answering import cite
from rag.documents import load_bytes, parse
from rag.index import records
from rag.types import Block, BlockKind, Citation, Document, Passage, Span

Samples = Mapping[str, bytes]


def cited(document: Document, quote: str) -> Citation:
    start = document.text.rindex(quote)
    whole = Passage("p", document.id, 0, len(document.text), document.text, ())
    return cite(document, Span(start, start + len(quote)), whole)


@pytest.mark.parametrize(
    ("name", "quote", "page", "headings"),
    [
        ("a.pdf", "18 m", 1, ("Harbours of Japan",)),
        ("a.pdf", "Osaka", 2, ("Harbours of Japan", "Tides")),
        ("a.pptx", "18 m", 2, ("Tides",)),
        ("a.pptx", "Harbours", 1, ()),
        ("a.docx", "18 m; Since", None, ("Harbours",)),
        ("a.xlsx", "18", None, ("Ports",)),
        ("a.epub", "18 m", None, ("Harbours",)),
        ("a.html", "bread", None, ("Harbours",)),
        ("a.eml", "18 m", None, ("Harbour dues", "Dear Bob,")),
        ("a.md", "18 m", None, ("Harbours",)),
        ("a.csv", "18", None, ()),
    ],
)
def test_page_and_headings_arrive_and_survive_the_index(
    name: str,
    quote: str,
    page: int | None,
    headings: tuple[str, ...],
    samples: Samples,
    tmp_path: Path,
) -> None:
    (document,) = load_bytes(name, name, samples[name]).documents
    records.write(tmp_path, [(document, [])])
    (record,) = records.read_records(tmp_path / "documents.jsonl")
    stored = records.document(record, records.Lines(tmp_path / "texts.jsonl")[0])
    assert stored == document
    citation = cited(stored, quote)
    assert (citation.page, citation.headings) == (page, headings)
    assert stored.text[citation.start : citation.end] == citation.quote == quote


def test_the_path_goes_from_the_nearest_heading_outwards() -> None:
    source = "# A\n\n## B\n\n### C\n\ndeep\n\n## D #\n\nflat\n\nE\n===\n\nlast\n"
    document = parse("a.md", source, "text/markdown")
    assert cited(document, "deep").headings == ("A", "B", "C")
    assert cited(document, "flat").headings == ("A", "D")
    assert cited(document, "D").headings == ("A",)
    assert cited(document, "last").headings == ("E",)
    assert cited(document, "E").headings == ()
    assert cited(document, "A").headings == ()


def test_numbers_of_plain_headings_give_their_level() -> None:
    source = "1 Ports\n\nText ends.\n\n1.2 Tides\n\nMore text.\n\n2 Ships\n\nThe end."
    document = parse("a.txt", source)
    assert cited(document, "More").headings == ("1 Ports", "1.2 Tides")
    assert cited(document, "The end").headings == ("2 Ships",)


def test_documents_without_blocks_and_headings_without_levels_are_cited_too() -> None:
    bare = Document("a", "a", "Kobe is deep.", "0" * 64, "text/plain", ())
    assert (cited(bare, "deep").headings, cited(bare, "deep").page) == ((), None)
    blocks = (Block(0, 4, BlockKind.HEADING), Block(5, 7, BlockKind.PARAGRAPH))
    old = Document("a", "a", "Kobe is deep.", "0" * 64, "text/plain", blocks)
    assert cited(old, "is").headings == ("Kobe",)
