"""The endpoint over HTTP: who may use it, what it says when it cannot serve, named collections."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import ResourceLink, TextResourceContents
from starlette.testclient import TestClient

from rag.collection import Collection
from rag.documents import parse
from rag.library import Library
from rag.server.app import create_app
from rag.settings import Settings

ACCEPT = {"Accept": "application/json, text/event-stream"}
ASK = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "ask", "arguments": {"question": "Since when is there a dialogue?"}},
}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
GREET = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def post(client: httpx.Client | TestClient, body: Any = LIST, **headers: str) -> Any:
    return client.post("/mcp", json=body, headers={**ACCEPT, **headers})


# Who may use it


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://evil.example:8000",
        "https://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "http://localhost.evil.example:8000",
        "null",
        "http://[bad",
        "",
        "localhost",
    ],
)
def test_web_pages_of_others_are_refused(origin: str, server: httpx.Client) -> None:
    for body in (LIST, GREET, ASK):
        reply = post(server, body, Origin=origin)
        assert reply.status_code == 403
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json()["title"] == "Forbidden"
        assert repr(origin) in reply.json()["detail"]


def test_a_page_whose_name_was_made_to_point_here_is_refused(server: httpx.Client) -> None:
    rebound = f"rebound.example:{server.base_url.port}"
    assert post(server, Host=rebound, Origin=f"http://{rebound}").status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:6274", "http://127.0.0.1", "https://[::1]:9"])
def test_web_pages_of_this_machine_are_served(origin: str, server: httpx.Client) -> None:
    assert len(post(server, Origin=origin).json()["result"]["tools"]) == 3


def test_any_name_and_proxy_will_do(server: httpx.Client) -> None:
    for host in ("rag.example.com", "192.0.2.7:8000", "rag"):
        reply = post(server, Host=host, **{"X-Forwarded-Host": "other.example"})
        assert len(reply.json()["result"]["tools"]) == 3


# What is sent and how


def test_no_session_is_begun(server: httpx.Client) -> None:
    greeted = post(server, GREET)
    assert greeted.headers["Content-Type"] == "application/json"
    assert "Mcp-Session-Id" not in greeted.headers
    assert greeted.json()["result"]["protocolVersion"] == "2025-06-18"
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert post(server, initialized).status_code == 202
    with httpx.Client(base_url=server.base_url, timeout=60) as other:
        answer = post(other, ASK).json()["result"]["structuredContent"]
    assert answer["abstained"] is False


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_it_takes_posts_alone(method: str, server: httpx.Client) -> None:
    with server.stream(method, "/mcp") as reply:  # not read: a stream for events would not end
        assert (reply.status_code, reply.headers.get("Allow")) == (405, "POST")
        assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_message_is_a_fault_of_the_client(body: bytes, server: httpx.Client) -> None:
    for version in ("2025-06-18", "2026-07-28"):
        headers = {
            **ACCEPT,
            "Content-Type": "application/json",
            "MCP-Protocol-Version": version,
        }
        reply = server.post("/mcp", content=body, headers=headers)
        assert reply.status_code == 400
        assert "Traceback" not in reply.text


def test_a_long_body_is_refused(server: httpx.Client) -> None:
    asked = {**ASK, "params": {"name": "ask", "arguments": {"question": "x" * 300_000}}}
    assert post(server, asked).status_code == 413


# When it cannot serve


def test_until_the_index_is_open_it_says_so(settings: Settings) -> None:
    release = Event()

    def opening() -> Collection:
        release.wait()
        return Collection.open(settings)

    with TestClient(create_app(opening)) as client:
        assert post(client, GREET).json()["result"]["serverInfo"]["name"] == "rag"
        assert len(post(client).json()["result"]["tools"]) == 3
        result = post(client, ASK).json()["result"]
        assert result["isError"] is True
        assert "loading: try again" in result["content"][0]["text"]
        listed = {"jsonrpc": "2.0", "id": 1, "method": "resources/list"}
        assert "loading: try again" in post(client, listed).json()["error"]["message"]
        release.set()
        while client.get("/readyz").status_code != 200:
            pass
        assert post(client, ASK).json()["result"]["isError"] is False


def test_without_its_library_it_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with TestClient(create_app(lambda: Collection.open(settings))) as client:
        reply = post(client, GREET)
    assert (reply.status_code, reply.json()["type"]) == (501, "urn:rag:MissingExtra")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert "pip install 'rag[mcp]'" in reply.json()["detail"]


# Named collections

FOUND = {"west": ("Gold was found in 1848.", "1848"), "south": ("Gold was found in 1851.", "1851")}


@pytest.fixture(scope="module")
def shelves(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index with two named collections, and an empty default one."""
    folder = tmp_path_factory.mktemp("shelves") / "index"
    library = Library(Collection.open(settings).over(folder, anew=True))
    for name, (text, _) in FOUND.items():
        library.create(name).add([parse("gold.txt", text, "text/plain")])
    return folder


