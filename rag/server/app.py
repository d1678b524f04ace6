"""The FastAPI application: routes that translate between the wire and the collections."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response

from rag import __version__, wire
from rag.collection import Collection
from rag.server import chat, problems
from rag.server.admission import Admission
from rag.server.answers import answers
from rag.server.collections import collections
from rag.server.head import HeadAsGet
from rag.server.limits import BodyLimit
from rag.server.mcp import mcp
from rag.server.metrics import CONTENT_TYPE, Measured, Metrics
from rag.server.pages import pages
from rag.server.service import service
from rag.server.sites import OtherSites
from rag.server.static import Assets
from rag.server.uploads import forms
from rag.server.warmup import Warmup, library
from rag.settings import Settings
from rag.wire.said import OpenAIError

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem, "description": meaning, "content": {problems.MEDIA_TYPE: {}}}
    for status, meaning in {
        422: "The input is wrong; the detail says what to mend.",
        503: "Too much is asked, or the index or a model is not ready; the detail says why.",
    }.items()
}

_OPENAI: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": OpenAIError, "description": "The input is wrong, or the model unknown."},
    "5XX": {
        "model": OpenAIError,
        "description": "Too much is asked, or the index or a model is not ready.",
    },
}

_EXPOSED = ["Retry-After", "x-vercel-ai-ui-message-stream"]
"""Headers that a page of another origin may read beside those that it always may."""

_DEFAULTS = Settings()

probes = APIRouter(tags=["probes"])


def create_app(
    opening: Callable[[], Collection],
    done: Callable[[Exception | None], None] = lambda _: None,
    settings: Settings = _DEFAULTS,
) -> FastAPI:
    """Return the application; it calls ``opening`` once it runs, and is ready when that returns.

    ``done`` is told when it has, or what it raised instead; ``/readyz`` answers accordingly.
    The settings say how many may wait, how long, and pages of which origins may call it.
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
    app.state.metrics = metrics = Metrics(shared=settings.workers > 1)
    app.state.admission = Admission(settings, metrics.refused)
    app.add_middleware(BodyLimit)
    app.add_middleware(OtherSites, allowed=settings.origins)
    app.add_middleware(Measured, metrics=metrics)
    app.add_middleware(HeadAsGet)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )
    problems.install(app)
    app.include_router(probes)
    app.include_router(collections, responses=_PROBLEMS)
    told = [(each, _PROBLEMS) for each in (forms, service, pages, answers, chat.ui, mcp)]
    for router, errors in [*told, *((each, _OPENAI) for each in chat.openai)]:
        app.include_router(router, prefix="/collections/{collection}", include_in_schema=False)
        app.include_router(router, responses=errors)
    app.mount("/assets", Assets(), name="assets")
    return app


@probes.get("/livez", summary="Is the process up?")
async def livez() -> dict[str, str]:
    """Answer 200 as long as the process serves."""
    return {"status": "alive"}


@probes.get("/readyz", summary="Can it answer?", responses={503: _PROBLEMS[503]})
async def readyz(request: Request) -> dict[str, str]:
    """Answer 200 once index and models are loaded and warm, 503 until then."""
    identity = library(request).get(None).engine.index.identity
    return {"status": "ready", "generation": identity.generation}


@probes.get("/metrics", summary="What Prometheus scrapes", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return requests by route, status and time, and answers by outcome, in Prometheus' format."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), media_type=CONTENT_TYPE)
