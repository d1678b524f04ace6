"""``/v1/ask``: an answer whole, or as a stream that tells what was found before it is read."""

from collections.abc import Iterator

from fastapi import APIRouter, Request

from rag import wire
from rag.server.asking import Asking, OnRetrieved, begin
from rag.server.faults import Fault
from rag.server.problems import problem_body
from rag.server.service import Here, Place
from rag.server.streaming import EventStream, event, stream, streamed
from rag.types import Answer

answers = APIRouter()

_JSON = {"application/json", "application/*", "*/*"}


@answers.post(
    "/v1/ask",
    summary="Answer a question, or abstain",
    response_model=wire.AskResponse,
    responses=streamed(
        "The answer; with `Accept: text/event-stream` the events `retrieval`, `answer`, "
        "`citations` and `done`, which has it all, as Server-Sent Events."
    ),
)
async def ask(
    body: wire.AskRequest, here: Here, request: Request
) -> wire.AskResponse | EventStream:
    """Answer with a verbatim, cited span; where no span is good enough, say why."""

    def put(on_retrieved: OnRetrieved) -> Answer:
        return here.engine.ask(
            body.question,
            history=body.turns(),
            top_k=body.top_k,
            min_confidence=body.min_confidence,
            among=body.among(here.engine),
            on_retrieved=on_retrieved,
        )

    asking = await begin(request, put, lambda answer: wire.AskResponse.of(answer, here.base))
    if _wants_events(request.headers.get("Accept", "")):
        return EventStream(stream(_found(asking, here), asking, _told, _failed))
    return await asking.result()


def _wants_events(accept: str) -> bool:
    """Say whether a client names events before JSON among what it accepts (RFC 9110, 12.5.1)."""
    named = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    known = [each for each in named if each == EventStream.media_type or each in _JSON]
    return known[:1] == [EventStream.media_type]


def _found(asking: Asking[wire.AskResponse], here: Place) -> Iterator[bytes]:
    found = asking.retrieved
    index = wire.IndexBody.of(here.engine.index.identity)
    retrieval = wire.RetrievalEvent.of(found.resolved_question, found.passages, index)
    yield event(retrieval, "retrieval")


def _told(answer: wire.AskResponse) -> Iterator[bytes]:
    yield event(wire.AnswerEvent.of(answer), "answer")
    yield event(wire.CitationsEvent(citations=answer.citations), "citations")
    yield event(answer, "done")


def _failed(fault: Fault) -> Iterator[bytes]:
    yield event(problem_body(fault), "error")
