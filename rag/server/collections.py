"""The routes that list, make and drop named collections."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from rag import wire
from rag.library import Library
from rag.server import problems
from rag.server.warmup import Warmup

collections = APIRouter(prefix="/v1/collections")

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "content": {problems.MEDIA_TYPE: {}}} for status in (404, 409)
}


def _library(request: Request) -> Library:
    warmup: Warmup = request.app.state.warmup
    return warmup.library


Shelf = Annotated[Library, Depends(_library)]


@collections.get("", summary="List the named collections")
def listed(library: Shelf) -> wire.CollectionList:
    """Return all named collections; the default one is what the routes at the root serve."""
    return wire.CollectionList(
        collections=[_body(library, name) for name in library.names()],
    )


@collections.put(
    "/{name}", summary="Make a collection", status_code=HTTPStatus.CREATED, responses=_PROBLEMS
)
def make(name: str, library: Shelf) -> wire.CollectionBody:
    """Make an empty collection, which serves all routes below ``/collections/{name}`` at once."""
    library.create(name)
    return _body(library, name)


@collections.delete(
    "/{name}", summary="Drop a collection", status_code=HTTPStatus.NO_CONTENT, responses=_PROBLEMS
)
def drop(name: str, library: Shelf) -> None:
    """Remove a collection with all its documents."""
    library.drop(name)


def _body(library: Library, name: str) -> wire.CollectionBody:
    return wire.CollectionBody.of(name, library.get(name).engine.index.manifest)
