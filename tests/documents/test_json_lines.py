"""JSON Lines and JSON -> a document for each object."""

import json
import os
import re
from dataclasses import replace
from io import BytesIO

import pytest

from rag.documents import json_lines, load_bytes, load_lines
from rag.errors import UnreadableDocument
from rag.wire.documents import GivenDocument


def test_each_line_is_a_document_by_its_own_id_or_number() -> None:
    rows = [
        {"id": "kobe", "text": "Kobe is deep.", "title": "Depths", "ignored": [1]},
        {"id": 7, "text": "# Osaka\n\nShallow.", "media_type": "text/markdown"},
        {"text": ""},
    ]
    data = "\n\n".join(map(json.dumps, rows)) + "\r\n"
    documents = load_bytes("in/a.jsonl", "in/a.jsonl", data.encode()).documents
    assert [(d.id, d.title, d.media_type) for d in documents] == [
        ("in/a.jsonl/kobe", "Depths", "text/plain"),
        ("in/a.jsonl/7", "Osaka", "text/markdown"),
        ("in/a.jsonl/5", "in/a.jsonl/5", "text/plain"),
    ]
    assert documents[1].text == "# Osaka\n\nShallow."


def test_json_is_one_object_or_a_list_of_them() -> None:
    row = {"text": "Kobe.", "title": "T"}
    (one,) = load_bytes("a.json", "a.json", json.dumps(row).encode()).documents
    assert (one.id, one.text, one.title) == ("a.json", "Kobe.", "T")
    many = load_bytes("a.json", "a.json", json.dumps([row, {**row, "id": "x"}]).encode())
    assert [document.id for document in many.documents] == ["a.json/1", "a.json/x"]


SHAPES = ["text", 7, None, {}, {"text": 7}, {"text": "a", "title": 1}]
IDS: list[object] = [True, [1], None, 1.5, "", " ", "a\nb", "x" * 1001]
VALUES: list[object] = [7, [1], None, {"a": None}, {"a": {"b": 1}}, {"a": [["b"]]}]
WRONG: list[tuple[object, str]] = [
    *((shape, 'it is not an object with "text", a string') for shape in SHAPES),
    *(({"text": "a", "id": each}, 'its "id" (?:is|has)|it has no "id"') for each in IDS),
    *(({"text": "a", "metadata": each}, 'its "metadata" is not an object') for each in VALUES),
    ({"text": "a\0b"}, 'its "text" has NUL characters'),
    ({"text": "a", "media_type": "text/html"}, "'text/html' is no media type of a text"),
]


@pytest.mark.parametrize(("value", "reason"), WRONG)
def test_an_object_that_is_wrong_is_told_by_its_place_and_the_others_are_read(
    value: object, reason: str
) -> None:
    line, good = json.dumps(value), json.dumps({"text": "Good."})
    for name, data, place in (
        ("a.json", f"[{good}, {line}]", "item 2"),
        ("a.jsonl", f"{good}\n{line}\n", "line 2"),
    ):
        loaded = load_bytes(name, name, data.encode())
        assert [document.text for document in loaded.documents] == ["Good."]
        (failure,) = loaded.failed
        assert re.match(rf"{name}, {place}, cannot be read: ({reason}).*\.$", failure)
    fed = json.dumps({"id": "own", **value}) if isinstance(value, dict) else line
    ((failure,),) = (each.failed for each in load_lines(BytesIO(fed.encode())))
    assert re.match(rf"standard input, line 1, cannot be read: ({reason})", failure)


@pytest.mark.parametrize("value", SHAPES)
def test_a_single_object_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.json cannot .* is not an object with"):
        load_bytes("a.json", "a.json", json.dumps(value).encode())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": ', "line 2, cannot be read: it is not JSON (Expecting value: character 9)"),
        (b"[" * 100_000, "line 2, cannot be read: it is not JSON"),
        (b"1" * 10_000, "line 2, cannot be read: it is not JSON"),
        (b'{"id": 1, "text": "b"}', "line 2, cannot be read: it has the id '1', as one before"),
    ],
)
def test_a_line_that_is_wrong_is_told_by_its_number(line: bytes, reason: str) -> None:
    data = b'{"text": "a", "id": "1"}\n' + line + b'\n{"text": "c", "id": "3"}'
    (failure,) = load_bytes("a.jsonl", "a.jsonl", data).failed
    assert reason in failure
    loaded = [*load_lines(BytesIO(data))]
    assert [document.id for each in loaded for document in each.documents] == ["1", "3"]
    assert reason in loaded[1].failed[0]


