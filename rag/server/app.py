"""The FastAPI application: routes that translate between the wire and the engine."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from rag import __version__, wire
from rag.engine import Engine
from rag.errors import NotReady
from rag.server import pages, problems
from rag.server.limits import BodyLimit

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "description": meaning, "content": {problems.MEDIA_TYPE: {}}}
    for status, meaning in {
        422: "The input is wrong; the detail says what to mend.",
        503: "The index or a model is not ready; the detail says why.",
    }.items()
}

api = APIRouter(prefix="/v1", responses=_PROBLEMS)
probes = APIRouter(tags=["probes"])
html = APIRouter(include_in_schema=False)


class Warmup:
    """Opens the engine beside the event loop, so that the probes answer from the start."""

    def __init__(
        self, opening: Callable[[], Engine], done: Callable[[Exception | None], None]
    ) -> None:
        self._opening = opening
        self._done = done
        self._engine: Engine | None = None
        self._error: Exception | None = None

    def start(self) -> None:
        """Begin opening the engine."""
        Thread(target=self._open, name="warm-up", daemon=True).start()

    @property
    def engine(self) -> Engine:
        """Return the engine.

        Raises:
            NotReady: it is still loading. Else whatever kept it from being loaded.
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._engine is None:
            raise NotReady("The index and models are loading: try again in a moment.")
        return self._engine

    def _open(self) -> None:
        try:
            engine = self._opening()
            if engine.index.passages:
                engine.ask(engine.index.passages[0].text[:100] or "warm")
            self._engine = engine
        except Exception as error:  # unforeseen ones too must end the wait
            self._error = error
        self._done(self._error)


def create_app(
    opening: Callable[[], Engine], done: Callable[[Exception | None], None] = lambda _: None
) -> FastAPI:
    """Return the application; it calls ``opening`` once it runs, and is ready when that returns.

    ``done`` is told when it has, or what it raised instead; ``/readyz`` answers accordingly.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.warmup.start()
        yield

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


def _engine(request: Request) -> Engine:
    warmup: Warmup = request.app.state.warmup
    return warmup.engine


Ready = Annotated[Engine, Depends(_engine)]


@api.post("/ask", summary="Answer a question, or abstain")
def ask(body: wire.AskRequest, engine: Ready) -> wire.AskResponse:
    """Answer with a verbatim, cited span; where no span is good enough, say why."""
    answer = engine.ask(body.question, top_k=body.top_k, min_confidence=body.min_confidence)
    return wire.AskResponse.of(answer)


@api.post("/search", summary="Find the passages nearest to a question")
def search(body: wire.SearchRequest, engine: Ready) -> wire.SearchResponse:
    """Return passages alone, without reading them for an answer."""
    hits = engine.search(body.question, top_k=body.top_k)
    identity = engine.index.identity
    return wire.SearchResponse(
        question=body.question,
        passages=[wire.HitBody.of_hit(hit) for hit in hits],
        index=wire.IndexBody(generation=identity.generation, fingerprint=identity.fingerprint),
    )


@api.get("/documents", summary="List the documents")
def documents(
    engine: Ready,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> wire.DocumentList:
    """Return one page of the documents, in the order of their ids."""
    held = engine.index.documents
    counts = Counter(passage.document_id for passage in engine.index.passages)
    page = sorted(held)[offset : offset + limit]
    return wire.DocumentList(
        documents=[wire.DocumentSummary.of(held[each], counts[each]) for each in page],
        total=len(held),
        offset=offset,
        limit=limit,
    )


@api.get(
    "/documents/{document_id:path}",
    summary="Get a document",
    responses={404: {"model": wire.Problem, "content": {problems.MEDIA_TYPE: {}}}},
)
def document(document_id: str, engine: Ready) -> wire.DocumentBody:
    """Return a document with its canonical text."""
    found = engine.document(document_id)
    passages = sum(passage.document_id == document_id for passage in engine.index.passages)
    summary = wire.DocumentSummary.of(found, passages)
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
