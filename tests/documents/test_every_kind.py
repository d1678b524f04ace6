"""What holds for every kind of file: offsets, content before name, clear refusals, no traceback."""

import hashlib
import random
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path, PurePath

import pytest

from rag.documents import SUFFIXES, Loaded, load_bytes
from rag.documents.kinds import KINDS, Kind
from rag.errors import MissingExtra, UnreadableDocument
from rag.types import BlockKind, Document

Samples = Mapping[str, bytes]
SENTENCE = "The harbour of Kobe is 18 m deep."
TEXTS = ["a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.eml", "a.json", "a.jsonl"]
BINARY = ["a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.epub", "a.zip"]
NAMES = TEXTS + BINARY


def kind_of(name: str) -> Kind:
    return SUFFIXES[PurePath(name).suffix]


def only(loaded: Loaded) -> Document:
    (document,) = loaded.documents
    assert loaded.failed == ()
    return document


def test_there_is_a_sample_of_every_kind(samples: Samples) -> None:
    assert sorted(samples) == sorted(NAMES)
    assert {kind_of(name) for name in NAMES} == set(KINDS)
    assert [name for name in NAMES if kind_of(name).binary] == BINARY


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_in_order_apart_and_hold_every_visible_character(
    name: str, samples: Samples
) -> None:
    document = only(load_bytes("id", name, samples[name]))
    bounds = [0, *(e for block in document.blocks for e in (block.start, block.end))]
    assert bounds == sorted(bounds)
    assert bounds[-1] <= len(document.text)
    gaps = list(pairwise([*bounds, len(document.text)]))[::2]
    assert not any(document.text[end:start].strip() for end, start in gaps)
    for block in document.blocks:
        assert document.text[block.start : block.end].strip()
        assert (block.level > 0) == (block.kind is BlockKind.HEADING)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_the_same_each_time_and_hashed(name: str, samples: Samples) -> None:
    loaded = load_bytes("id", name, samples[name])
    assert load_bytes("id", name, samples[name]) == loaded
    document = only(loaded)
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()
    assert "Kobe" in document.text
    assert document.id == "id" or document.id.startswith("id/")


@pytest.mark.parametrize("name", [*BINARY, "a.html"])
@pytest.mark.parametrize("claim", ["b.txt", "b.md", "b.pdf", "b.docx", "b.zip", "b.csv", "b"])
def test_content_decides_and_a_wrong_name_is_noted(name: str, claim: str, samples: Samples) -> None:
    kind = kind_of(name)
    if kind is SUFFIXES.get(PurePath(claim).suffix):
        return
    document = only(load_bytes("id", claim, samples[name]))
    true = only(load_bytes("id", name, samples[name]))
    assert document.text == true.text
    note = f"read as {kind.name}, which it holds, whatever its name says"
    assert document.notes == (() if name == "a.zip" else (note,))


@pytest.mark.parametrize("name", BINARY)
def test_text_under_a_binary_name_is_read_as_text(name: str) -> None:
    document = only(load_bytes("id", name, SENTENCE.encode()))
    assert (document.text, document.media_type) == (SENTENCE, "text/plain")
    assert document.notes == ("read as text, which it holds, whatever its name says",)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x93\x01\x00junk", "its content does not"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "protected by a password"),
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"{\\rtf1 x}", "rich text"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_what_is_no_document_is_refused_by_name(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason) as caught:
        load_bytes("id", f"in/{name}", data)
    assert str(caught.value).startswith(f"in/{name} cannot be read")


@pytest.mark.parametrize("name", ["a.html", "a.csv", "a.tsv", "a.eml", "a.json", "a.jsonl"])
def test_empty_text_of_a_kind_that_needs_some_is_refused(name: str) -> None:
    with pytest.raises(UnreadableDocument, match=f"{name} cannot be read as "):
        load_bytes("id", name, b"")


@pytest.mark.parametrize("name", BINARY)
def test_a_file_that_was_cut_short_is_refused(name: str, samples: Samples) -> None:
    data = samples[name]
    for part in (0.3, 0.9):
        with pytest.raises(UnreadableDocument, match=f"{name} cannot be read"):
            load_bytes("id", name, data[: int(part * len(data))])


@pytest.mark.parametrize("name", [each for each in NAMES if each != "a.pdf"])
def test_bytes_turned_at_random_raise_nothing_of_a_library(name: str, samples: Samples) -> None:
    dice = random.Random(name)
    for _ in range(25):
        data = bytearray(samples[name])
        for _ in range(dice.randint(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            load_bytes("id", name, bytes(data))
        except UnreadableDocument as error:
            assert name in str(error)  # noqa: PT017  # damage may pass, but no other error may


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_library_names_the_line_that_brings_it(
    name: str, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = kind_of(name)
    for library in ("lxml", "pypdfium2", "docx", "pptx", "openpyxl"):
        monkeypatch.setitem(sys.modules, library, None)
    if not kind.library:
        assert only(load_bytes("id", name, samples[name])).text
        return
    with pytest.raises(UnreadableDocument) as caught:
        load_bytes("id", name, samples[name])
    assert isinstance(caught.value.__cause__, MissingExtra)
    assert str(caught.value).endswith(f"is not installed: pip install 'rag[{kind.extra}]'.")
    assert str(caught.value).startswith(f"{name} cannot be read as ")


def test_the_documentation_lists_every_suffix_and_extra() -> None:
    page = (Path(__file__).parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"| {', '.join(kind.suffixes)} |" in page
        assert f"`{kind.extra}`" in page or not kind.extra
