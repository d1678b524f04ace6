"""The FastAPI application: routes that translate between the wire and the collections."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline

from rag import __version__, wire
from rag.collection import Collection
from rag.server import problems
from rag.server.collections import collections
from rag.server.limits import BodyLimit
from rag.server.mcp import mcp
from rag.server.pages import pages
from rag.server.service import service
from rag.server.static import Assets
from rag.server.uploads import forms
from rag.server.warmup import Warmup, library

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "description": meaning, "content": {problems.MEDIA_TYPE: {}}}
    for status, meaning in {
        422: "The input is wrong; the detail says what to mend.",
        503: "The index or a model is not ready; the detail says why.",
    }.items()
}

probes = APIRouter(tags=["probes"])


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
    app.include_router(probes)
    app.include_router(collections, responses=_PROBLEMS)
    for router in (forms, service, pages, mcp):
        app.include_router(router, prefix="/collections/{collection}", include_in_schema=False)
        app.include_router(router, responses=_PROBLEMS)
    app.mount("/assets", Assets(), name="assets")
    return app


@probes.get("/livez", summary="Is the process up?")
def livez() -> dict[str, str]:
    """Answer 200 as long as the process serves."""
    return {"status": "alive"}


@probes.get("/readyz", summary="Can it answer?", responses={503: _PROBLEMS[503]})
def readyz(request: Request) -> dict[str, str]:
    """Answer 200 once index and models are loaded and warm, 503 until then."""
    identity = library(request).get(None).engine.index.identity
    return {"status": "ready", "generation": identity.generation}
