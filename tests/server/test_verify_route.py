"""A citation is checked against its document as it is now: valid, moved or gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rag.collection import Collection
from rag.server.app import create_app

TEXT = "Gold 😀 was found in 1848 near Coloma. The railway came in 1859."
ASKED = {"question": "When was gold found?", "min_confidence": 0}


@pytest.fixture
def client(seeded: Collection, tmp_path: Path) -> Iterator[TestClient]:
    """Serve a collection of the test's own, with one document."""
    collection = seeded.over(tmp_path / "index", anew=True)
    with TestClient(create_app(lambda: collection)) as opened:
        while opened.get("/readyz").status_code != 200:
            pass
        put(opened, TEXT)
        yield opened


def put(client: TestClient, text: str, base: str = "") -> None:
    document = {"id": "gold.txt", "text": text, "title": "Gold"}
    reply = client.post(f"{base}/v1/documents", json={"documents": [document]})
    assert reply.status_code == 201


def cited(client: TestClient, base: str = "") -> dict[str, Any]:
    answer = client.post(f"{base}/v1/ask", json=ASKED).json()
    (citation,) = answer["citations"]
    assert citation["quote"] == "1848"
    found: dict[str, Any] = citation
    return found


def verify(client: TestClient, citation: dict[str, Any], base: str = "") -> dict[str, Any]:
    reply = client.post(f"{base}/v1/verify", json={"citation": citation})
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


def test_a_citation_is_valid_as_it_was_given(client: TestClient) -> None:
    citation = cited(client)
    names = ("start", "end", "start_utf16", "end_utf16", "document_sha256", "href")
    assert verify(client, citation) == {
        "status": "valid",
        **{name: citation[name] for name in names},
    }


def test_it_stays_valid_where_the_document_changed_elsewhere(client: TestClient) -> None:
    citation = cited(client)
    put(client, f"{TEXT} Copper was found too.")
    told = verify(client, citation)
    assert told["status"] == "valid"
    assert told["document_sha256"] != citation["document_sha256"]


def test_it_is_told_where_it_moved(client: TestClient) -> None:
    citation = cited(client)
    added = "In 1848 😀😀 nothing else happened. "
    put(client, added + TEXT)
    told = verify(client, citation)
    assert told["status"] == "moved"
    assert told["start"] == citation["start"] + len(added)
    assert told["end"] == citation["end"] + len(added)
    assert told["start_utf16"] == told["start"] + 3
    assert told["end_utf16"] == told["end"] + 3
    assert told["href"] == f"/documents/gold.txt?start={told['start']}&end={told['end']}"
    assert ">1848</mark>" in client.get(told["href"]).text


def test_it_is_gone_with_its_sentence_or_its_document(client: TestClient) -> None:
    citation = cited(client)
    put(client, "Nobody lived here in 1848. Silver was found in 1859.")
    told = verify(client, citation)
    assert told.pop("status") == "gone"
    assert told.pop("document_sha256")
    assert set(told.values()) == {None}
    client.delete("/v1/documents/gold.txt")
    told = verify(client, citation)
    assert told.pop("status") == "gone"
    assert set(told.values()) == {None}


def test_a_quote_with_wrong_offsets_is_never_valid(client: TestClient) -> None:
    citation = cited(client)
    for wrong in ({"end": citation["end"] + 1}, {"start": 0, "end": 4}, {"start": 10**9}):
        told = verify(client, {**citation, **wrong})
        assert (told["status"], told["start"], told["end"]) == (
            "moved", citation["start"], citation["end"],
        )  # fmt: skip
    assert verify(client, {**citation, "quote": "1849"})["status"] == "gone"


def test_the_least_that_is_needed_is_enough(client: TestClient) -> None:
    citation = {"document_id": "gold.txt", "quote": "1859", "start": 0, "end": 4}
    assert verify(client, citation)["start"] == TEXT.index("1859")


def test_a_collection_checks_its_own(client: TestClient) -> None:
    client.put("/v1/collections/west")
    put(client, f"So: {TEXT}", "/collections/west")
    citation = cited(client)
    told = verify(client, citation, "/collections/west")
    assert (told["status"], told["start"]) == ("moved", citation["start"] + 4)
    assert told["href"].startswith("/collections/west/documents/gold.txt?")


@pytest.mark.parametrize(
    "wrong",
    [
        {"quote": ""},
        {"quote": "x" * 20_001},
        {"start": -1},
        {"start": "1"},
        {"end": None},
        {"document_id": 1},
        {"sentence": {"start": 1, "text": "  "}},
        {"sentence": {"text": "1848"}},
    ],
)
def test_what_is_no_citation_is_refused(wrong: dict[str, Any], client: TestClient) -> None:
    citation = {"document_id": "gold.txt", "quote": "1848", "start": 20, "end": 24, **wrong}
    reply = client.post("/v1/verify", json={"citation": citation})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"].startswith("#/citation/")
