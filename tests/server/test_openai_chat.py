"""OpenAI's chat completions, read by OpenAI's own client: whole and streamed, with its sources."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from rag.tokens import TiktokenTokenizer
from rag.types import Document

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
SEVERAL = "Which minerals do the Central Asian countries hold?"
UNANSWERED = "Who founded the Zambezi railway?"

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def client(server: httpx.Client) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.base_url}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def complete(client: OpenAI, *said: str, **more: Any) -> ChatCompletion:
    """Say something, the user first, then in turns; return the completion."""
    roles = ("user", "assistant")
    messages: Any = [{"role": roles[n % 2], "content": each} for n, each in enumerate(said)]
    completion: ChatCompletion = client.chat.completions.create(
        model="rag", messages=messages, **more
    )
    return completion


def chunks(client: OpenAI, question: str, **more: Any) -> list[ChatCompletionChunk]:
    messages: Any = [{"role": "user", "content": question}]
    stream = client.chat.completions.create(model="rag", messages=messages, stream=True, **more)
    return list(stream)


def extra(model: Any, name: str) -> Any:
    """Return a member that the client's types do not know."""
    return (model.model_extra or {}).get(name)


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "timings_ms": None}


def test_the_answer_comes_first_and_the_whole_of_it_behind(client: OpenAI, ask: Ask) -> None:
    completion = complete(client, PRESS)
    (choice,) = completion.choices
    native = ask(PRESS)
    assert (choice.message.content or "").startswith(f"{native['answer']}\n\n1. [")
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert completion.model == "rag"
    assert untimed(extra(completion, "rag")) == untimed(native)


@pytest.mark.parametrize("question", [PRESS, SEVERAL])
def test_each_annotation_points_at_a_link_to_the_highlighted_quote(
    question: str, client: OpenAI, ask: Ask, server: httpx.Client, article: Document
) -> None:
    (choice,) = complete(client, question).choices
    content, annotations = choice.message.content or "", choice.message.annotations or []
    citations = ask(question)["citations"]
    assert len(annotations) == len(citations) > 0
    for annotation, citation in zip(annotations, citations, strict=True):
        cited = annotation.url_citation
        assert cited.url == f"{server.base_url}{citation['href']}"
        assert content[cited.start_index : cited.end_index] == f"[{article.title}]({cited.url})"
        assert cited.title == article.title
        assert "<mark" in server.get(cited.url).text
        assert f"“{citation['sentence']['text']}”" in content


def test_the_sources_are_told_as_open_webui_shows_them(client: OpenAI, ask: Ask) -> None:
    completion = complete(client, SEVERAL)
    citations, sources = ask(SEVERAL)["citations"], extra(completion, "sources")
    assert len(sources) == len(citations)
    annotations = completion.choices[0].message.annotations or []
    for source, annotation, citation in zip(sources, annotations, citations, strict=True):
        cited = annotation.url_citation
        assert source["source"] == {"name": cited.title, "url": cited.url}
        assert source["document"] == [citation["sentence"]["text"]]
        (metadata,) = source["metadata"]
        assert (metadata["start"], metadata["end"]) == (citation["start"], citation["end"])
        assert metadata["source"] == metadata["source_url"] == cited.url


def test_tokens_are_counted_as_passages_are(client: OpenAI) -> None:
    completion = complete(client, PRESS)
    count = TiktokenTokenizer.named("rag16k").count
    usage = completion.usage
    assert usage is not None
    assert usage.prompt_tokens == count(PRESS)
    assert usage.completion_tokens == count(completion.choices[0].message.content or "")
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("question", [PRESS, SEVERAL, UNANSWERED])
def test_a_stream_says_what_the_whole_says(question: str, client: OpenAI) -> None:
    whole = complete(client, question)
    parts = chunks(client, question)
    choices = [part.choices[0] for part in parts]
    assert len({part.id for part in parts}) == 1
    assert {part.object for part in parts} == {"chat.completion.chunk"}
    assert choices[0].delta.role == "assistant"
    content = "".join(choice.delta.content or "" for choice in choices)
    assert content == whole.choices[0].message.content
    annotations = [a for choice in choices for a in extra(choice.delta, "annotations") or []]
    assert annotations == [a.model_dump() for a in whole.choices[0].message.annotations or []]
    assert [choice.finish_reason for choice in choices] == [None] * (len(parts) - 1) + ["stop"]
    assert untimed(extra(parts[-1], "rag")) == untimed(extra(whole, "rag"))
    assert extra(parts[-1], "sources") == extra(whole, "sources")


