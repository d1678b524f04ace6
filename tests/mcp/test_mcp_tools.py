"""The tools as the official client meets them, over HTTP and stdio, from real processes.

The client checks every structured result against the schema that the tool declares.
"""

import re
from typing import Any

import pytest
from anyio import create_task_group
from mcp import Client, MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from rag.engine import Engine
from rag.types import Document, Reason
from rag.wire import AskResponse, HitBody, SearchResponse

pytestmark = pytest.mark.anyio

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
SINCE = "Since when have Japan and Central Asia held a dialogue?"
UNKNOWN = "Who won the football world cup?"


def text_of(result: CallToolResult, place: int = 0) -> str:
    content = result.content[place]
    assert isinstance(content, TextContent)
    return content.text


async def called(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    return result


async def told(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that succeeds; return its structured result."""
    result = await called(client, tool, **arguments)
    assert not result.is_error, text_of(result)
    found: dict[str, Any] = result.structured_content
    return found


async def test_a_client_learns_what_there_is(client: Client) -> None:
    assert client.server_info is not None
    assert client.server_info.name == "rag"
    assert "verbatim" in str(client.instructions)
    tools = {each.name: each for each in (await client.list_tools()).tools}
    assert tools.keys() == {"ask", "search", "get_document"}
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.idempotent_hint is True
        assert tool.annotations.open_world_hint is False
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
    takes = {name: set(tool.input_schema["properties"]) for name, tool in tools.items()}
    assert takes == {
        "ask": {"question", "history", "top_k", "min_confidence", "filter"},
        "search": {"question", "top_k", "filter"},
        "get_document": {"document_id", "start", "end"},
    }
    for name, body in (("ask", AskResponse), ("search", SearchResponse)):
        assert tools[name].output_schema == body.model_json_schema(mode="serialization")
    assert tools["ask"].input_schema["required"] == ["question"]
    assert tools["get_document"].input_schema["required"] == ["document_id"]


async def test_an_answer_is_that_of_the_engine(client: Client, engine: Engine) -> None:
    answer = await told(client, "ask", question=PRESS)
    expected = AskResponse.of(engine.ask(PRESS)).model_dump(mode="json")
    assert expected["answer"] == "Toshihiro Kitamura"
    for body in (answer, expected):
        del body["timings_ms"]
    assert answer == expected


async def test_what_is_cited_stands_there_in_the_document(
    client: Client, article: Document
) -> None:
    result = await called(client, "ask", question=SINCE)
    assert result.structured_content["answer"] == "2004"
    (citation,) = result.structured_content["citations"]
    start, end = citation["start"], citation["end"]
    assert article.text[start:end] == citation["quote"] == "2004"
    (link,) = [each for each in result.content if isinstance(each, ResourceLink)]
    (contents,) = (await client.read_resource(link.uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.text == article.text
    assert contents.text[start:end] == citation["quote"]
    stretch = await told(client, "get_document", document_id=link.name, start=start, end=end)
    assert stretch["text"] == citation["quote"]


async def test_an_answer_reads_with_sentence_and_source(client: Client, article: Document) -> None:
    text = text_of(await called(client, "ask", question=SINCE))
    answer, quoted, source, *_ = re.split(r"\n+", text)
    assert answer == "2004"
    sentence = quoted.removeprefix("“").removesuffix("”")
    assert "2004" in sentence
    assert sentence in article.text
    place = re.fullmatch(r"— (.+) \(article\.txt, characters (\d+)–(\d+)\)", source)
    assert place
    assert place[1] == article.title
    assert article.text[int(place[2]) : int(place[3])] == "2004"
    assert re.search(r"Confidence: 0\.\d\d$", text)


async def test_an_abstention_says_why_and_what_is_nearest(client: Client, engine: Engine) -> None:
    result = await called(client, "ask", question=UNKNOWN)
    body = result.structured_content
    assert (result.is_error, body["abstained"], body["answer"]) == (False, True, None)
    assert body["reason"] == Reason.NO_ANSWER_IN_PASSAGES
    assert len(result.content) == 1  # nothing is cited, so nothing is linked
    text = text_of(result)
    assert text.startswith("No answer: ")
    assert "Nowhere in the documents: won, football, world, cup." in text
    hits = engine.search(UNKNOWN)
    assert [each["id"] for each in body["passages"]] == [hit.passage.id for hit in hits]
    for hit in hits[:3]:
        assert hit.passage.text in text


async def test_a_question_is_put_as_its_arguments_say(client: Client) -> None:
    strict = await told(client, "ask", question=PRESS, min_confidence=1)
    assert strict["reason"] == Reason.LOW_CONFIDENCE
    wide = await told(client, "ask", question=PRESS, top_k=2, history=[])
    assert len(wide["passages"]) == 2
    for tool in ("ask", "search"):
        nothing = await told(client, tool, question=PRESS, filter={"language": "fi"})
        assert nothing["passages"] == []
    said = [{"role": "user", "content": PRESS}, {"role": "assistant", "content": "Kitamura"}]
    assert (await told(client, "ask", question=SINCE, history=said))["question"] == SINCE


async def test_search_gives_passages_alone(client: Client, engine: Engine) -> None:
    body = await told(client, "search", question=SINCE, top_k=3)
    hits = engine.search(SINCE, top_k=3)
    assert body["passages"] == [HitBody.of_hit(hit).model_dump() for hit in hits]
    assert body["index"]["generation"] == engine.index.identity.generation
    text = text_of(await called(client, "search", question=SINCE, top_k=3))
    places = [text.index(hit.passage.text) for hit in hits]
    assert places == sorted(places)
    none = await called(client, "search", question=SINCE, filter={"language": "fi"})
    assert text_of(none) == "No passage came into question."


async def test_a_document_comes_whole_or_in_part(client: Client, article: Document) -> None:
    total = len(article.text)
    whole = await told(client, "get_document", document_id="article.txt")
    assert whole["text"] == article.text
    assert (whole["start"], whole["end"], whole["next_start"]) == (0, total, None)
    assert (whole["characters"], whole["sha256"]) == (total, article.sha256)
    part = await called(client, "get_document", document_id="article.txt", start=10, end=100)
    assert part.structured_content["next_start"] == 100
    assert text_of(part, 1) == part.structured_content["text"] == article.text[10:100]
    assert f"characters 10–100 of {total}; there is more from start=100 on" in text_of(part)
    beyond = await told(client, "get_document", document_id="article.txt", start=10, end=10**9)
    assert (beyond["text"], beyond["end"]) == (article.text[10:], total)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, ["question: Field required."]),
        ("ask", {"question": 1}, ["question: Input should be a valid string."]),
        ("ask", {"question": " \n"}, ["The question is blank: write one."]),
        ("ask", {"question": "x" * 4001}, ["4001 characters", "4000 are read"]),
        ("ask", {"question": "Who\0?"}, ["U+0000"]),
        ("ask", {"question": "Who?", "top_k": 0, "hue": 1}, ["top_k: ", "hue: Extra inputs"]),
        ("ask", {"question": "Who?", "top_k": "5"}, ["top_k: Input should be a valid integer."]),
        ("ask", {"question": "Who?", "min_confidence": 2}, ["min_confidence: "]),
        (
            "ask",
            {"question": "Who?", "history": [{"role": "system", "content": "x"}]},
            ["history.0.role: Input should be 'user' or 'assistant'."],
        ),
        ("search", {"question": "Who?", "filter": {"year": {"over": 1}}}, ["'over'", "gte"]),
        ("search", {"question": "Who?", "min_confidence": 0.5}, ["min_confidence: Extra inputs"]),
        ("get_document", {"document_id": "nope.txt"}, ["No document has the id 'nope.txt'"]),
        ("get_document", {"document_id": "article.txt", "start": -1}, ["start: "]),
        ("get_document", {"document_id": "article.txt", "start": 10**6}, ["3692 characters"]),
        ("get_document", {"document_id": "article.txt", "start": 9, "end": 9}, ["from 9 to 9"]),
    ],
)
async def test_what_cannot_be_answered_is_said(
    tool: str, arguments: dict[str, Any], said: list[str], client: Client
) -> None:
    result = await called(client, tool, **arguments)
    assert result.is_error
    assert result.structured_content is None
    for each in said:
        assert each in text_of(result)
    for inside in ("Traceback", "pydantic", ".py"):
        assert inside not in text_of(result)


async def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(client: Client) -> None:
    with pytest.raises(MCPError, match="There is no tool 'index': known are ask, search") as raised:
        await client.call_tool("index", {})
    assert raised.value.code == INVALID_PARAMS


async def test_calls_at_once_get_their_own_answers(client: Client) -> None:
    answers = {PRESS: "Toshihiro Kitamura", SINCE: "2004", UNKNOWN: None}
    given: list[tuple[str, str | None]] = []

    async def ask(question: str) -> None:
        body = (await called(client, "ask", question=question)).structured_content
        given.append((body["question"], body["answer"]))

    async with create_task_group() as tasks:
        for question in [*answers] * 4:
            tasks.start_soon(ask, question)
    assert sorted(given) == sorted([*answers.items()] * 4)
