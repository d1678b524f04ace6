"""The routes that list, make and drop named collections."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from rag import wire
from rag.library import Library
from rag.server import problems
from rag.server.warmup import follow, library

collections = APIRouter(prefix="/v1/collections")

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "content": {problems.MEDIA_TYPE: {}}} for status in (404, 409)
}


Shelf = Annotated[Library, Depends(library)]


@collections.get("", summary="List the named collections")
def listed(shelf: Shelf) -> wire.CollectionList:
    """Return all named collections; the default one is what the routes at the root serve."""
    return wire.CollectionList(
        collections=[_body(shelf, name) for name in shelf.names()],
    )


@collections.put(
    "/{name}", summary="Make a collection", status_code=HTTPStatus.CREATED, responses=_PROBLEMS
)
def make(name: str, shelf: Shelf) -> wire.CollectionBody:
    """Make an empty collection, which serves all routes below ``/collections/{name}`` at once."""
    shelf.create(name)
    return _body(shelf, name)


@collections.delete(
    "/{name}", summary="Drop a collection", status_code=HTTPStatus.NO_CONTENT, responses=_PROBLEMS
)
def drop(name: str, shelf: Shelf) -> None:
    """Remove a collection with all its documents."""
    shelf.drop(name)


def _body(shelf: Library, name: str) -> wire.CollectionBody:
    collection = shelf.get(name)
    follow(collection)
    return wire.CollectionBody.of(name, collection.engine.index.manifest)
