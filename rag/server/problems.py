"""Errors -> RFC 9457 problem documents: the one place where HTTP learns of the error tree."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rag import errors

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[errors.RagError], HTTPStatus] = {
    errors.CollectionExists: HTTPStatus.CONFLICT,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.IndexUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HINTS = {
    HTTPStatus.BAD_REQUEST: "The body is not valid JSON: send one JSON object.",
    HTTPStatus.NOT_FOUND: "Nothing is served at this path: /docs lists the routes.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path takes other methods: the header Allow names them.",
}
"""What to do about errors that the framework finds before any code of ours runs."""


def problem(
    status: HTTPStatus, detail: str, *, kind: str = "about:blank", **more: Any
) -> JSONResponse:
    """Return a problem document; ``more`` are extension members."""
    body = {"type": kind, "title": status.phrase, "status": int(status), "detail": detail, **more}
    headers = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, int(status), headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` answer with a problem document."""
    app.add_exception_handler(errors.RagError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    kinds = (kind for kind in _STATUS if isinstance(error, kind))
    status = _STATUS.get(next(kinds, errors.RagError), HTTPStatus.INTERNAL_SERVER_ERROR)
    return problem(status, str(error), kind=f"urn:rag:{type(error).__name__}")


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return problem(HTTPStatus.BAD_REQUEST, _HINTS[HTTPStatus.BAD_REQUEST])
    if error.body and not _is_json(request):
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        return problem(
            status, "The body is not said to be JSON: send Content-Type: application/json."
        )
    faults = [{"pointer": _pointer(each["loc"]), "detail": each["msg"]} for each in error.errors()]
    place = faults[0]["pointer"].removeprefix("#").removeprefix("/") or "The body"
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{place}: {faults[0]['detail']}.",
        kind="urn:rag:InvalidInput",
        errors=faults,
    )


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _pointer(place: Sequence[int | str]) -> str:
    """Return a JSON Pointer (RFC 6901), as a URI fragment, to a place in the body."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place[1:])
    return "/".join(["#", *parts])


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # for the type checker
    status = HTTPStatus(error.status_code)
    response = problem(status, _HINTS.get(status, str(error.detail)))
    response.headers.update(error.headers or {})
    return response


async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "An unforeseen error, which the server has logged: report it with what you sent.",
    )
