"""Faults -> responses: RFC 9457 problem documents, on OpenAI's routes its error objects."""

import re
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match

from rag import errors
from rag.server.faults import Fault, pointer
from rag.wire.said import ErrorBody, OpenAIError

MEDIA_TYPE = "application/problem+json"

_CLIENT_LEFT = 499
"""What web servers log for a request whose client did not wait for the answer."""
_OPENAI = re.compile(r"(?:/collections/[^/]+)?/v1/(?:chat/completions|responses|models)(?:/.*)?")
_METHODS = ("DELETE", "GET", "POST", "PUT")
_CODES = {
    errors.NoSuchModel.__name__: "model_not_found",
    errors.Unsupported.__name__: "unsupported_value",
}


def install(app: FastAPI) -> None:
    """Make every error of ``app`` answer in the shape that the clients of its route know."""
    app.add_exception_handler(errors.RagError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(ClientDisconnect, _unheard)
    app.add_exception_handler(Exception, _told)


def refusal(fault: Fault, path: str) -> JSONResponse:
    """Return a fault in the shape that the clients of a path know."""
    headers = {**fault.headers, **_when_to_come_back(fault.status)}
    if _OPENAI.fullmatch(path):
        # OpenAI has no status 422: what is wrong in a body is a bad request.
        is_wrong = fault.status is HTTPStatus.UNPROCESSABLE_ENTITY
        status = HTTPStatus.BAD_REQUEST if is_wrong else fault.status
        body = OpenAIError(error=openai_error(fault))
        return JSONResponse(body.model_dump(), int(status), headers)
    return JSONResponse(problem_body(fault), int(fault.status), headers, MEDIA_TYPE)


def problem_body(fault: Fault) -> dict[str, Any]:
    """Return a fault as a problem document (RFC 9457)."""
    wrong = [{"pointer": pointer(each.place), "detail": each.detail} for each in fault.wrong]
    return {
        "type": f"urn:rag:{fault.kind}" if fault.kind else "about:blank",
        "title": fault.status.phrase,
        "status": int(fault.status),
        "detail": fault.detail,
        **({"errors": wrong} if wrong else {}),
    }


def openai_error(fault: Fault) -> ErrorBody:
    """Return a fault as OpenAI's error object."""
    is_ours = fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return ErrorBody(
        message=fault.detail,
        type="server_error" if is_ours else "invalid_request_error",
        param=_parameter(fault.wrong[0].place) if fault.wrong else None,
        code=_CODES.get(fault.kind or ""),
    )


def _parameter(place: Sequence[str | int]) -> str | None:
    """Return a place in the body as OpenAI writes it: ``messages[0].content``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".") or None


def _when_to_come_back(status: HTTPStatus) -> dict[str, str]:
    return {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}


async def _told(request: Request, error: Exception) -> JSONResponse:
    fault = Fault.of(error)
    if fault.status is HTTPStatus.METHOD_NOT_ALLOWED:
        fault = replace(fault, headers={"Allow": ", ".join(_methods(request))})
    return refusal(fault, request.url.path)


def _methods(request: Request) -> list[str]:
    """Return the methods of a path: the framework names those of its first route alone."""
    routes = request.app.routes
    asked = {each: {**request.scope, "method": each} for each in _METHODS}
    taken = {
        method
        for method, scope in asked.items()
        if any(route.matches(scope)[0] == Match.FULL for route in routes)
    }
    return sorted(taken | ({"HEAD"} if "GET" in taken else set()))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker
    fault = Fault.invalid(error, request.headers.get("Content-Type", ""))
    return refusal(fault, request.url.path)


async def _unheard(_: Request, __: Exception) -> Response:
    return Response(status_code=_CLIENT_LEFT)
