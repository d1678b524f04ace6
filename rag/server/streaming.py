"""Answers as Server-Sent Events: framed, kept alive while reading, marked where they fail."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import StreamingResponse

from rag.server.asking import Asking
from rag.server.faults import Fault

T = TypeVar("T")

HEARTBEAT = 10.0
"""Seconds of silence after which a comment is sent, lest something between gives up on us."""

_log = logging.getLogger(__name__)


class EventStream(StreamingResponse):
    """A response of Server-Sent Events, which nothing between may hold back or keep."""

    media_type = "text/event-stream"

    def __init__(
        self, events: AsyncIterator[bytes], headers: Mapping[str, str] | None = None
    ) -> None:
        unheld = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers={**unheld, **(headers or {})})


def streamed(description: str) -> dict[int | str, dict[str, Any]]:
    """Return what the API's description says of a route that may answer with a stream."""
    content = {EventStream.media_type: {"schema": {"type": "string"}}}
    return {200: {"description": description, "content": content}}


def event(data: BaseModel | Mapping[str, Any] | str, name: str | None = None) -> bytes:
    """Frame an event: its data is JSON, which has no line breaks, or a text without any."""
    if isinstance(data, BaseModel):
        data = data.model_dump_json()
    elif not isinstance(data, str):
        data = json.dumps(data, ensure_ascii=False)
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data}\n\n".encode()


async def stream(
    opening: Iterable[bytes],
    asking: Asking[T],
    frames: Callable[[T], Iterable[bytes]],
    failure: Callable[[Fault], Iterable[bytes]],
) -> AsyncIterator[bytes]:
    """Yield what can be told before reading, then the answer, or what became of it.

    Whoever stops listening ends the work with it.
    """
    try:
        for frame in opening:
            yield frame
        while not await asking.wait(HEARTBEAT):
            yield b": reading\n\n"
        for frame in frames(await asking.result()):
            yield frame
    except Exception as error:
        fault = Fault.of(error)
        _log.exception("A stream ended early: %s", fault.detail)
        for frame in failure(fault):
            yield frame
    finally:
        asking.give_up()
