"""OpenAI's ``/v1/responses``: a reply whole, or as a stream of numbered events."""

from collections.abc import Iterator
from itertools import count
from time import time
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request

from rag.server.chat.replying import Reply, reply
from rag.server.faults import Fault
from rag.server.problems import openai_error
from rag.server.streaming import EventStream, event, stream, streamed
from rag.wire.responses import (
    ModelResponse,
    OutputMessage,
    OutputText,
    ResponseEvent,
    ResponsesRequest,
    ResponseUsage,
    TextAnnotation,
)

responses = APIRouter(tags=["OpenAI"])


@responses.post(
    "/v1/responses",
    summary="Answer the last message of an input",
    response_model=ModelResponse,
    responses=streamed("The response; with `stream`, events as Server-Sent Events."),
)
async def respond(body: ResponsesRequest, request: Request) -> ModelResponse | EventStream:
    """Answer as OpenAI's responses do; nothing is stored. See docs/api.md for what is refused."""
    asking = await reply(request, body.model, body.said())
    telling = _Telling(body)
    if body.stream:
        return EventStream(stream(telling.opening(), asking, telling.frames, telling.failed))
    return telling.whole(await asking.result())


class _Telling:
    """A reply as responses tell it, under one id."""

    def __init__(self, body: ResponsesRequest) -> None:
        self._id = f"resp_{uuid4().hex}"
        self._message = f"msg_{uuid4().hex}"
        self._created = int(time())
        self._body = body
        self._numbers = count()

    def whole(self, told: Reply) -> ModelResponse:
        """Return the reply at once."""
        return ModelResponse(
            **self._head(),
            status="completed",
            output=[self._completed(told)],
            usage=ResponseUsage(
                input_tokens=told.prompt_tokens,
                output_tokens=told.completion_tokens,
                total_tokens=told.prompt_tokens + told.completion_tokens,
            ),
            rag=told.rag,
        )

    def opening(self) -> Iterator[bytes]:
        """Yield what comes before the answer."""
        begun = ModelResponse(**self._head(), status="in_progress", output=[])
        yield self._event("response.created", response=begun)
        yield self._event("response.in_progress", response=begun)
        item = OutputMessage(id=self._message, status="in_progress", content=[])
        yield self._event("response.output_item.added", output_index=0, item=item)
        yield self._in_part("content_part.added", part=OutputText(text="", annotations=[]))

    def frames(self, told: Reply) -> Iterator[bytes]:
        """Yield the answer, its sources, its annotations, and all of it again, level by level."""
        for delta in filter(None, (told.prose.lead, told.prose.rest)):
            yield self._in_part("output_text.delta", delta=delta, logprobs=[])
        (part,) = self._completed(told).content
        for number, each in enumerate(part.annotations):
            added = {"annotation_index": number, "annotation": each}
            yield self._in_part("output_text.annotation.added", **added)
        yield self._in_part("output_text.done", text=part.text, logprobs=[])
        yield self._in_part("content_part.done", part=part)
        item = self._completed(told)
        yield self._event("response.output_item.done", output_index=0, item=item)
        yield self._event("response.completed", response=self.whole(told))

    def failed(self, fault: Fault) -> Iterator[bytes]:
        """Yield what ends the stream where there is no answer."""
        error = openai_error(fault)
        yield self._event("error", code=error.code, message=error.message, param=error.param)

    def _completed(self, told: Reply) -> OutputMessage:
        annotations = [
            TextAnnotation(
                start_index=link.start, end_index=link.end, title=link.title, url=link.url
            )
            for link in told.prose.links
        ]
        part = OutputText(text=told.prose.text, annotations=annotations)
        return OutputMessage(id=self._message, status="completed", content=[part])

    def _head(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "created_at": self._created,
            "model": self._body.model,
            "instructions": self._body.instructions,
        }

    def _in_part(self, name: str, **members: Any) -> bytes:
        place = {"item_id": self._message, "output_index": 0, "content_index": 0}
        return self._event(f"response.{name}", **place, **members)

    def _event(self, name: str, **members: Any) -> bytes:
        numbered = ResponseEvent(type=name, sequence_number=next(self._numbers), **members)
        return event(numbered, name)
