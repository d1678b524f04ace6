"""Comma- and tab-separated values -> a block a row, each readable by itself."""

import pytest

from rag.documents import load_bytes
from rag.errors import UnreadableDocument


def lines(text: str, name: str = "in/ports.csv") -> list[str]:
    (document,) = load_bytes(name, name, text.encode()).documents
    assert [document.text[b.start : b.end] for b in document.blocks] == document.text.splitlines()
    return document.text.splitlines()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_each_row_names_its_columns(delimiter: str, newline: str) -> None:
    rows = [["Port", "Depth", "Since"], ["Kobe", "18", "1868"], ["Osaka", "", "1889"]]
    assert lines(newline.join(delimiter.join(row) for row in rows)) == [
        "Port: Kobe; Depth: 18; Since: 1868",
        "Port: Osaka; Since: 1889",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Port,Note\nKobe,"deep, ""very""\nand old"', ['Port: Kobe; Note: deep, "very" and old']),
        ("1868,18\n1889,14", ["1868; 18", "1889; 14"]),
        ("Kobe,18,x\nOsaka,14,y", ["Kobe; 18; x", "Osaka; 14; y"]),
        ("Port,Port\na,b", ["Port: Port", "a: b"]),
        ("Port,Depth", ["Port; Depth"]),
        ("Port,Depth\n\n,\nKobe,18,extra", ["Port: Kobe; Depth: 18; extra"]),
        ("Port\tDepth\nKobe, Japan\t18", ["Port: Kobe, Japan; Depth: 18"]),
    ],
)
def test_rows_of_every_form(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_a_table_goes_by_the_name_of_its_file() -> None:
    (document,) = load_bytes("in/ports.csv", "x.csv", b"Port,Depth\nKobe,18").documents
    assert document.title == "ports.csv"


def test_rows_that_look_like_furniture_or_like_each_other_may_answer() -> None:
    rows = "".join(f"Source,see more on,a,b,c,d,e,f,{n}\n" for n in range(3))
    (document,) = load_bytes("a.csv", "a.csv", rows.encode()).documents
    assert {block.kind for block in document.blocks} == {"table"}


def test_a_quote_that_is_never_closed_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="a quote that is not closed"):
        lines('Port,Depth\n"Kobe,18\n' + "x" * 2**20)
    with pytest.raises(UnreadableDocument, match="a quote that is not closed"):
        lines('Item,Note\npipe,"5 inch\nvalve,ok\n')


def test_quotes_within_a_cell_are_text_and_hide_what_parts_cells() -> None:
    assert lines('Item,Note\npipe,5" wide\n') == ['Item: pipe; Note: 5" wide']
    assert lines('"Name, first, last";City\nAnna;Kobe\n') == ["Name, first, last: Anna; City: Kobe"]


def test_names_repeated_a_million_times_are_refused() -> None:
    with pytest.raises(UnreadableDocument, match="its text exceeds 20,000,000 characters: split"):
        lines(f"{'x' * 100_000},Depth\n" + "1,2\n" * 1000)
