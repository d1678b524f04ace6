"""The AI SDK's UI message stream as it goes over the wire: parts, offsets, errors."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rag.errors import ModelDamaged
from rag.types import Document

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
SEVERAL = "Which minerals do the Central Asian countries hold?"
UNANSWERED = "Who founded the Zambezi railway?"
KINDS = [
    "start", "text-start", "text-delta", "text-end", "source-url", "source-document",
    "data-citations", "data-passages", "finish",
]  # fmt: skip

Ask = Callable[..., dict[str, Any]]
Chunk = dict[str, Any]


def said(*texts: str) -> list[dict[str, Any]]:
    """Return messages as ``useChat`` has them, the user's and ours in turns."""
    roles = ("user", "assistant")
    return [
        {"id": str(n), "role": roles[n % 2], "parts": [{"type": "text", "text": text}]}
        for n, text in enumerate(texts)
    ]


def chunks(client: httpx.Client, *texts: str) -> list[Chunk]:
    body = {"id": "chat", "trigger": "submit-message", "messages": said(*texts)}
    reply = client.post("/v1/ui/chat", json=body)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert reply.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert reply.headers["Cache-Control"] == "no-store"
    *lines, last = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]
    assert last == "[DONE]"
    return [json.loads(line) for line in lines]


def of(kind: str, told: list[Chunk]) -> list[Chunk]:
    return [each for each in told if each["type"] == kind]


def test_an_answer_is_a_text_with_its_sources_beside_it(server: httpx.Client, ask: Ask) -> None:
    told, native = chunks(server, PRESS), ask(PRESS)
    assert [each["type"] for each in told] == KINDS
    (delta,), (url,) = of("text-delta", told), of("source-url", told)
    assert delta["delta"] == native["answer"]
    (citation,) = native["citations"]
    assert url["url"] == url["sourceId"] == f"{server.base_url}{citation['href']}"
    assert url["title"] == citation["title"]
    (document,) = of("source-document", told)
    assert document["sourceId"] == document["filename"] == "article.txt"
    assert document["mediaType"] == "text/plain"
    assert of("data-citations", told)[0]["data"] == native["citations"]
    assert of("data-passages", told)[0]["data"] == []
    (finish,) = of("finish", told)
    assert finish["finishReason"] == "stop"
    assert finish["messageMetadata"] == {
        "resolvedQuestion": PRESS,
        "abstained": False,
        "reason": None,
        "confidence": native["confidence"],
        "index": native["index"],
    }


def test_citations_point_into_the_text_as_javascript_counts(
    server: httpx.Client, ask: Ask, article: Document
) -> None:
    told, native = chunks(server, SEVERAL), ask(SEVERAL)
    text = of("text-delta", told)[0]["delta"].encode("utf-16-le")
    (end,) = of("text-end", told)
    assert len(end["citations"]) == len(native["citations"]) > 0
    for citation, proof in zip(end["citations"], native["citations"], strict=True):
        quoted = text[2 * citation["startIndex"] : 2 * citation["endIndex"]].decode("utf-16-le")
        assert quoted == proof["quote"] == article.text[proof["start"] : proof["end"]]
        assert citation["citedText"] == proof["sentence"]["text"]
        assert citation["source"]["url"].endswith(proof["href"])
    assert len(of("source-document", told)) == 1


def test_an_abstention_is_a_text_that_leads_on(server: httpx.Client, ask: Ask) -> None:
    told = chunks(server, UNANSWERED)
    (delta,) = of("text-delta", told)
    assert delta["delta"].startswith("Sorry, I found no answer: ")
    assert "](" not in delta["delta"]
    assert of("source-url", told) == of("source-document", told) == []
    assert of("data-citations", told)[0]["data"] == []
    near, hits = of("data-passages", told)[0]["data"], ask(UNANSWERED)["passages"][:3]
    for passage, hit in zip(near, hits, strict=True):
        assert passage["url"].endswith(f"article.txt?start={hit['start']}&end={hit['end']}")
        assert " ".join(hit["text"].split()).startswith(passage["text"].rstrip("…"))
    metadata = of("finish", told)[0]["messageMetadata"]
    assert (metadata["abstained"], metadata["reason"]) == (True, ask(UNANSWERED)["reason"])


def test_the_last_message_of_the_user_is_the_question(server: httpx.Client) -> None:
    told = chunks(server, "Where does Central Asia lie?", "Between China and the sea.", PRESS)
    assert of("finish", told)[0]["messageMetadata"]["resolvedQuestion"]
    assert of("text-delta", told)[0]["delta"] == "Toshihiro Kitamura"


def test_parts_that_show_where_from_are_passed_over(server: httpx.Client) -> None:
    messages = said("Where does Central Asia lie?", "Between China and the sea.", PRESS)
    messages[1]["parts"] += [
        {"type": "step-start"},
        {"type": "source-url", "sourceId": "1", "url": "http://here"},
        {"type": "data-citations", "data": [{"text": 1}]},
    ]
    messages[2]["parts"].append({"type": "data-position", "data": 1})
    reply = server.post("/v1/ui/chat", json={"messages": messages})
    assert '"delta":"Toshihiro Kitamura"' in reply.text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/messages"),
        ({"messages": []}, "#/messages"),
        ({"messages": [{"role": "user"}]}, "#/messages/0/parts"),
        ({"messages": [{"role": "pope", "parts": []}]}, "#/messages/0/role"),
        (
            {"messages": [{"role": "user", "parts": [{"type": "file", "url": "data:,"}]}]},
            "#/messages/0/parts/0/type",
        ),
    ],
)
def test_a_wrong_body_is_a_problem_and_no_stream(
    body: dict[str, Any], pointer: str, server: httpx.Client
) -> None:
    reply = server.post("/v1/ui/chat", json=body)
    assert reply.status_code == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["errors"][0]["pointer"] == pointer


def test_a_blank_question_is_refused(server: httpx.Client) -> None:
    reply = server.post("/v1/ui/chat", json={"messages": said(" ")})
    assert (reply.status_code, reply.json()["type"]) == (422, "urn:rag:InvalidQuestion")


def test_a_failure_while_reading_is_an_error_part(gated: httpx.Client, gate: Any) -> None:
    gate.failure = ModelDamaged("The reader is damaged: fetch it again.")
    told = chunks(gated, PRESS)
    assert [each["type"] for each in told] == ["start", "error"]
    assert told[1]["errorText"] == "The reader is damaged: fetch it again."
