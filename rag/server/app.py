"""The FastAPI application: routes that translate between the wire and the engine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from rag import __version__, wire
from rag.collection import Collection
from rag.engine import Engine
from rag.server import pages, problems
from rag.server.limits import BodyLimit
from rag.server.warmup import Warmup

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "description": meaning, "content": {problems.MEDIA_TYPE: {}}}
    for status, meaning in {
        422: "The input is wrong; the detail says what to mend.",
        503: "The index or a model is not ready; the detail says why.",
    }.items()
}

_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": wire.Problem, "content": {problems.MEDIA_TYPE: {}}}
}

api = APIRouter(prefix="/v1", responses=_PROBLEMS)
probes = APIRouter(tags=["probes"])
html = APIRouter(include_in_schema=False)


def create_app(
    opening: Callable[[], Collection], done: Callable[[Exception | None], None] = lambda _: None
) -> FastAPI:
    """Return the application; it calls ``opening`` once it runs, and is ready when that returns.

    ``done`` is told when it has, or what it raised instead; ``/readyz`` answers accordingly.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.warmup.start()
        yield
        app.state.warmup.stop()

    app = FastAPIOffline(
        title="rag",
        version=__version__,
        summary="Cited, extractive answers from your own documents.",
        lifespan=lifespan,
        redoc_url=None,
    )
    app.state.warmup = Warmup(opening, done)
    app.add_middleware(BodyLimit)
    problems.install(app)
    for router in (api, probes, html):
        app.include_router(router)
    app.mount("/assets", StaticFiles(directory=Path(__file__).parent / "assets"), name="assets")
    return app


def _collection(request: Request) -> Collection:
    warmup: Warmup = request.app.state.warmup
    return warmup.collection


Changing = Annotated[Collection, Depends(_collection)]


def _engine(collection: Changing) -> Engine:
    """Return the engine of one generation, for the whole of a request."""
    return collection.engine


Ready = Annotated[Engine, Depends(_engine)]


@api.post("/ask", summary="Answer a question, or abstain")
def ask(body: wire.AskRequest, engine: Ready) -> wire.AskResponse:
    """Answer with a verbatim, cited span; where no span is good enough, say why."""
    answer = engine.ask(
        body.question,
        top_k=body.top_k,
        min_confidence=body.min_confidence,
        among=body.among(engine),
    )
    return wire.AskResponse.of(answer)


@api.post("/search", summary="Find the passages nearest to a question")
def search(body: wire.SearchRequest, engine: Ready) -> wire.SearchResponse:
    """Return passages alone, without reading them for an answer."""
    hits = engine.search(body.question, top_k=body.top_k, among=body.among(engine))
    return wire.SearchResponse(
        question=body.question,
        passages=[wire.HitBody.of_hit(hit) for hit in hits],
        index=wire.IndexBody.of(engine.index.identity),
    )


@api.get("/documents", summary="List the documents")
def documents(
    engine: Ready,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> wire.DocumentList:
    """Return one page of the documents, in the order of their ids."""
    held = sorted(engine.index.documents.records(), key=attrgetter("id"))
    return wire.DocumentList(
        documents=[wire.DocumentSummary.of(each) for each in held[offset : offset + limit]],
        total=len(held),
        offset=offset,
        limit=limit,
    )


@api.post("/documents", summary="Add or replace documents", status_code=HTTPStatus.CREATED)
def add(body: wire.AddRequest, collection: Changing) -> wire.ChangeResponse:
    """Add documents, all or none; on disk and ready to be asked when the answer comes."""
    report = collection.add([each.document() for each in body.documents])
    return wire.ChangeResponse.of(report, collection.engine.index)


@api.delete("/documents/{document_id:path}", summary="Remove a document", responses=_NOT_FOUND)
def remove(document_id: str, collection: Changing) -> wire.ChangeResponse:
    """Remove a document; gone from disk and from answers when the answer comes."""
    report = collection.remove(document_id)
    return wire.ChangeResponse.of(report, collection.engine.index)


@api.get("/documents/{document_id:path}", summary="Get a document", responses=_NOT_FOUND)
def document(document_id: str, engine: Ready) -> wire.DocumentBody:
    """Return a document with its canonical text."""
    found, record = engine.document(document_id), engine.record(document_id)
    summary = wire.DocumentSummary.of(record)
    return wire.DocumentBody(**summary.model_dump(), text=found.text)


@probes.get("/livez", summary="Is the process up?")
def livez() -> dict[str, str]:
    """Answer 200 as long as the process serves."""
    return {"status": "alive"}


@probes.get("/readyz", summary="Can it answer?", responses={503: _PROBLEMS[503]})
def readyz(engine: Ready) -> dict[str, str]:
    """Answer 200 once index and models are loaded and warm, 503 until then."""
    return {"status": "ready", "generation": engine.index.identity.generation}


@html.get("/documents/{document_id:path}", response_class=HTMLResponse)
def source(
    document_id: str, engine: Ready, start: int | None = None, end: int | None = None
) -> HTMLResponse:
    """Show a document with ``[start:end]`` highlighted."""
    return pages.source(engine.document(document_id), start, end)


@html.get("/", response_class=HTMLResponse)
def home(engine: Ready, question: str | None = None) -> HTMLResponse:
    """Show a question box, and the answer to ``question`` with its sources."""
    return pages.home(engine, question)
