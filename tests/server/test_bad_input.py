"""Whatever is sent, the reply is a problem document (RFC 9457) and the server stays well."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import httpx
import pytest

JSON = {"Content-Type": "application/json"}
GOOD = {"question": "Who is the press secretary of Japan?"}
SURROGATE = "\ud800"


@pytest.fixture(autouse=True)
def healthy(server: httpx.Client) -> Iterator[None]:
    """Check after each test that the server still works."""
    yield
    assert server.get("/readyz").status_code == 200
    assert server.post("/v1/search", json=GOOD).status_code == 200


def check_problem(reply: httpx.Response, status: HTTPStatus) -> dict[str, Any]:
    """Check that a reply is a problem document of this status; return it."""
    assert reply.status_code == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["type"] == "about:blank" or problem["type"].startswith("urn:rag:")
    assert (problem["status"], problem["title"]) == (status, status.phrase)
    assert problem["detail"].endswith(".")
    assert "Traceback" not in reply.text
    assert ".py" not in reply.text
    return problem


def get_as_written(server: httpx.Client, path: str) -> httpx.Response:
    """Send a path to the byte, where httpx would tidy it."""
    return server.get("/", extensions={"target": path.encode()})


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "blank"),
        (" \t\r\n\u2003", "blank"),
        ("x" * 4001, "4001 characters"),
        ("a\x00b", "U+0000 at 1"),
        ("a\x1b[31mb", "U+001B at 1"),
        ("bell\x07", "U+0007 at 4"),
        ("del\x7fete", "U+007F at 3"),
        ("next\x85line", "U+0085 at 4"),
        (f"half {SURROGATE}", "U+D800 at 5"),
        (f"{SURROGATE}", "U+D800 at 0"),
        ("\udfff\ud800 reversed", "U+DFFF at 0"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    route: str, question: str, said: str, server: httpx.Client
) -> None:
    reply = server.post(route, content=json.dumps({"question": question}), headers=JSON)
    problem = check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["type"] == "urn:rag:InvalidQuestion"
    assert said in problem["detail"]


@pytest.mark.parametrize(
    "question", ["x " * 2000, "a\tb\r\nc?", "👩‍👩‍👧‍👦\u200b\ufeff?", "\u202eolleh"]
)
def test_an_unusual_question_is_still_one(question: str, server: httpx.Client) -> None:
    assert server.post("/v1/ask", json={"question": question}).status_code == 200


@pytest.mark.parametrize("value", [None, 1, 1.5, True, ["Who?"], {"text": "Who?"}])
def test_a_question_that_is_no_string_is_refused(value: object, server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": value})
    problem = check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["errors"][0]["pointer"] == "#/question"


@pytest.mark.parametrize("value", [0, -1, 101, 10**30, 1.0, 2.5, True, False, "5", [], {}])
def test_a_wrong_top_k_is_refused(value: object, server: httpx.Client) -> None:
    for route in ("/v1/ask", "/v1/search"):
        reply = server.post(route, json={**GOOD, "top_k": value})
        problem = check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)
        assert [each["pointer"] for each in problem["errors"]] == ["#/top_k"]


@pytest.mark.parametrize(
    "value", ["-0.01", "1.01", "NaN", "Infinity", "-Infinity", "1e999", "true", '"0.5"', "[]"]
)
def test_a_wrong_min_confidence_is_refused(value: str, server: httpx.Client) -> None:
    body = f'{{"question": "Who?", "min_confidence": {value}}}'
    reply = server.post("/v1/ask", content=body, headers=JSON)
    problem = check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [each["pointer"] for each in problem["errors"]] == ["#/min_confidence"]


@pytest.mark.parametrize("value", [0, 1, 0.5, None])
def test_whole_numbers_are_confidences_too(value: float | None, server: httpx.Client) -> None:
    assert server.post("/v1/ask", json={**GOOD, "min_confidence": value}).status_code == 200


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("topk", "#/topk"), ("a/b~c", "#/a~1b~0c"), ("", "#/"), ("__proto__", "#/__proto__")],
)
def test_an_unknown_member_is_refused_by_name(
    name: str, pointer: str, server: httpx.Client
) -> None:
    problem = check_problem(
        server.post("/v1/ask", json={**GOOD, name: 1}), HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert problem["errors"][0]["pointer"] == pointer


def test_search_takes_no_min_confidence(server: httpx.Client) -> None:
    reply = server.post("/v1/search", json={**GOOD, "min_confidence": 0.5})
    check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)


@pytest.mark.parametrize(
    "body", ["[]", '"Who?"', "1", "null", "true", "{}", '{"question": "x", "\\ud800": 1}']
)
def test_a_body_of_the_wrong_shape_is_refused(body: str, server: httpx.Client) -> None:
    reply = server.post("/v1/ask", content=body, headers=JSON)
    check_problem(reply, HTTPStatus.UNPROCESSABLE_ENTITY)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"question": "Who?"',
        b"{'question': 'Who?'}",
        b'{"question": "Who?",}',
        b'{"question": "Who?"} {}',
        b"question=Who",
        b"\xff\xfe\xfd",
        b'{"question": "\xff"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"question": "Who?", "top_k": ' + b"9" * 5000 + b"}",
        b"\x00",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_json_is_refused(body: bytes, server: httpx.Client) -> None:
    problem = check_problem(
        server.post("/v1/ask", content=body, headers=JSON), HTTPStatus.BAD_REQUEST
    )
    assert "JSON" in problem["detail"]


@pytest.mark.parametrize("headers", [{}, JSON])
def test_no_body_at_all_is_refused(headers: dict[str, str], server: httpx.Client) -> None:
    check_problem(server.post("/v1/ask", headers=headers), HTTPStatus.UNPROCESSABLE_ENTITY)


@pytest.mark.parametrize("size", [257 * 1024, 1_000_000, 5_000_000])
def test_a_body_that_is_too_long_is_refused(size: int, server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": "x" * size})
    problem = check_problem(reply, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    assert "262144 bytes" in problem["detail"]


def test_a_body_that_grows_too_long_is_refused(server: httpx.Client) -> None:
    chunks = (b" " * 64_000 for _ in range(20))
    reply = server.post("/v1/ask", content=chunks, headers=JSON)
    check_problem(reply, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", ""]
)
def test_a_body_not_said_to_be_json_is_refused_with_what_to_send(
    kind: str, server: httpx.Client
) -> None:
    reply = server.post("/v1/ask", content=json.dumps(GOOD), headers={"Content-Type": kind})
    problem = check_problem(reply, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    assert "Content-Type: application/json" in problem["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_be_named_in_its_other_ways(kind: str, server: httpx.Client) -> None:
    reply = server.post("/v1/ask", content=json.dumps(GOOD), headers={"Content-Type": kind})
    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/ask", "POST"),
        ("PUT", "/v1/ask", "POST"),
        ("DELETE", "/v1/search", "POST"),
        ("POST", "/readyz", "GET, HEAD"),
        ("PATCH", "/", "GET, HEAD"),
        ("PATCH", "/v1/documents", "GET, HEAD, POST"),
        ("PUT", "/v1/documents/a.txt", "DELETE, GET, HEAD"),
        ("POST", "/v1/collections/a", "DELETE, PUT"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_one(
    method: str, path: str, allowed: str, server: httpx.Client
) -> None:
    reply = server.request(method, path)
    check_problem(reply, HTTPStatus.METHOD_NOT_ALLOWED)
    assert reply.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["/", "/readyz", "/v1/documents/article.txt", "/documents"])
def test_head_tells_what_get_would_without_it(path: str, server: httpx.Client) -> None:
    head, got = server.head(path), server.get(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/ask/more", "/v2/ask", "/assets/nothing.css", "/.env", "/%00"]
)
def test_an_unknown_path_is_not_found(path: str, server: httpx.Client) -> None:
    check_problem(server.get(path), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    "name",
    [
        "nothing.txt",
        "ARTICLE.TXT",
        "article.txt/",
        "..%2F..%2F..%2Fetc%2Fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "../documents.jsonl",
        "article.txt%00",
        "%00",
        "%ff%fe",
        "%ED%A0%80",
        "x" * 5000,
    ],
)
def test_an_unknown_document_is_not_found(name: str, server: httpx.Client) -> None:
    for route in ("/v1/documents/", "/documents/"):
        check_problem(get_as_written(server, route + name), HTTPStatus.NOT_FOUND)


def test_files_beside_the_assets_are_not_served(server: httpx.Client) -> None:
    for name in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd"):
        check_problem(get_as_written(server, f"/assets/{name}"), HTTPStatus.NOT_FOUND)


def test_a_burst_of_questions_is_answered_alike(server: httpx.Client) -> None:
    expected = server.post("/v1/ask", json=GOOD).json() | {"timings_ms": None}

    def ask(_: int) -> dict[str, Any]:
        reply = server.post("/v1/ask", json=GOOD)
        assert reply.status_code == 200
        found: dict[str, Any] = reply.json()
        return found | {"timings_ms": None}

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [expected] * 20