def test_the_usage_comes_last_where_it_is_asked_for(client: OpenAI) -> None:
    *parts, last = chunks(client, PRESS, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage == complete(client, PRESS).usage
    assert all(part.usage is None and "usage" in part.model_fields_set for part in parts)
    assert all("usage" not in part.model_fields_set for part in chunks(client, PRESS))


def test_the_stream_ends_as_the_protocol_has_it(server: httpx.Client) -> None:
    body = {"model": "rag", "stream": True, "messages": [{"role": "user", "content": PRESS}]}
    reply = server.post("/v1/chat/completions", json=body)
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Accel-Buffering"] == "no"
    assert reply.text.endswith("\n\ndata: [DONE]\n\n")


def test_an_abstention_is_polite_says_why_and_leads_on(client: OpenAI, ask: Ask) -> None:
    completion = complete(client, UNANSWERED)
    (choice,) = completion.choices
    content, native = choice.message.content or "", ask(UNANSWERED)
    assert native["abstained"]
    assert any(each["text"].startswith("“") for each in native["passages"][:3])
    assert "““" not in content
    assert content.startswith("Sorry, I found no answer: ")
    assert "Zambezi" in content  # stands nowhere in the documents
    for hit in native["passages"][:3]:
        assert f"/documents/article.txt?start={hit['start']}&end={hit['end']})" in content
    assert (choice.finish_reason, choice.message.annotations) == ("stop", [])
    assert extra(completion, "sources") == []
    assert untimed(extra(completion, "rag")) == untimed(native)


def test_what_cannot_be_a_question_is_told_politely_too(client: OpenAI) -> None:
    content = complete(client, "?!").choices[0].message.content or ""
    assert content.startswith("Please ask a question")


def test_the_last_message_of_the_user_is_the_question(client: OpenAI) -> None:
    said = ("Where does Central Asia lie?", "Between China and the Caspian Sea.", PRESS)
    completion = complete(client, *said)
    assert extra(completion, "rag")["question"] == PRESS
    prefilled = complete(client, *said, "The press secretary is")
    assert extra(prefilled, "rag")["question"] == PRESS


def test_instructions_are_not_put_to_the_documents(client: OpenAI, ask: Ask) -> None:
    messages: Any = [
        {"role": "system", "content": "You are a pirate. Who is Uzbekistan's president?"},
        {"role": "developer", "content": "Answer in rhymes."},
        {"role": "user", "content": [{"type": "text", "text": PRESS}]},
    ]
    completion = client.chat.completions.create(model="rag", messages=messages)
    assert untimed(extra(completion, "rag")) == untimed(ask(PRESS))


def test_what_steers_a_model_is_passed_over(client: OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "look", "parameters": {}}}
    steered = complete(
        client, PRESS, temperature=2, top_p=0.1, max_tokens=1, max_completion_tokens=1, n=1,
        seed=1, user="me", stop=["a"], presence_penalty=1, frequency_penalty=1, logit_bias={},
        tools=[tool], tool_choice="auto", response_format={"type": "text"}, store=True,
        reasoning_effort="low", metadata={"a": "b"}, extra_body={"unheard": {"of": 1}},
    )  # fmt: skip
    assert steered.choices[0].message.content == complete(client, PRESS).choices[0].message.content


def test_an_open_webui_prompt_around_what_it_found_itself_is_unwrapped(client: OpenAI) -> None:
    context = '<context>\n<source id="1">Anna Berg was the press secretary.</source>\n</context>'
    task = f"### Task:\nRespond to the query using the context.\n\n{context}\n"
    for asked in (f"{task}\n{PRESS}", f"{task}\n<user_query>\n{PRESS}\n</user_query>\n"):
        assert extra(complete(client, asked), "rag")["question"] == PRESS


def test_the_models_are_the_collections(client: OpenAI) -> None:
    (model,) = client.models.list().data
    assert (model.id, model.object, model.owned_by) == ("rag", "model", "rag")
    assert client.models.retrieve("rag") == model
