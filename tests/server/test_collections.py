"""Named collections: made, asked, kept apart, dropped; each a service below its own path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rag.collection import Collection
from rag.server.app import create_app

GOLD = {"id": "a.txt", "text": "Gold was found in 1848 near Coloma."}
SILVER = {"id": "a.txt", "text": "Gold was found in 1851 near Ophir."}
ASKED = {"question": "When was gold found?", "min_confidence": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def client(seeded: Collection, folder: Path) -> Iterator[TestClient]:
    """Serve an empty collection of the test's own."""
    collection = seeded.over(folder, anew=not folder.exists())
    with TestClient(create_app(lambda: collection)) as opened:
        while opened.get("/readyz").status_code != 200:
            pass
        yield opened


def add(client: TestClient, base: str, *documents: dict[str, Any]) -> None:
    reply = client.post(f"{base}/v1/documents", json={"documents": documents})
    assert reply.status_code == 201, reply.text


def test_collections_answer_from_their_own_documents_alone(client: TestClient) -> None:
    for name in ("west", "south"):
        made = client.put(f"/v1/collections/{name}")
        assert made.status_code == 201
        assert made.json() == {
            "name": name,
            "documents": 0,
            "passages": 0,
            "href": f"/collections/{name}",
        }
    add(client, "/collections/west", GOLD)
    add(client, "/collections/south", SILVER)
    for name, year in (("west", "1848"), ("south", "1851")):
        answer = client.post(f"/collections/{name}/v1/ask", json=ASKED).json()
        assert answer["answer"] == year
        page = client.get(answer["citations"][0]["href"])
        assert f">{year}</mark>" in page.text
        asked = {"question": str(ASKED["question"])}
        assert client.get(f"/collections/{name}/", params=asked).status_code == 200
    assert client.post("/v1/ask", json=ASKED).json()["reason"] == "empty_collection"
    listed = client.get("/v1/collections").json()["collections"]
    assert [(each["name"], each["documents"]) for each in listed] == [("south", 1), ("west", 1)]


def test_a_dropped_collection_is_gone_and_its_name_free(client: TestClient, folder: Path) -> None:
    client.put("/v1/collections/west")
    add(client, "/collections/west", GOLD)
    assert client.delete("/v1/collections/west").status_code == 204
    assert client.get("/collections/west/v1/documents").status_code == 404
    assert client.delete("/v1/collections/west").json()["type"] == "urn:rag:CollectionNotFound"
    assert list((folder / "collections").iterdir()) == []
    assert client.put("/v1/collections/west").json()["documents"] == 0


@pytest.mark.parametrize("name", ["West", "a b", "-a", "a_", "x" * 65, "é", "..", "%2e%2e"])
def test_no_other_names_are_taken(name: str, client: TestClient, folder: Path) -> None:
    reply = client.put(f"/v1/collections/{name}")
    assert reply.status_code in {404, 405, 422}
    assert not (folder / "collections").exists()


def test_a_name_is_given_once(client: TestClient) -> None:
    client.put("/v1/collections/west")
    add(client, "/collections/west", GOLD)
    again = client.put("/v1/collections/west")
    assert (again.status_code, again.json()["type"]) == (409, "urn:rag:CollectionExists")
    assert client.get("/collections/west/v1/documents").json()["total"] == 1


def test_what_was_half_dropped_is_cleared_away(
    seeded: Collection, folder: Path, client: TestClient
) -> None:
    client.put("/v1/collections/west")
    (folder / "collections" / "west").rename(folder / "collections" / ".dropped-west")
    with TestClient(create_app(lambda: seeded.over(folder))) as another:
        while another.get("/readyz").status_code != 200:
            pass
        assert another.get("/v1/collections").json() == {"collections": []}
    assert list((folder / "collections").iterdir()) == []


def test_filters_choose_among_documents(client: TestClient) -> None:
    west = {**GOLD, "id": "west", "metadata": {"year": 1848, "tags": ["gold", "west"]}}
    south = {**SILVER, "id": "south", "metadata": {"year": 1851, "tags": ["gold"]}}
    add(client, "", west, south)
    for wanted, year in (({"tags": "west"}, "1848"), ({"year": {"gt": 1850}}, "1851")):
        asked = {**ASKED, "filter": wanted}
        assert client.post("/v1/ask", json=asked).json()["answer"] == year
        del asked["min_confidence"]
        found = client.post("/v1/search", json=asked).json()["passages"]
        assert len(found) == 1
    none = client.post("/v1/ask", json={**ASKED, "filter": {"year": 1}}).json()
    assert none["reason"] == "nothing_retrieved"
    wrong = client.post("/v1/ask", json={**ASKED, "filter": {"year": {"over": 1}}})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:rag:InvalidFilter")
    listed = client.get("/v1/documents/west").json()
    assert listed["metadata"] == west["metadata"]


def test_a_collection_is_a_model_of_the_chat_protocols(client: TestClient) -> None:
    client.put("/v1/collections/west")
    add(client, "/collections/west", GOLD)
    add(client, "", SILVER)

    def models(base: str) -> list[str]:
        return [each["id"] for each in client.get(f"{base}/v1/models").json()["data"]]

    assert models("") == ["rag", "rag/west"]
    assert models("/collections/west") == ["rag"]
    assert client.get("/v1/models/rag%2Fwest").json()["id"] == "rag/west"
    asked = [{"role": "user", "content": ASKED["question"]}]
    for base, model, year in (
        ("", "rag", "1851"),
        ("", "rag/west", "1848"),
        ("/collections/west", "rag", "1848"),
    ):
        body = {"model": model, "messages": asked}
        reply = client.post(f"{base}/v1/chat/completions", json=body)
        message = reply.json()["choices"][0]["message"]
        assert message["content"].startswith(year)
        (annotation,) = message["annotations"]
        assert f">{year}</mark>" in client.get(annotation["url_citation"]["url"]).text
    other = client.post(
        "/collections/west/v1/responses", json={"model": "rag/west", "input": "When?"}
    )
    assert (other.status_code, other.json()["error"]["code"]) == (404, "model_not_found")
    parts = [{"type": "text", "text": ASKED["question"]}]
    chat = {"messages": [{"role": "user", "parts": parts}]}
    assert '"delta":"1848"' in client.post("/collections/west/v1/ui/chat", json=chat).text
