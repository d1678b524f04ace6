"""OpenAI's ``/v1/chat/completions``: a reply whole, or as a stream of chunks."""

from collections.abc import Iterator
from time import time
from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request

from rag.server.chat.replying import Reply, reply
from rag.server.faults import Fault
from rag.server.problems import openai_error
from rag.server.streaming import EventStream, event, stream, streamed
from rag.wire.completions import (
    AnswerMessage,
    ChatAnnotation,
    ChatRequest,
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    Delta,
    Source,
    SourceMetadata,
    SourceName,
    UrlCitation,
    Usage,
)
from rag.wire.said import OpenAIError

completions = APIRouter(tags=["OpenAI"])

_END = event("[DONE]")


@completions.post(
    "/v1/chat/completions",
    summary="Answer the last message of a conversation",
    response_model=Completion,
    responses=streamed("The completion; with `stream`, chunks as Server-Sent Events."),
)
async def complete(body: ChatRequest, request: Request) -> Completion | EventStream:
    """Answer as OpenAI's chat completions do; see docs/api.md for what is ignored and refused."""
    asking = await reply(request, body.model, body.said())
    telling = _Telling(body)
    if body.stream:
        return EventStream(stream(telling.opening(), asking, telling.frames, _failed))
    return telling.whole(await asking.result())


class _Telling:
    """A reply as chat completions tell it, under one id."""

    def __init__(self, body: ChatRequest) -> None:
        self._id = f"chatcmpl-{uuid4().hex}"
        self._created = int(time())
        self._model = body.model
        self._counted = bool(body.stream_options and body.stream_options.include_usage)

    def whole(self, told: Reply) -> Completion:
        """Return the reply at once."""
        message = AnswerMessage(content=told.prose.text, annotations=_annotations(told))
        return Completion(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=[Choice(message=message)],
            usage=_usage(told),
            sources=_sources(told),
            rag=told.rag,
        )

    def opening(self) -> Iterator[bytes]:
        """Yield what comes before the answer."""
        yield self._chunk(Delta(role="assistant", content=""))

    def frames(self, told: Reply) -> Iterator[bytes]:
        """Yield the answer, its sources, its annotations, and the end."""
        yield self._chunk(Delta(content=told.prose.lead))
        if told.prose.rest:
            yield self._chunk(Delta(content=told.prose.rest))
        if annotations := _annotations(told):
            yield self._chunk(Delta(annotations=annotations))
        yield self._chunk(Delta(), "stop", sources=_sources(told), rag=told.rag)
        if self._counted:
            yield event(self._head(choices=[], usage=_usage(told)))
        yield _END

    def _chunk(self, delta: Delta, finish: Literal["stop"] | None = None, **more: Any) -> bytes:
        choice = ChunkChoice(delta=delta, finish_reason=finish)
        uncounted = {"usage": None} if self._counted else {}
        return event(self._head(choices=[choice], **uncounted, **more))

    def _head(self, **members: Any) -> Chunk:
        return Chunk(
            id=self._id,
            object="chat.completion.chunk",
            created=self._created,
            model=self._model,
            **members,
        )


def _annotations(told: Reply) -> list[ChatAnnotation]:
    """Return the links that prove the answer; those of an abstention prove nothing."""
    return [
        ChatAnnotation(
            url_citation=UrlCitation(
                start_index=link.start, end_index=link.end, title=link.title, url=link.url
            )
        )
        for link in told.prose.links
    ]


def _sources(told: Reply) -> list[Source]:
    """Return the citations as Open WebUI shows them: a name to click, and what stands there."""
    citations = told.rag.citations if told.rag else []
    return [
        Source(
            source=SourceName(name=link.title, url=link.url),
            document=[citation.sentence.text],
            metadata=[
                SourceMetadata(
                    source=link.url,
                    source_url=link.url,
                    name=link.title,
                    document_id=citation.document_id,
                    start=citation.start,
                    end=citation.end,
                )
            ],
        )
        for citation, link in zip(citations, told.prose.links, strict=True)
    ]


def _usage(told: Reply) -> Usage:
    return Usage(
        prompt_tokens=told.prompt_tokens,
        completion_tokens=told.completion_tokens,
        total_tokens=told.prompt_tokens + told.completion_tokens,
    )


def _failed(fault: Fault) -> Iterator[bytes]:
    yield event(OpenAIError(error=openai_error(fault)))
