"""Documents as JSON: each is given whole, by any name, and all are listed page by page."""

from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import quote

import httpx
import pytest

from rag.types import Document

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
NAMES = ["plain.txt", "a b&c?d#e%2F.txt", "deep/é “q”.md", "script.txt", "lines.txt", "empty.txt"]


def test_a_document_is_given_with_its_text(server: httpx.Client, article: Document) -> None:
    passages = server.post("/v1/search", json={"question": PRESS, "top_k": 100}).json()["passages"]
    summary = {
        "id": "article.txt",
        "title": article.title,
        "media_type": "text/plain",
        "sha256": article.sha256,
        "metadata": {},
        "characters": len(article.text),
        "passages": len(passages),
        "href": "/documents/article.txt",
    }
    given = server.get("/v1/documents/article.txt").json()
    listed = server.get("/v1/documents").json()
    assert given == {
        **summary,
        "text": article.text,
        "blocks": [asdict(block) for block in article.blocks],
        "pages": [],
    }
    assert listed == {"documents": [summary], "total": 1, "offset": 0, "limit": 50}


def test_the_list_of_documents_is_paged_in_the_order_of_ids(odd: httpx.Client) -> None:
    everything = [each["id"] for each in odd.get("/v1/documents").json()["documents"]]
    assert everything == sorted(NAMES)
    for offset in range(len(NAMES) + 2):
        page = odd.get("/v1/documents", params={"offset": offset, "limit": 2}).json()
        assert [each["id"] for each in page["documents"]] == everything[offset : offset + 2]
        assert (page["total"], page["offset"], page["limit"]) == (len(NAMES), offset, 2)


def test_the_list_of_documents_is_searched_by_words_in_title_or_id(odd: httpx.Client) -> None:
    def found(search: str) -> list[str]:
        page = odd.get("/v1/documents", params={"search": search}).json()
        assert page["total"] == len(page["documents"])
        return [each["id"] for each in page["documents"]]

    assert found("TXT gold") == ["plain.txt"]
    assert found("é TITLE") == ["deep/é “q”.md"]
    assert found(" ") == sorted(NAMES)
    assert found("gold title") == []


@pytest.mark.parametrize("query", ["offset=-1", "limit=0", "limit=1001", "limit=x", "offset=1.5"])
def test_a_wrong_page_is_refused(query: str, odd: httpx.Client) -> None:
    reply = odd.get(f"/v1/documents?{query}")
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith(query.partition("=")[0])


@pytest.mark.parametrize("name", NAMES)
def test_any_document_is_found_by_its_id_and_its_link(
    name: str, odd: httpx.Client, odd_texts: Mapping[str, str]
) -> None:
    given = odd.get(f"/v1/documents/{quote(name)}").json()
    assert (given["id"], given["text"]) == (name, odd_texts[name])
    assert odd.get(given["href"]).status_code == 200