def test_a_place_in_json_is_told_by_line_and_character() -> None:
    with pytest.raises(UnreadableDocument, match=r"is not JSON \(Expecting .*: line 2, char.* 1\)"):
        load_bytes("a.json", "a.json", b'{"text": "a",\n}')


@pytest.mark.parametrize("data", [b"\n \n", b"[]"])
def test_a_file_without_documents_is_refused(data: bytes) -> None:
    name = "a.json" if data == b"[]" else "a.jsonl"
    with pytest.raises(UnreadableDocument, match="it holds no documents"):
        load_bytes(name, name, data)


# Metadata, and the same over HTTP


GIVEN = [
    {"id": "a", "text": "Gold."},
    {"id": "é/b c", "text": "# Gold\n\nText.", "title": "T", "media_type": "text/markdown"},
    {"id": "c", "text": "", "metadata": {}},
    {"id": "d", "text": "x", "metadata": {"a": 1, "b": 1.5, "c": True, "d": "é", "e": ["x", 2]}},
    {"id": "e", "text": "x", "metadata": {"": [], "big": 10**30}},
]


@pytest.mark.parametrize("given", GIVEN)
def test_what_http_takes_is_the_same_document_as_a_line(given: dict[str, object]) -> None:
    by_http = GivenDocument.model_validate(given).document()
    line = json.dumps(given).encode()
    ((by_line,),) = (each.documents for each in load_lines(BytesIO(line)))
    assert by_line == by_http
    assert repr(by_line.metadata) == repr(by_http.metadata)  # 1, 1.0 and true are equal
    (in_file,) = load_bytes("a.jsonl", "a.jsonl", line).documents
    assert replace(in_file, id=by_line.id, title=by_line.title) == by_line


# Standard input


def test_lines_are_read_one_at_a_time() -> None:
    ends = os.pipe()
    with os.fdopen(ends[0], "rb") as reading, os.fdopen(ends[1], "wb", buffering=0) as writing:
        loaded = load_lines(reading)
        for number in range(3):
            writing.write(json.dumps({"id": number, "text": "Gold."}).encode() + b"\n")
            assert next(loaded).documents[0].id == str(number)


def test_a_line_without_an_id_of_its_own_is_told() -> None:
    (each,) = load_lines(BytesIO(b'{"text": "a"}'))
    assert 'line 1, cannot be read: it has no "id"' in each.failed[0]


def test_lines_of_other_encodings_are_told_and_a_mark_is_dropped() -> None:
    data = b'\xef\xbb\xbf{"id": 1, "text": "a"}\r\n\r\n{"id": 2, "text": "\xe9"}\n'
    data += b'{"id": 3, "text": "b"}'
    loaded = [*load_lines(BytesIO(data))]
    assert [document.id for each in loaded for document in each.documents] == ["1", "3"]
    assert [each.failed for each in loaded if each.failed] == [
        ("standard input, line 3, cannot be read: it is not UTF-8.",)
    ]


def test_a_line_beyond_the_limit_is_told_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_FILE", 32)
    lines = [json.dumps({"id": n, "text": "x" * size}) for n, size in enumerate((1, 200, 2, 10))]
    assert len(lines[3]) == 31  # with its end, a line of the most that may be
    loaded = [*load_lines(BytesIO("\n".join([*lines, ""]).encode()))]
    assert [document.id for each in loaded for document in each.documents] == ["0", "2", "3"]
    assert "line 2, cannot be read: it is longer than" in loaded[1].failed[0]


def test_halves_of_characters_do_not_pass() -> None:
    (document,) = load_bytes("a.json", "a.json", rb'{"text": "a\ud800b"}').documents
    assert document.text == "a\ufffdb"
