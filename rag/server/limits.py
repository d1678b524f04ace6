"""Refuses request bodies that no route has a use for, before they fill the memory."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.faults import Fault
from rag.server.problems import refusal

MAX_BODY = 256 * 1024
"""Bytes that the body of a question may have."""

MAX_CONVERSATION = 1024 * 1024
"""Bytes that the body of a chat protocol may have: a client sends all that was said."""

MAX_UPLOAD = 64 * 1024 * 1024
"""Bytes that the body of an addition of documents may have."""

_LONGER = {
    "/v1/documents": MAX_UPLOAD,
    "/v1/chat/completions": MAX_CONVERSATION,
    "/v1/responses": MAX_CONVERSATION,
    "/v1/ui/chat": MAX_CONVERSATION,
}
_DRAINED = 16 * 1024 * 1024
"""Bytes beyond its limit that are read of a body and dropped, so that its sender reads why."""


class BodyLimit:
    """ASGI middleware: answers 413 where a body is, or grows, longer than its route takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body buffered, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        limit = next((_LONGER[each] for each in _LONGER if path.endswith(each)), MAX_BODY)
        messages: list[Message] = []
        received, more = 0, True
        while more and received <= limit + _DRAINED:
            message = await receive()
            received += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
            if received <= limit:
                messages.append(message)
        if received > limit:
            detail = f"The body is over {limit} bytes: send less at once."
            fault = Fault(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers={"Connection": "close"}
            )
            await refusal(fault, path)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)
