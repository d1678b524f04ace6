"""OpenAI's responses, read by OpenAI's own client: whole, and event by event."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputText
from openai.types.responses.response_output_text import AnnotationURLCitation

from rag.tokens import TiktokenTokenizer

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
SEVERAL = "Which minerals do the Central Asian countries hold?"
UNANSWERED = "Who founded the Zambezi railway?"
EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def client(server: httpx.Client) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.base_url}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def text_of(response: Response) -> ResponseOutputText:
    (item,) = response.output
    assert isinstance(item, ResponseOutputMessage)
    (part,) = item.content
    assert isinstance(part, ResponseOutputText)
    return part


def untimed(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = (response.model_extra or {})["rag"]
    return {**answer, "timings_ms": None}


@pytest.mark.parametrize("question", [PRESS, SEVERAL])
def test_a_response_is_an_answer_with_its_sources(
    question: str, client: OpenAI, ask: Ask, server: httpx.Client
) -> None:
    response = client.responses.create(model="rag", input=question)
    native = ask(question)
    assert response.output_text.startswith(f"{native['answer']}\n\n1. [")
    assert (response.status, response.object, response.model) == ("completed", "response", "rag")
    part = text_of(response)
    assert len(part.annotations) == len(native["citations"])
    for annotation, citation in zip(part.annotations, native["citations"], strict=True):
        assert isinstance(annotation, AnnotationURLCitation)
        assert annotation.url == f"{server.base_url}{citation['href']}"
        link = part.text[annotation.start_index : annotation.end_index]
        assert link == f"[{annotation.title}]({annotation.url})"
    assert untimed(response) == {**native, "timings_ms": None}


def test_it_says_what_chat_completions_say(client: OpenAI) -> None:
    message: Any = {"role": "user", "content": PRESS}
    completion = client.chat.completions.create(model="rag", messages=[message])
    response = client.responses.create(model="rag", input=PRESS)
    assert response.output_text == completion.choices[0].message.content


def test_tokens_are_counted_as_passages_are(client: OpenAI) -> None:
    response = client.responses.create(model="rag", input=PRESS)
    count = TiktokenTokenizer.named("rag16k").count
    usage = response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (count(PRESS), count(response.output_text))
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.cached_tokens == 0


def test_the_events_build_up_what_the_whole_says(client: OpenAI) -> None:
    whole = client.responses.create(model="rag", input=PRESS)
    events = list(client.responses.create(model="rag", input=PRESS, stream=True))
    assert [event.type for event in events] == EVENTS
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    annotations = [e for e in events if e.type == "response.output_text.annotation.added"]
    done = next(e for e in events if e.type == "response.output_text.done")
    last = events[-1]
    assert last.type == "response.completed"
    assert text == done.text == last.response.output_text == whole.output_text
    told = [each.annotation.model_dump() for each in annotations if each.annotation]
    assert told == [each.model_dump() for each in text_of(whole).annotations]
    assert text_of(last.response) == text_of(whole)
    items = {e.item_id for e in events if hasattr(e, "item_id")}
    assert items == {last.response.output[0].id}
    assert untimed(last.response) == untimed(whole)
    assert last.response.usage == whole.usage


def test_the_clients_own_reader_of_streams_is_content(client: OpenAI) -> None:
    with client.responses.stream(model="rag", input=SEVERAL) as stream:
        final = stream.get_final_response()
    assert final.output_text == client.responses.create(model="rag", input=SEVERAL).output_text


@pytest.mark.parametrize("stream", [False, True])
def test_an_abstention_is_a_text_without_annotations(
    stream: bool, client: OpenAI, ask: Ask
) -> None:
    if stream:
        *_, last = client.responses.create(model="rag", input=UNANSWERED, stream=True)
        assert last.type == "response.completed"
        response = last.response
    else:
        response = client.responses.create(model="rag", input=UNANSWERED)
    assert response.output_text.startswith("Sorry, I found no answer: ")
    assert text_of(response).annotations == []
    assert untimed(response)["reason"] == ask(UNANSWERED)["reason"]


def test_the_input_may_be_items_of_every_kind(client: OpenAI, ask: Ask) -> None:
    items: Any = [
        {"role": "developer", "content": "Answer in rhymes."},
        {"role": "user", "content": "Where does Central Asia lie?"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "nothing"},
        {
            "type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
            "content": [{"type": "output_text", "text": "In the middle.", "annotations": []}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": PRESS}]},
    ]  # fmt: skip
    response = client.responses.create(
        model="rag", input=items, instructions="Be a pirate.", store=True, temperature=1
    )
    assert untimed(response)["question"] == ask(PRESS)["question"]
    assert response.instructions == "Be a pirate."
    assert (response.model_extra or {})["store"] is False
