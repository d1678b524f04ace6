"""Errors -> faults: the one place where HTTP learns of the error tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from rag import errors

_STATUS: dict[type[errors.RagError], HTTPStatus] = {
    errors.CollectionExists: HTTPStatus.CONFLICT,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.IndexUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.MissingExtra: HTTPStatus.NOT_IMPLEMENTED,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HINTS = {
    HTTPStatus.BAD_REQUEST: "The body is not valid JSON: send one JSON object.",
    HTTPStatus.NOT_FOUND: "Nothing is served at this path: /docs lists the routes.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path takes other methods: the header Allow names them.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "The body is not said to be JSON: send Content-Type: application/json."
    ),
}
"""What to do about errors that the framework finds before any code of ours runs."""
_UNPARSED = "There was an error parsing the body"
"""What FastAPI says of a body that is not JSON; of a form Starlette says what is wrong."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a body, and where: names of members, indexes of items."""

    place: tuple[str | int, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request failed, before it is told in the shape that its client knows.

    ``kind`` is the class of the error, if it is one of ours.
    """

    status: HTTPStatus
    detail: str
    kind: str | None = None
    wrong: Sequence[Wrong] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: Exception) -> "Fault":
        """Return the fault that an error is; nothing is told of one that nobody foresaw."""
        if isinstance(error, errors.RagError):
            kinds = (kind for kind in _STATUS if isinstance(error, kind))
            status = _STATUS.get(next(kinds, errors.RagError), HTTPStatus.INTERNAL_SERVER_ERROR)
            place = error.place if isinstance(error, errors.Unsupported) else ()
            wrong = [Wrong(place, str(error))] if place else []
            return cls(status, str(error), type(error).__name__, wrong)
        if isinstance(error, HTTPException):
            status = HTTPStatus(error.status_code)
            detail = _HINTS.get(status, str(error.detail))
            if status is HTTPStatus.BAD_REQUEST and error.detail != _UNPARSED:
                detail = f"The form cannot be read: {error.detail}"
            return cls(status, detail, headers=error.headers or {})
        return cls(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "An unforeseen error, which the server has logged: report it with what you sent.",
        )

    @classmethod
    def invalid(cls, error: RequestValidationError, media_type: str) -> "Fault":
        """Return the fault of a request that does not fit its route; the body's type as sent."""
        if any(each["type"] == "json_invalid" for each in error.errors()):
            return cls(status := HTTPStatus.BAD_REQUEST, _HINTS[status])
        is_form = isinstance(error.body, FormData)  # it was sent to a route that takes forms
        if error.body and not is_form and not _is_json(media_type):
            return cls(status := HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _HINTS[status])
        wrong = [Wrong(tuple(each["loc"][1:]), each["msg"]) for each in error.errors()]
        place = pointer(wrong[0].place).removeprefix("#").removeprefix("/") or "The body"
        detail = f"{place}: {wrong[0].detail}."
        return cls(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors.InvalidInput.__name__, wrong)


def pointer(place: Sequence[str | int]) -> str:
    """Return a JSON Pointer (RFC 6901), as a URI fragment, to a place in the body."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "/".join(["#", *parts])


def _is_json(media_type: str) -> bool:
    named = media_type.partition(";")[0].strip().lower()
    return named == "application/json" or named.endswith("+json")
