"""JSON Lines and JSON -> a document for each object."""

import json

import pytest

from rag.documents import load_bytes
from rag.errors import UnreadableDocument


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


@pytest.mark.parametrize(
    "value",
    ["text", 7, None, {}, {"text": 7}, {"text": "a", "id": True}, {"text": "a", "id": [1]}],
)
def test_another_shape_is_refused_with_the_shape_it_should_have(value: object) -> None:
    line = json.dumps(value).encode()
    for name, data in (("a.json", line), ("a.json", b"[" + line + b"]"), ("a.jsonl", line)):
        with pytest.raises(UnreadableDocument, match='is not an object with "text", a string'):
            load_bytes(name, name, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"text": "a"}\n{"text": ', "line 2 is not JSON"),
        (b'{"text": "a"}\n[]', "line 2 is not an object"),
        (b'{"id": 1, "text": "a"}\n{"id": "1", "text": "b"}', "it has the id '1' twice"),
        (b'{"text": "a", "media_type": "text/html"}', "'text/html' is no media type of a text"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (b"\n \n", "it holds no documents"),
        (b"1" * 10_000, "line 1 is not JSON"),
    ],
)
def test_a_line_that_is_wrong_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        load_bytes("a.jsonl", "a.jsonl", data)


def test_halves_of_characters_do_not_pass() -> None:
    (document,) = load_bytes("a.json", "a.json", rb'{"text": "a\ud800b"}').documents
    assert document.text == "a\ufffdb"
