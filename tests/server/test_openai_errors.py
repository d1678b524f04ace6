"""Whatever goes wrong on OpenAI's routes, its error object says so, and its clients raise it."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from rag.collection import Collection
from rag.server.app import create_app
from rag.settings import Settings

JSON = {"Content-Type": "application/json"}
ROUTES = ("/v1/chat/completions", "/v1/responses")
USER: Any = {"role": "user", "content": "Who?"}
GOOD: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "rag", "messages": [USER]},
    "/v1/responses": {"model": "rag", "input": "Who?"},
}


def check_error(reply: Any, status: HTTPStatus) -> dict[str, Any]:
    """Check that a reply, of whichever client, is OpenAI's error object; return it."""
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    body = reply.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"].endswith(".")
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    return error


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[]", b"null", b'"text"'])
def test_a_body_that_is_no_object_is_refused(route: str, body: bytes, server: httpx.Client) -> None:
    check_error(server.post(route, content=body, headers=JSON), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize(
    ("route", "body", "param"),
    [
        (ROUTES[0], {"messages": [USER]}, "model"),
        (ROUTES[0], {"model": "rag"}, "messages"),
        (ROUTES[0], {"model": "rag", "messages": []}, "messages"),
        (ROUTES[0], {"model": 1, "messages": [USER]}, "model"),
        (ROUTES[0], {"model": "rag", "messages": [{"role": "pope"}]}, "messages[0].role"),
        (ROUTES[0], {"model": "rag", "messages": "Who?"}, "messages"),
        (ROUTES[0], {"model": "rag", "messages": [{**USER, "content": 1}]}, "messages[0].content"),
        (
            ROUTES[0],
            {"model": "rag", "messages": [{**USER, "content": [{"type": "half \ud800"}]}]},
            "messages[0].content[0].type",
        ),
        (
            ROUTES[0],
            {"model": "rag", "messages": [{**USER, "content": [{"type": "text", "text": 1}]}]},
            "messages[0].content[0].text",
        ),
        (ROUTES[1], {"model": "rag"}, "input"),
        (ROUTES[1], {"model": "rag", "input": 1}, "input"),
        (ROUTES[1], {"model": "rag", "input": []}, "input"),
        (
            ROUTES[1],
            {"model": "rag", "input": [{**USER, "content": [{}]}]},
            "input[0].content[0].type",
        ),
        (ROUTES[1], {"input": "Who?"}, "model"),
    ],
)
def test_a_wrong_body_is_refused_at_the_place_that_is_wrong(
    route: str, body: dict[str, Any], param: str, server: httpx.Client
) -> None:
    reply = server.post(route, content=json.dumps(body), headers=JSON)
    assert check_error(reply, HTTPStatus.BAD_REQUEST)["param"] == param


CHAT_ONLY = [
    ({"n": 2}, "n"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tool_choice": {"type": "function", "function": {"name": "look"}}}, "tool_choice"),
    ({"function_call": {"name": "look"}}, "function_call"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format"),
    ({"logprobs": True}, "logprobs"),
    ({"audio": {"voice": "ash", "format": "wav"}}, "audio"),
    ({"modalities": ["text", "audio"]}, "modalities"),
]
RESPONSES_ONLY = [
    ({"previous_response_id": "resp_1"}, "previous_response_id"),
    ({"conversation": "conv_1"}, "conversation"),
    ({"prompt": {"id": "pmpt_1"}}, "prompt"),
    ({"background": True}, "background"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}}, "text"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input"),
]


@pytest.mark.parametrize(
    ("route", "asked", "param"),
    [(ROUTES[0], *each) for each in CHAT_ONLY] + [(ROUTES[1], *each) for each in RESPONSES_ONLY],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_has_no_meaning_here_is_refused_by_name(
    route: str, asked: dict[str, Any], param: str, stream: bool, server: httpx.Client
) -> None:
    body = {**GOOD[route], "stream": stream, **asked}
    error = check_error(server.post(route, json=body), HTTPStatus.BAD_REQUEST)
    assert (error["param"], error["code"]) == (param, "unsupported_value")
    assert param in error["message"]


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file", "input_image"])
def test_what_is_no_text_is_refused_where_it_is_asked_about(
    kind: str, server: httpx.Client
) -> None:
    parts = [{"type": "text", "text": "Who is this?"}, {"type": kind, kind: {"url": "data:,"}}]
    shown: Any = {"role": "user", "content": parts}
    body = {"model": "rag", "messages": [shown]}
    error = check_error(server.post(ROUTES[0], json=body), HTTPStatus.BAD_REQUEST)
    assert (error["param"], kind in error["message"]) == ("messages[0].content[1].type", True)
    body = {"model": "rag", "messages": [shown, {"role": "assistant", "content": "?"}, USER]}
    assert server.post(ROUTES[0], json=body).status_code == 200  # it was refused then


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("model", ["gpt-4o", "rag/west", "rag/", "", "RAG", "rag/../rag"])
def test_an_unknown_model_is_not_found(route: str, model: str, server: httpx.Client) -> None:
    reply = server.post(route, json={**GOOD[route], "model": model})
    assert check_error(reply, HTTPStatus.NOT_FOUND)["code"] == "model_not_found"


@pytest.mark.parametrize(
    "text", ["", "  ", "x" * 4001, "a\x00b", "half \ud800"], ids=lambda text: repr(text[:9])
)
def test_a_question_that_cannot_be_asked_is_refused(text: str, server: httpx.Client) -> None:
    for route in ROUTES:
        said = {"messages": [{**USER, "content": text}]} if route == ROUTES[0] else {"input": text}
        body = json.dumps({**GOOD[route], **said})
        check_error(server.post(route, content=body, headers=JSON), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat/completions", HTTPStatus.METHOD_NOT_ALLOWED),
        ("DELETE", "/v1/models/rag", HTTPStatus.METHOD_NOT_ALLOWED),
        ("GET", "/v1/models/gpt-4o", HTTPStatus.NOT_FOUND),
        ("GET", "/v1/responses/resp_1", HTTPStatus.NOT_FOUND),
        ("GET", "/collections/nowhere/v1/models", HTTPStatus.NOT_FOUND),
        ("GET", "/v1/chat/completions/more", HTTPStatus.NOT_FOUND),
    ],
)
def test_other_paths_and_methods_are_refused_alike(
    method: str, path: str, status: HTTPStatus, server: httpx.Client
) -> None:
    check_error(server.request(method, path), status)


def test_other_routes_keep_their_problem_documents(server: httpx.Client) -> None:
    for path in ("/v1/chat", "/v1/modelsx", "/v1/documents/v1/models", "/v1/ui/chat/completions"):
        assert server.get(path).headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("route", ROUTES)
def test_a_conversation_may_be_longer_than_a_question_but_not_endless(
    route: str, server: httpx.Client
) -> None:
    turns = [{**USER, "content": "Where is it? " * 30_000}, USER]
    said = {"messages": turns} if route == ROUTES[0] else {"input": turns}
    assert server.post(route, json={"model": "rag", **said}).status_code == 200
    turns = [{**USER, "content": "x" * 1_100_000}, USER]
    said = {"messages": turns} if route == ROUTES[0] else {"input": turns}
    reply = server.post(route, json={"model": "rag", **said})
    check_error(reply, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@pytest.fixture
def loading(settings: Settings) -> Iterator[TestClient]:
    """Serve what never gets ready."""
    release = Event()

    def opening() -> Collection:
        release.wait()
        return Collection.open(settings)

    with TestClient(create_app(opening)) as client:
        yield client
        release.set()


def test_until_it_is_ready_the_service_says_so(loading: TestClient) -> None:
    for route, body in GOOD.items():
        reply = loading.post(route, json=body)
        check_error(reply, HTTPStatus.SERVICE_UNAVAILABLE)
        assert reply.headers["Retry-After"] == "1"
    check_error(loading.get("/v1/models"), HTTPStatus.SERVICE_UNAVAILABLE)


def test_without_an_index_the_service_says_what_makes_one(tmp_path: Path) -> None:
    opened = Event()
    settings = Settings(index=tmp_path)
    app = create_app(lambda: Collection.open(settings), lambda _: opened.set())
    with TestClient(app) as client:
        assert opened.wait(60)
        error = check_error(client.get("/v1/models"), HTTPStatus.SERVICE_UNAVAILABLE)
        assert "rag index" in error["message"]


def test_the_client_raises_what_it_would_for_openai(server: httpx.Client) -> None:
    with OpenAI(base_url=f"{server.base_url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError) as missing:
            client.chat.completions.create(model="gpt-4o", messages=[USER])
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model="rag", messages=[USER], n=2)
    assert missing.value.code == "model_not_found"
    assert (refused.value.param, refused.value.type) == ("n", "invalid_request_error")
