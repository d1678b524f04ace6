"""Scripts and styles: for the pages here, and for pages of other sites that embed the chat."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

_HEADERS = {
    # Modules are fetched with CORS; they hold nothing that a site may not read.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # One stale module among new ones would break the page: ask each time, by the ETag.
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
"""Set here, because what a machine holds for the type of a suffix differs between machines."""


class Assets(StaticFiles):
    """The files of the folder ``assets``, with an ETag each, for any site."""

    def __init__(self) -> None:
        super().__init__(directory=Path(__file__).parent / "assets")

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        """Return a file, or 304 to a client that holds it."""
        response = super().file_response(full_path, *args, **kwargs)
        response.headers.update(_HEADERS)
        if response.status_code == HTTPStatus.OK and (kind := _TYPES.get(Path(full_path).suffix)):
            response.headers["Content-Type"] = kind
        return response
