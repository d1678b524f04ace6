"""What tests of MCP share: the official client, connected to real processes in every way."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client

Started = Callable[..., StdioServerParameters]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone, which is what serves."""
    return "asyncio"


@pytest.fixture(scope="session")
def started(environment: Mapping[str, str]) -> Started:
    """Return what a client starts: ``rag mcp`` as a process, over the seeds if not told else."""

    def parameters(*arguments: str | Path, **variables: str) -> StdioServerParameters:
        command = ["-m", "rag", "mcp", *map(str, arguments)]
        return StdioServerParameters(
            command=sys.executable, args=command, env={**environment, **variables}
        )

    return parameters


@pytest.fixture(scope="session", params=["http", "http with a handshake", "stdio"])
async def client(
    request: pytest.FixtureRequest, server: httpx.Client, started: Started
) -> AsyncIterator[Client]:
    """Connect the official client to the seeds over each transport, and in both its eras."""
    transport = stdio_client(started()) if request.param == "stdio" else f"{server.base_url}/mcp"
    mode = "legacy" if "handshake" in request.param else "auto"
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Client(transport, mode=mode))
