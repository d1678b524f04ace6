"""An answer as a stream of events: what was found first, then the answer, all of it at the end."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Switch
from time import monotonic, sleep
from typing import Any, Protocol

import httpx
import pytest

from rag.errors import ModelDamaged
from rag.server import streaming

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
UNANSWERED = "Who founded the Zambezi railway?"
STREAM = {"Accept": "text/event-stream"}
CROWD = 45
"""More questions at once than there are threads to answer them in."""

Ask = Callable[..., dict[str, Any]]
Told = tuple[str, dict[str, Any]]


class Gate(Protocol):
    """The reader that waits."""

    leave: Switch
    sifting: Switch
    sifted: Switch
    readings: int
    failure: Exception | None


def events(lines: Iterator[str]) -> Iterator[Told]:
    """Yield name and data of each event; a comment is an event by the name of ":"."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
        elif line.startswith(":"):
            yield ":", {}


@contextmanager
def streamed(client: httpx.Client, question: str, **more: Any) -> Iterator[Iterator[Told]]:
    body = {"question": question, **more}
    with client.stream("POST", "/v1/ask", json=body, headers=STREAM) as reply:
        assert reply.status_code == 200
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Accel-Buffering"] == "no"
        yield events(reply.iter_lines())


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "timings_ms": None}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


@pytest.mark.parametrize("question", [PRESS, UNANSWERED, "?!"])
def test_the_events_tell_what_the_whole_tells(
    question: str, server: httpx.Client, ask: Ask
) -> None:
    whole = ask(question)
    with streamed(server, question) as told:
        names, bodies = zip(*told, strict=True)
    assert names == ("retrieval", "answer", "citations", "done")
    retrieval, answer, citations, done = bodies
    assert untimed(done) == untimed(whole)
    assert {**retrieval, **answer, **citations}.items() <= whole.items()
    assert retrieval.keys() == {"resolved_question", "passages", "index"}
    assert answer.keys() == {"answer", "abstained", "reason", "confidence", "unknown_words"}
    assert citations.keys() == {"citations"}


def test_what_limits_a_question_limits_its_stream(server: httpx.Client, ask: Ask) -> None:
    with streamed(server, PRESS, top_k=2, min_confidence=1) as told:
        *_, (name, done) = told
    assert (name, untimed(done)) == ("done", untimed(ask(PRESS, top_k=2, min_confidence=1)))


@pytest.mark.parametrize(
    ("accept", "is_streamed"),
    [
        ("text/event-stream", True),
        ("TEXT/EVENT-STREAM; charset=utf-8", True),
        ("text/event-stream, application/json", True),
        ("text/html, text/event-stream, */*;q=0.1", True),
        ("application/json, text/event-stream", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_events_are_sent_to_who_names_them_first(
    accept: str, is_streamed: bool, server: httpx.Client
) -> None:
    reply = server.post("/v1/ask", json={"question": "?!"}, headers={"Accept": accept})
    assert reply.headers["Content-Type"].startswith("text/event-stream") == is_streamed


def test_what_is_wrong_with_a_question_is_no_event(server: httpx.Client) -> None:
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"question": " "}, 422),
        ({"question": "Who?", "filter": {"a": {"over": 1}}}, 422),
        ({}, 422),
    ]
    for body, status in wrong:
        reply = server.post("/v1/ask", json=body, headers=STREAM)
        assert reply.status_code == status
        assert reply.headers["Content-Type"] == "application/problem+json"
    reply = server.post("/collections/none/v1/ask", json={"question": "Who?"}, headers=STREAM)
    assert reply.status_code == 404


# With a reader that waits


def test_what_was_found_is_told_before_it_is_read(gated: httpx.Client, gate: Gate) -> None:
    gate.leave.clear()
    with streamed(gated, PRESS, top_k=3) as told:
        name, retrieval = next(told)
        assert (name, retrieval["resolved_question"]) == ("retrieval", PRESS)
        assert len(retrieval["passages"]) == 3
        gate.leave.set()
        assert [name for name, _ in told] == ["answer", "citations", "done"]


def test_while_reading_takes_long_the_stream_is_kept_alive(
    gated: httpx.Client, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.05)
    gate.leave.clear()
    with streamed(gated, PRESS) as told:
        assert [next(told)[0] for _ in range(4)] == ["retrieval", ":", ":", ":"]
        gate.leave.set()
        assert [name for name, _ in told if name != ":"] == ["answer", "citations", "done"]


def test_a_failure_while_reading_ends_the_stream_with_a_problem(
    gated: httpx.Client, gate: Gate
) -> None:
    failures = [
        (ModelDamaged("The reader is damaged: fetch it again."), 503, "urn:rag:ModelDamaged"),
        (RuntimeError("a secret path"), 500, "about:blank"),
    ]
    for failure, status, kind in failures:
        gate.failure = failure
        with streamed(gated, PRESS) as told:
            assert next(told)[0] == "retrieval"
            ((name, problem),) = told
        assert (name, problem["status"], problem["type"]) == ("error", status, kind)
        assert "secret" not in problem["detail"]
        whole = gated.post("/v1/ask", json={"question": PRESS})
        assert (whole.status_code, whole.json()) == (status, problem)


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_nothing_is_read_for_who_has_left(accept: str, gated: httpx.Client, gate: Gate) -> None:
    before = gate.readings
    body = json.dumps({"question": PRESS, "filter": {"any": "thing"}})
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: here\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    with socket.create_connection((gated.base_url.host, gated.base_url.port)) as leaving:
        leaving.sendall((head + body).encode())
        assert gate.sifting.wait(60)
    assert gated.get("/livez").status_code == 200  # so the server has seen that it left
    gate.sifted.set()
    wait_until(lambda: 'status="499"' in gated.get("/metrics").text)
    assert gate.readings == before
    assert gated.post("/v1/ask", json=json.loads(body)).status_code == 200
    assert gate.readings > before


def test_who_leaves_while_it_is_read_harms_nobody(gated: httpx.Client, gate: Gate) -> None:
    gate.leave.clear()
    with streamed(gated, PRESS) as told:
        assert next(told)[0] == "retrieval"
    gate.leave.set()
    with streamed(gated, PRESS) as told:
        assert [name for name, _ in told][-1] == "done"


def test_a_crowd_of_questions_keeps_nobody_from_the_probes(gated: httpx.Client, gate: Gate) -> None:
    gate.leave.clear()
    before = gate.readings
    with ThreadPoolExecutor(CROWD) as pool:
        asking = [
            pool.submit(gated.post, "/v1/ask", json={"question": f"{PRESS} {number}"})
            for number in range(CROWD)
        ]
        wait_until(lambda: gate.readings > before)
        for path in ("/livez", "/readyz"):
            assert gated.get(path).status_code == 200
        assert not any(each.done() for each in asking)
        gate.leave.set()
        assert {each.result().status_code for each in asking} == {200}
    assert gate.readings >= before + CROWD
