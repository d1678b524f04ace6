"""More questions than can be read: some wait their turn, the rest are refused, nothing hangs."""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from rag.settings import Settings

ASKED = "How large is the population of Central Asia?"
PLACES = 2
"""Questions that are at work at once with one thread."""
TURNS = 2
"""Readings of a question to which the first passages have no answer."""

Gating = Callable[[Settings], httpx.Client]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def refused(client: httpx.Client) -> Counter[str]:
    """Return how many questions were refused, by why."""
    lines = client.get("/metrics").text.splitlines()
    counted = [line for line in lines if line.startswith("rag_refused_total{")]
    return Counter({line.split('"')[1]: int(float(line.split()[-1])) for line in counted})


class Crowd:
    """Clients that ask at once, each something else: what was asked before is not read again."""

    def __init__(self, client: httpx.Client, pool: ThreadPoolExecutor) -> None:
        self._client = client
        self._pool = pool
        self.asking: list[Future[httpx.Response]] = []

    def ask(self, count: int) -> None:
        """Let so many more ask."""
        for number in range(len(self.asking), len(self.asking) + count):
            asked = {"question": f"{ASKED} [{number}]"}
            self.asking.append(self._pool.submit(self._client.post, "/v1/ask", json=asked))

    def told(self) -> list[httpx.Response]:
        """Return what was answered so far."""
        return [each.result() for each in self.asking if each.done()]

    def statuses(self) -> Counter[int]:
        """Return how all of them were answered."""
        return Counter(each.result().status_code for each in self.asking)


@pytest.fixture
def crowd(gate: Any) -> Iterator[Callable[[httpx.Client], Crowd]]:
    """Return what makes a crowd around a server; at the end it is let through."""
    with ThreadPoolExecutor(32) as pool:
        yield lambda client: Crowd(client, pool)
        gate.leave.set()


@pytest.fixture
def one(settings: Settings) -> Settings:
    """Return settings of one thread, with room for three to wait."""
    return settings.model_copy(update={"threads": 1, "max_waiting": 3, "deadline": 60.0})


def fill(client: httpx.Client, gate: Any, around: Callable[[httpx.Client], Crowd]) -> Crowd:
    """Have every place taken by a question that is being read."""
    gate.leave.clear()
    made, before = around(client), gate.readings
    made.ask(PLACES)
    wait_until(lambda: gate.readings == before + PLACES)
    return made


def test_who_finds_the_queue_full_is_refused_and_all_else_goes_on(
    one: Settings, gating: Gating, gate: Any, crowd: Callable[[httpx.Client], Crowd]
) -> None:
    client = gating(one)
    asking = fill(client, gate, crowd)
    asking.ask(8)
    wait_until(lambda: len(asking.told()) == 8 - one.max_waiting)
    for reply in asking.told():
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "1"
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json()["type"] == "urn:rag:Overloaded"
        assert "3 questions are waiting" in reply.json()["detail"]
    for path in ("/livez", "/readyz", "/metrics", "/", "/documents", "/documents/article.txt"):
        assert client.get(path).status_code == 200
    place = "/v1/collections/beside-the-crowd"
    assert client.put(place).status_code == 201
    documents = {"documents": [{"id": "gold.txt", "text": "Gold was found in 1848."}]}
    added = client.post("/collections/beside-the-crowd/v1/documents", json=documents)
    assert added.status_code == 201
    assert client.delete(place).status_code == 204
    assert refused(client) == {"queue_full": 5}
    gate.leave.set()
    assert asking.statuses() == {200: PLACES + one.max_waiting, 503: 5}
    assert client.post("/v1/ask", json={"question": ASKED}).status_code == 200


MESSAGES = [{"role": "user", "content": ASKED}]
PARTS = [{"role": "user", "parts": [{"type": "text", "text": ASKED}]}]
OPENAI = {
    "/v1/chat/completions": {"model": "rag", "messages": MESSAGES},
    "/collections/c/v1/chat/completions": {"model": "rag", "messages": MESSAGES, "stream": True},
    "/v1/responses": {"model": "rag", "input": ASKED},
}
OURS: dict[str, dict[str, Any]] = {
    "/v1/search": {"question": ASKED},
    "/v1/ask": {"question": ASKED},
    "/v1/ui/chat": {"messages": PARTS},
}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": {"question": ASKED}},
}


