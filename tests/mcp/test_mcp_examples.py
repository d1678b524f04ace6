"""The configuration files for clients: they are as documented, and what they name works."""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from rag.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "mcp").glob("*.json"))


def entries(file: Path) -> Mapping[str, Any]:
    """Return the servers in a configuration file."""
    content = json.loads(file.read_text(encoding="utf-8"))
    (servers,) = content.values()
    assert content.keys() <= {"mcpServers", "servers"}
    return dict(servers)


STARTED, REACHED = (
    [
        pytest.param(entry, id=file.name)
        for file in EXAMPLES
        for entry in entries(file).values()
        if key in entry
    ]
    for key in ("command", "url")
)


def test_the_documentation_shows_the_examples_as_they_are() -> None:
    shown = re.findall(r"```json\n(.*?)```", (ROOT / "docs/mcp.md").read_text("utf-8"), re.DOTALL)
    assert sorted(shown) == sorted(file.read_text(encoding="utf-8") for file in EXAMPLES)
    assert len(STARTED) == 2
    assert len(REACHED) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("entry", STARTED)
async def test_what_a_client_is_told_to_start_serves(
    entry: Mapping[str, Any], environment: Mapping[str, str], settings: Settings
) -> None:
    assert entry.keys() <= {"type", "command", "args"}
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert Path(entry["command"]).name in scripts  # it is ``python -m rag`` by another name
    folder = str(Path(entry["command"]).parents[2])
    arguments = [each.replace(f"{folder}/index", str(settings.index)) for each in entry["args"]]
    assert str(settings.index) in arguments
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "rag", *arguments],
        env={name: each for name, each in environment.items() if name != "RAG_INDEX"},
    )
    async with Client(stdio_client(started)) as client:
        result = await client.call_tool("search", {"question": "summit", "top_k": 1})
        assert len(result.structured_content["passages"]) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("entry", REACHED)
async def test_the_address_that_a_client_is_told_is_served(
    entry: Mapping[str, Any], server: httpx.Client
) -> None:
    assert entry.keys() == {"type", "url"}
    default = f"http://{Settings().host}:{Settings().port}"
    assert entry["url"].startswith(f"{default}/")
    async with Client(entry["url"].replace(default, f"{server.base_url}".rstrip("/"))) as client:
        assert len((await client.list_tools()).tools) == 3
