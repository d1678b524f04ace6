"""MCP over HTTP: one endpoint for each collection, without sessions.

A session would tie a client to one worker process, and needs none here: nothing is kept between
requests, and the server never asks the client. So each request is answered by itself, in JSON.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rag.errors import RagError
from rag.mcp import require
from rag.server.admission import admission
from rag.server.faults import Fault
from rag.server.problems import refusal
from rag.server.service import place

if TYPE_CHECKING:  # it needs the extra "mcp", and is imported when the first client comes
    from mcp.server.lowlevel import Server

    from rag.mcp.source import Source

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Endpoint:
    """ASGI application: answers one request of the protocol."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with a problem document.

        Raises:
            MissingExtra: the library that speaks the protocol is not installed.
        """
        within = "/collections/{collection}" if "collection" in scope["path_params"] else ""
        scope["route"] = Route(f"{within}/mcp", self)  # by which it is counted, as FastAPI's are
        fault = _fault(Headers(scope=scope).get("Origin"))
        if fault:
            await refusal(fault, scope["path"])(scope, receive, send)
            return
        require()
        server = await run_in_threadpool(_server)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(server, stateless=True, json_response=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


mcp = APIRouter(routes=[Route("/mcp", Endpoint(), methods=["POST"])])


def _fault(origin: str | None) -> Fault | None:
    """Return why a request is not to be answered, if it is not.

    Only browsers send the header Origin, and with every POST. A web page whose name was rebound to
    this machine is told from others by it (MCP, Streamable HTTP, Security Warning); what Host says
    need not be known, so any name and any proxy will do.
    """
    if origin is not None and not _is_local(origin):
        detail = f"Web pages of {origin!r} may not use MCP here: only those of this machine may."
        return Fault(HTTPStatus.FORBIDDEN, detail)
    return None


def _is_local(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in _LOOPBACK
    except ValueError:
        return False


@cache
def _server() -> "Server[dict[str, Any]]":
    from rag.mcp.server import serving

    return serving(_source, _turn)


def _source(request: Request) -> "Source":
    from rag.mcp.source import Source

    name = request.path_params.get("collection")
    return Source(place(request, name).engine, name)


@asynccontextmanager
async def _turn(request: Request) -> AsyncIterator[None]:
    try:
        async with admission(request).turn(request):
            yield
    except ClientDisconnect as left:
        raise RagError("The client left before its turn came.") from left
