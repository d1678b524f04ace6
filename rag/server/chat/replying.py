"""A conversation -> the reply that every chat protocol tells in its own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from rag import wire
from rag.errors import CollectionNotFound, NoSuchModel
from rag.server.asking import Asking, OnRetrieved, begin
from rag.server.chat.conversation import question
from rag.server.chat.prose import Prose, Site, prose
from rag.server.chat.side_prompts import side_answer
from rag.server.service import Place, place
from rag.tokens import TiktokenTokenizer
from rag.types import Answer
from rag.wire.said import Said

DEFAULT = "rag"
"""The model that answers from the collection that the route belongs to."""
NAMED = f"{DEFAULT}/"
"""How the models begin that answer from named collections."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, of what collection, and ``rag``, the answer behind it, if anything was asked.

    ``prompt_tokens`` are those of the conversation, ``completion_tokens`` those of the text.
    """

    here: Place
    prose: Prose
    rag: wire.AskResponse | None
    prompt_tokens: int
    completion_tokens: int


async def reply(request: Request, model: str, said: Sequence[Said]) -> Asking[Reply]:
    """Begin to answer a conversation.

    Raises:
        NoSuchModel: no collection has this name.
        InvalidQuestion: what the user said last is blank, too long, or holds control characters.
    """
    here, asked, aside = await run_in_threadpool(_heard, request, model, said)
    count = _tokens(here)
    if aside is not None:
        return Asking.settled(Reply(here, Prose(aside), None, asked, count(aside)))
    site = Site(address(request), here.base, lambda each: here.engine.record(each).title)

    def ask(on_retrieved: OnRetrieved) -> Answer:
        latest, history = question(said)
        return here.engine.ask(latest, history=history, on_retrieved=on_retrieved)

    def render(answer: Answer) -> Reply:
        response = wire.AskResponse.of(answer, here.base)
        told = prose(response, site)
        return Reply(here, told, response, asked, count(told.text))

    return await begin(request, ask, render)


def place_of(request: Request, model: str) -> Place:
    """Return the collection that a model answers from.

    Raises:
        NoSuchModel: there is none of this name.
    """
    below = request.path_params.get("collection")
    name = model.removeprefix(NAMED)
    try:
        if model == DEFAULT:
            return place(request, below)
        if below is None and name != model:
            return place(request, name)
    except CollectionNotFound as error:
        raise NoSuchModel(str(error)) from error
    raise NoSuchModel(f"There is no model {model!r}: GET /v1/models lists them.")


def address(request: Request) -> str:
    """Return scheme and host that the client reached us at, for links it can follow."""
    return str(request.base_url).rstrip("/")


def _heard(request: Request, model: str, said: Sequence[Said]) -> tuple[Place, int, str | None]:
    """Return what a conversation is put to, its length in tokens, and its answer if an aside."""
    here = place_of(request, model)
    return here, sum(map(_tokens(here), (each.text for each in said))), side_answer(said)


def _tokens(here: Place) -> Callable[[str], int]:
    return _tokenizer(here.engine.index.manifest.recipe.encoding).count


_tokenizer = lru_cache(TiktokenTokenizer.named)