@pytest.fixture(scope="module")
def shelf_server(
    shelves: Path, settings: Settings, environment: Mapping[str, str]
) -> Iterator[str]:
    """Serve the collections in a process of its own; yield its address."""
    places = ["--index", str(shelves), "--models", str(settings.models_folder)]
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", *places]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if "://" in word)
        process.terminate()
        process.stdout.close()


async def check_collection(client: Client, name: str | None) -> None:
    """Ask a collection when gold was found, and read what it cites."""
    result = await client.call_tool(
        "ask", {"question": "When was gold found?", "min_confidence": 0}
    )
    if name is None:
        assert result.structured_content["reason"] == "empty_collection"
        assert (await client.list_resources()).resources == []
        return
    text, year = FOUND[name]
    assert result.structured_content["answer"] == year
    (citation,) = result.structured_content["citations"]
    assert citation["href"].startswith(f"/collections/{name}/documents/gold.txt?")
    (link,) = [each for each in result.content if isinstance(each, ResourceLink)]
    assert link.uri == f"rag:///collections/{name}/documents/gold.txt"
    (listed,) = (await client.list_resources()).resources
    assert listed.uri == link.uri
    (contents,) = (await client.read_resource(link.uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.text == text


@pytest.mark.anyio
@pytest.mark.parametrize("name", [None, "west", "south"])
async def test_each_collection_is_a_server_of_its_own(name: str | None, shelf_server: str) -> None:
    path = f"/collections/{name}/mcp" if name else "/mcp"
    async with Client(f"{shelf_server}{path}") as client:
        await check_collection(client, name)


@pytest.mark.anyio
async def test_stdio_serves_a_named_collection(
    shelves: Path, settings: Settings, environment: Mapping[str, str]
) -> None:
    places = ["--index", str(shelves), "--models", str(settings.models_folder)]
    for name in ("south", "nope"):
        command = ["-m", "rag", "mcp", "--collection", name, *places]
        started = StdioServerParameters(command=sys.executable, args=command, env=dict(environment))
        async with Client(stdio_client(started)) as client:
            if name in FOUND:
                await check_collection(client, name)
            else:
                result = await client.call_tool("ask", {"question": "When?"})
                assert result.is_error
                assert "There is no collection 'nope'" in str(result.content)


@pytest.mark.anyio
async def test_a_collection_that_is_not_there_is_told(shelf_server: str) -> None:
    async with Client(f"{shelf_server}/collections/nope/mcp") as client:
        result = await client.call_tool("ask", {"question": "When?"})
        assert result.is_error
        assert "There is no collection 'nope'" in str(result.content)


def test_what_is_asked_is_counted_by_its_route(shelf_server: str) -> None:
    for path in ("/mcp", "/collections/south/mcp"):
        httpx.post(f"{shelf_server}{path}", json=LIST, headers=ACCEPT, timeout=60)
    told = httpx.get(f"{shelf_server}/metrics").text
    for route in ("/mcp", "/collections/{collection}/mcp"):
        assert f'rag_http_requests_total{{method="POST",route="{route}",status="200"}}' in told
