"""The tools: what they are called with, what they do, what they give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    ContentBlock,
    ResourceLink,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ValidationError

from rag import wire
from rag.errors import RagError
from rag.mcp import texts
from rag.mcp.arguments import DocumentArguments
from rag.mcp.resources import described
from rag.mcp.source import Source
from rag.mcp.stretch import Stretch, cut

_READING = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
"""All tools read one closed collection, and the same call gives the same again."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A tool: ``run`` takes the ``arguments`` and gives a result whose structure is ``result``."""

    title: str
    description: str
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[Any, Source], CallToolResult]


@cache
def listed() -> tuple[Tool, ...]:
    """Return the tools with the schemas of their arguments and results."""
    return tuple(
        Tool(
            name=name,
            title=kind.title,
            description=kind.description,
            input_schema=kind.arguments.model_json_schema(),
            output_schema=kind.result.model_json_schema(mode="serialization"),
            annotations=_READING,
        )
        for name, kind in _TOOLS.items()
    )


def call(name: str, arguments: Mapping[str, Any], find: Callable[[], Source]) -> CallToolResult:
    """Call a tool; what is wrong with its arguments, or keeps it from answering, is its result.

    ``find`` gives what the tool is put to.

    Raises:
        MCPError: there is no such tool.
    """
    if name not in _TOOLS:
        raise MCPError(INVALID_PARAMS, f"There is no tool {name!r}: known are {', '.join(_TOOLS)}.")
    kind = _TOOLS[name]
    try:
        given = kind.arguments.model_validate(arguments)
    except ValidationError as error:
        return _refused(_faults(error))
    try:
        return kind.run(given, find())
    except RagError as error:
        return _refused(str(error))


def _ask(given: wire.AskRequest, source: Source) -> CallToolResult:
    engine = source.engine
    answer = engine.ask(
        given.question,
        history=given.turns(),
        top_k=given.top_k,
        min_confidence=given.min_confidence,
        among=given.among(engine),
    )
    cited = dict.fromkeys(each.document_id for each in answer.citations)
    links = [ResourceLink(**described(source.record(each), source.base)) for each in cited]
    return _result(wire.AskResponse.of(answer, source.base), texts.answered(answer), *links)


def _search(given: wire.SearchRequest, source: Source) -> CallToolResult:
    engine = source.engine
    hits = engine.search(given.question, top_k=given.top_k, among=given.among(engine))
    body = wire.SearchResponse(
        question=given.question,
        passages=[wire.HitBody.of_hit(hit) for hit in hits],
        index=wire.IndexBody.of(engine.index.identity),
    )
    return _result(body, texts.found(hits))


def _get_document(given: DocumentArguments, source: Source) -> CallToolResult:
    stretch = cut(given, source)
    return _result(stretch, texts.headed(stretch), TextContent(text=stretch.text))


_TOOLS = {
    "ask": _Kind(
        "Ask the documents",
        "Answer a question from the user's own documents with a verbatim quote and the exact "
        "place it stands at, or abstain with a reason and the nearest passages. Ask one whole "
        "question at a time, in plain words. Give the quote and its source as they are; where "
        "there is no answer, say so, or read the nearest passages, rather than guess.",
        wire.AskRequest,
        wire.AskResponse,
        _ask,
    ),
    "search": _Kind(
        "Search the documents",
        "Find the passages of the user's own documents nearest to a question, best first: for "
        "topics, overviews and comparisons, where no single quote is the answer.",
        wire.SearchRequest,
        wire.SearchResponse,
        _search,
    ),
    "get_document": _Kind(
        "Get a document",
        "Read the text of one of the user's own documents, or a stretch of it, such as what "
        "surrounds a quote. A long text comes in several calls: next_start says where to go on.",
        DocumentArguments,
        Stretch,
        _get_document,
    ),
}


def _result(body: BaseModel, text: str, *more: ContentBlock) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(text=text), *more],
        structured_content=body.model_dump(mode="json"),
    )


def _refused(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


def _faults(error: ValidationError) -> str:
    """Say what is wrong with which argument, a line each."""
    return "\n".join(
        f"{'.'.join(map(str, each['loc'])) or 'The arguments'}: {each['msg']}."
        for each in error.errors()
    )
