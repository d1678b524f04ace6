"""What a server says of itself: whether it is alive and ready, why it is not, what it offers."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import httpx
from starlette.testclient import TestClient

from rag.collection import Collection
from rag.engine import Engine
from rag.errors import IndexMissing
from rag.server.app import create_app
from rag.settings import Settings

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def test_a_running_server_is_alive_and_ready(server: httpx.Client, engine: Engine) -> None:
    generation = engine.index.identity.generation
    assert server.get("/livez").json() == {"status": "alive"}
    assert server.get("/readyz").json() == {"status": "ready", "generation": generation}


def test_until_the_index_is_open_the_service_is_alive_but_not_ready(settings: Settings) -> None:
    release = Event()
    outcomes: list[Exception | None] = []

    def opening() -> Collection:
        release.wait()
        return Collection.open(settings)

    with TestClient(create_app(opening, outcomes.append)) as client:
        for reply in (client.get("/readyz"), client.post("/v1/ask", json={"question": "Who?"})):
            assert reply.status_code == 503
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert reply.headers["Retry-After"] == "1"
            assert reply.json()["type"] == "urn:rag:NotReady"
        assert client.get("/livez").status_code == 200
        assert outcomes == []
        release.set()
        wait_until(lambda: client.get("/readyz").status_code == 200)
        wait_until(lambda: outcomes == [None])
        assert client.post("/v1/ask", json={"question": PRESS}).status_code == 200


def test_a_missing_index_is_said_to_every_request(tmp_path: Path) -> None:
    outcomes: list[Exception | None] = []
    settings = Settings(index=tmp_path)
    with TestClient(create_app(lambda: Collection.open(settings), outcomes.append)) as client:
        wait_until(lambda: len(outcomes) == 1)
        assert isinstance(outcomes[0], IndexMissing)
        for path in ("/readyz", "/v1/documents", "/"):
            reply = client.get(path)
            assert reply.status_code == 503
            problem = reply.json()
            assert problem["type"] == "urn:rag:IndexMissing"
            assert "'rag index PATH…'" in problem["detail"]
        assert client.get("/livez").status_code == 200


def test_an_unforeseen_failure_to_open_is_not_waited_for(engine: Engine) -> None:
    outcomes: list[Exception | None] = []

    def opening() -> Collection:
        raise OSError("no space left")

    app = create_app(opening, outcomes.append)
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until(lambda: len(outcomes) == 1)
        reply = client.get("/readyz")
        assert reply.status_code == 500
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert "no space left" not in reply.text
    assert isinstance(outcomes[0], OSError)
    assert engine.index.passages  # what else is open is none the worse


def test_the_api_description_names_every_route_and_its_problems(server: httpx.Client) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    for path in ("/v1/ask", "/v1/search"):
        responses = paths[path]["post"]["responses"]
        assert {"200", "422", "503"} <= responses.keys()
        assert "application/problem+json" in responses["422"]["content"]
    assert {"/v1/documents", "/v1/documents/{document_id}", "/livez", "/readyz"} <= paths.keys()
