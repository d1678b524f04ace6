"""The Vercel AI SDK's UI message stream, which its ``useChat`` speaks."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request

from rag.answering import utf16_length
from rag.server.chat.replying import DEFAULT, Reply, reply
from rag.server.faults import Fault
from rag.server.streaming import EventStream, event, stream, streamed
from rag.wire import AskResponse
from rag.wire.ui import UIChatRequest, UIChunk, UICitation, UIMetadata, UIPassage, UISource

ui = APIRouter(tags=["Vercel AI SDK"])

_VERSION = {"x-vercel-ai-ui-message-stream": "v1"}
_TEXT = "answer"
"""The id of the one text of a message."""
_END = event("[DONE]")


@ui.post(
    "/v1/ui/chat",
    summary="Answer the last message of a conversation of useChat",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    responses=streamed("A UI message stream, version 1, as Server-Sent Events."),
)
async def chat(body: UIChatRequest, request: Request) -> EventStream:
    """Answer as a UI message stream: the text, its sources, and the citations with offsets."""
    asking = await reply(request, DEFAULT, body.said())
    return EventStream(stream(_opening(), asking, _frames, _failed), _VERSION)


def _opening() -> Iterator[bytes]:
    yield _chunk("start", message_id=f"msg-{uuid4().hex}")


def _frames(told: Reply) -> Iterator[bytes]:
    """Yield the text, where it comes from, and what is told of the whole message.

    Sources are parts of their own, so the text does not list them.
    """
    yield _chunk("text-start", id=_TEXT)
    yield _chunk("text-delta", id=_TEXT, delta=told.prose.lead)
    yield _chunk("text-end", id=_TEXT, citations=_citations(told))
    for link in told.prose.links:
        yield _chunk("source-url", source_id=link.url, url=link.url, title=link.title)
    yield from _documents(told)
    if told.rag is None:
        yield _chunk("finish", finish_reason="stop")
    else:
        near = [UIPassage(title=e.title, url=e.url, text=e.said) for e in told.prose.near]
        yield _chunk("data-citations", data=told.rag.citations)
        yield _chunk("data-passages", data=near)
        yield _chunk("finish", finish_reason="stop", message_metadata=_metadata(told.rag))
    yield _END


def _citations(told: Reply) -> list[UICitation]:
    """Return what proves each stretch of the text, as the SDK's own citations."""
    citations = told.rag.citations if told.rag else []
    lead = told.prose.lead
    return [
        UICitation(
            source=UISource(id=link.url, url=link.url, title=link.title),
            start_index=utf16_length(lead[: citation.answer_start]),
            end_index=utf16_length(lead[: citation.answer_end]),
            cited_text=citation.sentence.text,
        )
        for citation, link in zip(citations, told.prose.links, strict=True)
    ]


def _documents(told: Reply) -> Iterator[bytes]:
    """Yield each document that is cited, once."""
    citations = told.rag.citations if told.rag else []
    for name in dict.fromkeys(each.document_id for each in citations):
        record = told.here.engine.record(name)
        yield _chunk(
            "source-document",
            source_id=name,
            media_type=record.media_type,
            title=record.title,
            filename=name,
        )


def _metadata(answer: AskResponse) -> UIMetadata:
    return UIMetadata(
        resolved_question=answer.resolved_question,
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
        index=answer.index,
    )


def _failed(fault: Fault) -> Iterator[bytes]:
    yield _chunk("error", error_text=fault.detail)
    yield _END


def _chunk(kind: str, **members: Any) -> bytes:
    return event(UIChunk(type=kind, **members))
