"""The routes of one collection: search, verify, its documents.

They are served for the default collection at the root, and for a named one below
``/collections/<name>``, so that whatever can use the service can use each collection.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from rag import wire
from rag.collection import Collection
from rag.engine import Engine
from rag.errors import DocumentNotFound
from rag.server import problems
from rag.server.admission import turn
from rag.server.listing import Listing
from rag.server.warmup import follow, library

service = APIRouter()

_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": wire.Problem, "content": {problems.MEDIA_TYPE: {}}}
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a request is put to: a collection, its engine of one generation, its path."""

    collection: Collection
    engine: Engine
    base: str


def place(request: Request, name: str | None) -> Place:
    """Return a collection by name, or the default one, as whatever process changed it last.

    Raises:
        CollectionNotFound: there is none of this name.
    """
    collection = library(request).get(name)
    follow(collection)
    return Place(collection, collection.engine, f"/collections/{name}" if name else "")


def _place(request: Request) -> Place:
    return place(request, request.path_params.get("collection"))


Here = Annotated[Place, Depends(_place)]


@service.post(
    "/v1/search",
    summary="Find the passages nearest to a question",
    dependencies=[Depends(turn, scope="function")],
)
def search(body: wire.SearchRequest, here: Here) -> wire.SearchResponse:
    """Return passages alone, without reading them for an answer."""
    hits = here.engine.search(body.question, top_k=body.top_k, among=body.among(here.engine))
    return wire.SearchResponse(
        question=body.question,
        passages=[wire.HitBody.of_hit(hit) for hit in hits],
        index=wire.IndexBody.of(here.engine.index.identity),
    )


@service.post("/v1/verify", summary="Check whether a citation still holds")
def verify(body: wire.VerifyRequest, here: Here) -> wire.VerifyResponse:
    """Look for the quote of a citation in its document as it is now."""
    try:
        document = here.engine.document(body.citation.document_id)
    except DocumentNotFound:
        document = None
    return wire.VerifyResponse.of(body.citation, document, here.base)


def _listing(
    here: Here,
    search: Annotated[str, Query(max_length=1000, description="Words in title or id.")] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Listing:
    return Listing.of(here.engine.index.documents.records(), search, offset, limit)


Listed = Annotated[Listing, Depends(_listing)]


@service.get("/v1/documents", summary="List the documents")
def documents(listed: Listed, here: Here) -> wire.DocumentList:
    """Return one page of the documents, in the order of their ids."""
    return wire.DocumentList(
        documents=[wire.DocumentSummary.of(each, here.base) for each in listed.records],
        total=listed.total,
        offset=listed.offset,
        limit=listed.limit,
    )


@service.post("/v1/documents", summary="Add or replace documents", status_code=HTTPStatus.CREATED)
def add(body: wire.AddRequest, here: Here) -> wire.ChangeResponse:
    """Add documents; they are on disk, and found by the next question, when the answer comes."""
    report = here.collection.add([each.document() for each in body.documents])
    return wire.ChangeResponse.of(report, here.collection.engine.index, here.base)


@service.delete(
    "/v1/documents/{document_id:path}", summary="Remove a document", responses=_NOT_FOUND
)
def remove(document_id: str, here: Here) -> wire.ChangeResponse:
    """Remove a document; it is gone from disk and from answers when the answer comes."""
    report = here.collection.remove(document_id)
    return wire.ChangeResponse.of(report, here.collection.engine.index, here.base)


@service.get("/v1/documents/{document_id:path}", summary="Get a document", responses=_NOT_FOUND)
def document(document_id: str, here: Here) -> wire.DocumentBody:
    """Return a document with its canonical text."""
    found, record = here.engine.document(document_id), here.engine.record(document_id)
    summary = wire.DocumentSummary.of(record, here.base)
    return wire.DocumentBody(
        **summary.model_dump(),
        text=found.text,
        blocks=[wire.BlockBody.of(each) for each in found.blocks],
        pages=list(found.pages),
    )
