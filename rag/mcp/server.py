"""The MCP server: requests of the protocol -> tools and resources, off the event loop.

It keeps nothing between requests, and is the same over every transport. The protocol:
https://modelcontextprotocol.io/specification
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

from anyio import to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from rag import __version__
from rag.errors import InvalidInput, NotFound, RagError
from rag.mcp import resources, tools
from rag.mcp.source import Source

R = TypeVar("R")

Turn = Callable[[Any], AbstractAsyncContextManager[None]]

_Context = ServerRequestContext[dict[str, Any], Any]
_INSTRUCTIONS = """\
The user's own documents, to be asked and read. Nothing here is generated: an answer of `ask` is a \
verbatim quote with exact offsets (code points, 0-based, end exclusive) into the text that \
`get_document` and the resources give, or an abstention with its reason. Prefer `ask` for facts, \
`search` for topics; name the source of what you quote."""

_log = logging.getLogger(__name__)


def serving(
    find: Callable[[Any], Source], turn: Turn = lambda _: nullcontext()
) -> Server[dict[str, Any]]:
    """Return the server of a collection.

    ``find`` is given the HTTP request (none on stdio) and gives what it is put to; it is called in
    a thread and may raise what ``RagError`` it will. ``turn`` is given the same, and is what a
    tool is called within.
    """

    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=list(tools.listed()))

    async def call_tool(context: _Context, asked: CallToolRequestParams) -> CallToolResult:
        arguments = asked.arguments or {}
        return await _off_loop(
            lambda: tools.call(asked.name, arguments, lambda: find(context.request)),
            turn(context.request),
        )

    async def list_resources(
        context: _Context, asked: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        cursor = asked.cursor if asked else None
        return await _off_loop(lambda: resources.listed(find(context.request), cursor))

    async def list_templates(
        context: _Context, _: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return await _off_loop(lambda: resources.templates(find(context.request).base))

    async def read_resource(
        context: _Context, asked: ReadResourceRequestParams
    ) -> ReadResourceResult:
        return await _off_loop(lambda: resources.read(find(context.request), asked.uri))

    return Server(
        "rag",
        version=__version__,
        title="rag",
        description="Cited, extractive answers from your own documents.",
        instructions=_INSTRUCTIONS,
        get_tool_input_schema=lambda _: None,  # else all tools are listed anew before each call
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


async def _off_loop(
    work: Callable[[], R], turn: AbstractAsyncContextManager[None] | None = None
) -> R:
    """Do work in a thread, so that other requests go on, and say its errors as the protocol does.

    Where it has to wait for its ``turn``, it does so first.

    Raises:
        MCPError: the work raised an error.
    """
    try:
        async with turn or nullcontext():
            return await to_thread.run_sync(work)
    except MCPError:
        raise
    except RagError as error:
        is_callers = isinstance(error, InvalidInput | NotFound)
        code = INVALID_PARAMS if is_callers else INTERNAL_ERROR
        raise MCPError(code, str(error), {"type": f"urn:rag:{type(error).__name__}"}) from error
    except Exception as error:
        _log.exception("An unforeseen error")
        detail = "An unforeseen error, which the server has logged: report it with what you sent."
        raise MCPError(INTERNAL_ERROR, detail) from error
