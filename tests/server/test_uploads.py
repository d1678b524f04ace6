"""Files sent as a form: read by their kind, told of one by one, and asked at once."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rag.collection import Collection
from rag.server.app import create_app

HTML = b"<html><head><title>Ports</title></head><body><main><h1>Harbours</h1><p>The harbour of \
Kobe is 18 m deep and was dug in 1868.</p></main></body></html>"


@pytest.fixture
def client(seeded: Collection, tmp_path: Path) -> Iterator[TestClient]:
    """Serve an empty collection of the test's own."""
    collection = seeded.over(tmp_path / "index", anew=True)
    with TestClient(create_app(lambda: collection)) as opened:
        while opened.get("/readyz").status_code != 200:
            pass
        yield opened


def test_files_of_several_kinds_are_added_and_answer(client: TestClient) -> None:
    table = b"port,depth\nOsaka,15 m\nNagoya,16 m\n"
    files = [("files", ("ports.html", HTML)), ("files", ("depths.csv", table))]
    reply = client.post("/v1/documents", files=files)
    assert reply.status_code == 201
    told = reply.json()
    assert [(each["id"], each["status"]) for each in told["added"]] == [
        ("ports.html", "added"),
        ("depths.csv", "added"),
    ]
    assert told["failed"] == []
    question = {"question": "When was the harbour of Kobe dug?", "min_confidence": 0}
    answer = client.post("/v1/ask", json=question).json()
    (citation,) = answer["citations"]
    assert answer["answer"] == "1868"
    assert citation["headings"] == ["Harbours"]
    text = client.get("/v1/documents/ports.html").json()["text"]
    assert text[citation["start"] : citation["end"]] == "1868"


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner/a.txt", "Anna dug the harbour.")
        archive.writestr("inner/b.bin", bytes(range(256)))
    files = [
        ("files", ("broken.pdf", b"%PDF-1.7 broken")),
        ("files", ("all.zip", packed.getvalue())),
    ]
    told = client.post("/v1/documents", files=files).json()
    assert [each["id"] for each in told["added"]] == ["all.zip/inner/a.txt"]
    assert any("broken.pdf" in each for each in told["failed"])


def test_where_nothing_can_be_read_nothing_changes(client: TestClient) -> None:
    before = client.get("/readyz").json()
    reply = client.post("/v1/documents", files=[("files", ("junk.pdf", b"\x00\x01\x02"))])
    assert reply.status_code == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert "junk.pdf" in reply.json()["detail"]
    assert client.get("/readyz").json() == before


@pytest.mark.parametrize("form", [{"other": ("a.txt", b"A text.")}, {}])
def test_a_form_without_files_is_refused(
    form: dict[str, tuple[str, bytes]], client: TestClient
) -> None:
    reply = client.post("/v1/documents", files=form, data={"a": "b"})
    assert reply.status_code == (422 if form else 415)
    assert reply.json()["detail"].startswith("files: Field required" if form else "The body is not")


def test_what_is_no_form_is_told_as_such(client: TestClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    reply = client.post("/v1/documents", content=b"abc", headers=headers)
    assert reply.status_code == 400
    assert reply.json()["detail"].startswith("The form cannot be read: ")


@pytest.mark.parametrize("name", ["a\x1b[31m.txt", "x" * 2000, ".."])
def test_a_file_of_an_odd_name_is_told_and_the_rest_goes_on(name: str, client: TestClient) -> None:
    boundary = b"--x\r\nContent-Disposition: form-data; name=files; filename="
    body = b"".join(
        boundary + f'"{each}"\r\n\r\nThe harbour was dug.\r\n'.encode() for each in (name, "b.txt")
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    reply = client.post("/v1/documents", content=body + b"--x--\r\n", headers=headers)
    assert [each["id"] for each in reply.json()["added"]] == ["b.txt"]
    (failure,) = reply.json()["failed"]
    assert failure.isprintable()


def test_json_still_goes_to_the_same_path(client: TestClient) -> None:
    body = json.dumps({"documents": [{"id": "a", "text": "Anna dug the harbour."}]})
    reply = client.post("/v1/documents", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 201


def test_a_collection_takes_files_too(client: TestClient) -> None:
    client.put("/v1/collections/ports")
    told = client.post(
        "/collections/ports/v1/documents", files=[("files", ("a.html", HTML))]
    ).json()
    assert told["added"][0]["href"] == "/collections/ports/documents/a.html"
    assert client.get("/v1/documents").json()["total"] == 0
