"""OpenAI's ``/v1/models``: the collections that can be asked, as models to choose."""

from datetime import datetime

from fastapi import APIRouter, Request

from rag.server.chat.replying import DEFAULT, NAMED, place_of
from rag.server.warmup import library
from rag.wire.completions import Model, ModelList

models = APIRouter(prefix="/v1/models", tags=["OpenAI"])


@models.get("", summary="List the collections as models")
def listed(request: Request) -> ModelList:
    """Return the default collection as ``rag``, and each named one as ``rag/<name>``.

    Below a collection's own path, ``rag`` is that collection, and the only model.
    """
    below = request.path_params.get("collection")
    named = [] if below else [f"{NAMED}{name}" for name in library(request).names()]
    return ModelList(data=[_model(request, name) for name in (DEFAULT, *named)])


@models.get("/{model:path}", summary="Get one collection as a model")
def one(model: str, request: Request) -> Model:
    """Return a collection as a model."""
    return _model(request, model)


def _model(request: Request, name: str) -> Model:
    manifest = place_of(request, name).engine.index.manifest
    return Model(id=name, created=int(datetime.fromisoformat(manifest.created).timestamp()))