def test_every_protocol_is_refused_in_its_own_words(
    one: Settings, gating: Gating, gate: Any, crowd: Callable[[httpx.Client], Crowd]
) -> None:
    client = gating(one.model_copy(update={"max_waiting": 0}))
    client.put("/v1/collections/c")
    fill(client, gate, crowd)
    for path, body in OPENAI.items():
        reply = client.post(path, json=body)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "1")
        error = reply.json()["error"]
        assert error["type"] == "server_error"
        assert "0 questions are waiting" in error["message"]
    for path, body in OURS.items():
        reply = client.post(path, json=body, headers={"Accept": "text/event-stream"})
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "1")
        assert reply.json()["type"] == "urn:rag:Overloaded"
    page = client.get("/", params={"question": ASKED}, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
    assert "are waiting for their turn" in page.text
    accepted = {"Accept": "application/json, text/event-stream"}
    error = client.post("/mcp", json=CALL, headers=accepted).json()["error"]
    assert error["data"] == {"type": "urn:rag:Overloaded"}
    listed = client.post("/mcp", json=CALL | {"method": "tools/list"}, headers=accepted)
    assert listed.json()["result"]["tools"]
    client.delete("/v1/collections/c")


def test_a_call_of_mcp_waits_its_turn(
    one: Settings, gating: Gating, gate: Any, crowd: Callable[[httpx.Client], Crowd]
) -> None:
    client = gating(one.model_copy(update={"deadline": 0.2}))
    asking = fill(client, gate, crowd)
    accepted = {"Accept": "application/json, text/event-stream"}
    error = client.post("/mcp", json=CALL, headers=accepted).json()["error"]
    assert "waited 0.2 seconds" in error["message"]
    gate.leave.set()
    assert asking.statuses() == {200: PLACES}
    result = client.post("/mcp", json=CALL, headers=accepted).json()["result"]
    assert result["structuredContent"]["passages"]


def test_who_waits_too_long_is_refused(
    one: Settings, gating: Gating, gate: Any, crowd: Callable[[httpx.Client], Crowd]
) -> None:
    client = gating(one.model_copy(update={"deadline": 0.2}))
    asking = fill(client, gate, crowd)
    reply = client.post("/v1/ask", json={"question": ASKED})
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "1")
    assert "waited 0.2 seconds" in reply.json()["detail"]
    assert refused(client) == {"deadline": 1}
    readings = gate.readings
    gate.leave.set()
    assert asking.statuses() == {200: PLACES}
    assert gate.readings == readings + PLACES * (TURNS - 1)
    assert client.post("/v1/ask", json={"question": ASKED}).status_code == 200


def test_who_leaves_while_waiting_gives_room_to_the_next_and_is_not_read(
    one: Settings, gating: Gating, gate: Any, crowd: Callable[[httpx.Client], Crowd]
) -> None:
    client = gating(one.model_copy(update={"max_waiting": 1}))
    asking = fill(client, gate, crowd)
    before = gate.readings
    body = json.dumps({"question": ASKED})
    sent = (
        "POST /v1/ask HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
    )
    for number in range(3):
        with socket.create_connection((client.base_url.host, client.base_url.port)) as leaving:
            leaving.sendall(sent.encode())
            client.get("/livez")
        wait_until(lambda n=number: refused(client)["client_left"] == n + 1)  # type: ignore[misc]
    asking.ask(1)
    gate.leave.set()
    assert asking.statuses() == {200: PLACES + 1}
    assert refused(client) == {"client_left": 3}
    assert gate.readings == before + PLACES * (TURNS - 1) + TURNS


def test_a_reading_that_fails_or_is_left_gives_its_place_to_the_next(
    one: Settings, gating: Gating, gate: Any
) -> None:
    client = gating(one)
    gate.failure = RuntimeError("The reader broke.")
    last = {"Connection": "close"}  # as the server does after an error that nobody foresaw
    for _ in range(PLACES + 1):
        failed = client.post("/v1/ask", json={"question": ASKED}, headers=last)
        assert failed.status_code == 500
    gate.failure = None
    gate.leave.clear()
    accepted = {"Accept": "text/event-stream"}
    for _ in range(PLACES):
        asked = {"question": ASKED}
        with client.stream("POST", "/v1/ask", json=asked, headers=accepted) as reply:
            assert next(reply.iter_lines()) == "event: retrieval"
    gate.leave.set()
    for _ in range(PLACES + 1):
        assert client.post("/v1/ask", json={"question": ASKED}).status_code == 200


@pytest.mark.slow  # it starts a server
def test_a_real_server_in_a_crowd_answers_some_refuses_the_rest_and_stays_well(
    environment: Mapping[str, str],
) -> None:
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--threads", "1"]
    small = ["--max-waiting", "1"]
    with subprocess.Popen(
        [*command, *small], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        limits = httpx.Limits(max_connections=None)
        with (
            httpx.Client(base_url=address, timeout=60, limits=limits) as client,
            ThreadPoolExecutor(32) as pool,
        ):
            asking = Crowd(client, pool)
            asking.ask(32)
            assert client.get("/livez").status_code == 200
            assert client.get("/readyz").status_code == 200
            statuses = asking.statuses()
            assert statuses.keys() == {200, 503}
            assert refused(client) == {"queue_full": statuses[503]}
            assert client.post("/v1/ask", json={"question": ASKED}).status_code == 200
        process.terminate()
