"""Files -> documents: what is found, how it is decoded, named and titled, and what is refused."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.documents import SUFFIXES, SUPPORTED, find, load, load_bytes, parse
from rag.errors import PathNotFound, UnreadableDocument
from rag.types import Document

MEDIA_TYPES = ["text/markdown", "text/plain"]
"""The kinds whose text is what the file holds."""
BREAKS = ["\n", "\r\n", "\r", "\n\n", "\u2028", "\t", " ", "    ", "\u3000", "\x85", "\x1c", "\0"]
MARKUP = ["# ", "---", "===", "- ", "1. ", "> ", "```", "|", "|-|-|", "<p>", "<!--", "[a]: b"]
WORDS = ["a ", "B. ", "语。", "e\u0301", "👩\u200d👧", "\u200b", " AFP", "PHOTO: ", "See more on"]
texts = st.text() | st.lists(st.sampled_from([*BREAKS, *MARKUP, *WORDS])).map("".join)


def write(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def load_one(document_id: str, file: Path) -> Document:
    (document,) = load(document_id, file).documents
    return document


def found(path: Path) -> list[tuple[str, Path]]:
    return list(find(path))


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@given(text=texts)
@example(text="---\n\u2028\n---\n\x1c\n")
def test_blocks_are_in_order_apart_and_hold_every_visible_character(
    media_type: str, text: str
) -> None:
    blocks = parse("a", text, media_type).blocks
    bounds = [0, *(edge for block in blocks for edge in (block.start, block.end)), len(text)]
    assert bounds == sorted(bounds)
    assert not any(text[end:start].strip() for end, start in list(pairwise(bounds))[::2])
    assert all(text[block.start : block.end].strip() for block in blocks)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@given(text=texts)
def test_parsing_changes_no_character(media_type: str, text: str) -> None:
    document = parse("a", text, media_type)
    assert document.text == text
    assert document.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert document == parse("a", text, media_type)


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    text = "Title\r\n\r\nOne.\rTwo.\u2028e\u0301 👩\u200d👧 东京\n"
    document = load_one("id", write(tmp_path / "a.txt", text.encode()))
    assert (document.id, document.text, document.notes) == ("id", text, ())
    assert (document.title, document.media_type) == ("Title", "text/plain")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_is_dropped_and_said(tmp_path: Path, encoding: str) -> None:
    text = "Tōkyō 東京 👩\r\n"
    document = load_one("a.md", write(tmp_path / "a.md", f"\ufeff{text}".encode(encoding)))
    assert document.text == text
    assert document.notes == (f"dropped the byte order mark of {encoding}",)


def test_a_byte_order_mark_within_the_text_stays(tmp_path: Path) -> None:
    document = load_one("a.txt", write(tmp_path / "a.txt", "a\ufeffb".encode()))
    assert (document.text, document.notes) == ("a\ufeffb", ())


@pytest.mark.parametrize(
    "data",
    [
        b"ab\0cd",
        b"\xef\xbb\xbfab\0cd",
        "東京\0".encode("utf-16"),
        "Tokyo".encode("utf-16-le"),
        b"\xff\xfea",
        b"caf\xe9\x01\x02",
        b"\xed\xa0\x80",
        b"\xff\xff",
        bytes(range(1, 256)),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_name(tmp_path: Path, data: bytes) -> None:
    file = write(tmp_path / "a.txt", data)
    with pytest.raises(UnreadableDocument, match="cannot be read as text") as caught:
        load("a.txt", file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("name", ["a", "a.txt.gz", "txt", "a.svg"])
def test_a_kind_of_file_that_no_parser_reads_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"supported: \.txt, \.text, \.md, .*\.zip\.\Z"):
        load(name, write(tmp_path / name, b"text"))
    assert SUPPORTED.split(", ") == list(SUFFIXES)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="cannot be read"):
        load("a.txt", tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("a.TEXT", "text/plain"),
        ("a.md", "text/markdown"),
        ("a.Markdown", "text/markdown"),
    ],
)
def test_the_suffix_in_any_case_names_the_kind(tmp_path: Path, name: str, media_type: str) -> None:
    file = write(tmp_path / name, b"text")
    assert load_one(name, file).media_type == media_type
    assert found(tmp_path) == [(name, file)]


def test_a_folder_gives_its_supported_files_sorted_with_relative_ids(tmp_path: Path) -> None:
    names = ["a.txt", "b/c.md", "b/d/e f.txt", "z.txt", "é.md"]
    files = [write(tmp_path / name, b"text") for name in reversed(names)]
    write(tmp_path / "b/image.png", b"")
    (tmp_path / "folder.txt").mkdir()
    assert found(tmp_path) == list(zip(names, reversed(files), strict=True))


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".a.txt", ".git/b.txt", "c/.cache/d/e.md"):
        write(tmp_path / name, b"text")
    assert found(tmp_path) == []


def test_a_folder_below_a_hidden_one_is_searched_if_it_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / ".notes" / "a.txt", b"text")
    assert found(tmp_path / ".notes") == [("a.txt", file)]


def test_a_file_that_is_named_goes_by_its_name(tmp_path: Path) -> None:
    file = write(tmp_path / "b" / ".a.txt", b"text")
    assert found(file) == [(".a.txt", file)]


def test_a_missing_path_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match="no such place"):
        found(tmp_path / "no such place")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Harbours\n\nShips come in.", "Harbours"),
        ("PHOTO: AFP\n\nHarbours\n\nShips come in.", "Harbours"),
        ("Ships come in.\n\nHarbours\n\nThey leave.", "Harbours"),
        ("Ships come in.\nThey leave again.\n", "Ships come in."),
        ("  Ships \t come\u00a0in.", "Ships come in."),
        ("#1 of harbours", "#1 of harbours"),
        ("x" * 500, "x" * 200),
        ("", "a"),
        (" \r\n", "a"),
        ("Subscribe", "a"),
    ],
)
def test_the_title_is_the_first_heading_or_line_or_else_the_id(text: str, title: str) -> None:
    assert parse("a", text).title == title


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("gap", [" ", "\u3000", ". ", "# ", "\u2028"])
def test_a_very_long_line_has_a_title(media_type: str, gap: str) -> None:
    title = parse("a", f"Kobe{gap * 200_000}end", media_type).title
    assert title.startswith("Kobe")
    assert len(title) <= 200


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\na: b\n---\n# Harbours\n\nShips come in.", "Harbours"),
        ("## Harbours ##\n\nShips come in.", "Harbours"),
        ("Harbours\n===\n\nShips come in.", "Harbours"),
        ("# Learn C#\n\nIt is easy.", "Learn C#"),
        ("<h1>Logo</h1>\n\n```\nmake\n```\n\nHarbours are built.", "Harbours are built."),
        ("#\n\nShips come in.", "a"),
        ("```\nmake\n```", "a"),
    ],
)
def test_a_title_in_markdown_has_no_markers(text: str, title: str) -> None:
    assert parse("a", text, "text/markdown").title == title


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\x1b[31m.txt", "has control characters"),
        ("a\nb.txt", "has control characters"),
        ("..", "is blank or made of dots alone"),
        ("x" * 1001, "is longer than 1,000 characters"),
    ],
)
def test_a_name_that_no_document_can_have_is_refused_in_signs_fit_for_a_terminal(
    name: str, why: str
) -> None:
    with pytest.raises(UnreadableDocument, match=why) as caught:
        load_bytes(name, "a.txt", b"Gold.")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
