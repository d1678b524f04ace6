"""Refuses what pages of other sites send behind their visitor's back.

Before most requests to another site a browser asks that site for leave (CORS), but not before those
that a form could send: any page could have added documents to the service of whoever looked at it
(cross-site request forgery). Browsers say where a request comes from by ``Sec-Fetch-Site`` (W3C,
Fetch Metadata Request Headers); programs do not send it, and no proxy changes it.
"""

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.server.faults import Fault
from rag.server.problems import refusal

_HARMLESS = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing; what they give, a page of another site cannot read."""


class OtherSites:
    """ASGI middleware: answers 403 where a page of another site sends something.

    Pages of ``allowed`` origins may, or all if ``*`` is among them.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = set(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or self._may(scope["method"], Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        detail = (
            "A page of another site may not send this: name its origin in the setting "
            "'cors_origins' if it should."
        )
        await refusal(Fault(HTTPStatus.FORBIDDEN, detail), scope["path"])(scope, receive, send)

    def _may(self, method: str, headers: Headers) -> bool:
        is_foreign = headers.get("Sec-Fetch-Site") == "cross-site"
        is_named = not self._allowed.isdisjoint({"*", headers.get("Origin")})
        return method in _HARMLESS or not is_foreign or is_named
