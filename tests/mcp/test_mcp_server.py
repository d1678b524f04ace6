"""The server over collections of the test's own: odd names, long texts, waiting, failing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from anyio import create_task_group
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client, MCPError, UriTemplate
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    Resource,
    TextContent,
    TextResourceContents,
)

from rag.collection import Collection
from rag.documents import parse
from rag.engine import Engine
from rag.errors import DocumentNotFound, IndexMissing
from rag.mcp import texts
from rag.mcp.arguments import MAX_STRETCH
from rag.mcp.server import serving
from rag.mcp.source import Source
from rag.mcp.uris import document_id_of, template, uri_of
from rag.settings import Settings
from rag.types import Answer, Role, Turn

pytestmark = pytest.mark.anyio

ODD = ("a b&c?d#e%2F.txt", "deep/é “q”.md", "../up", "%", "lines 😀", "rag:///documents/x")

Make = Callable[..., Collection]


@pytest.fixture(scope="module")
def seeded(settings: Settings) -> Collection:
    """Return the collection of the seeds, whose models serve the others too."""
    return Collection.open(settings)


@pytest.fixture
def make(seeded: Collection, tmp_path: Path) -> Make:
    """Return what makes a collection of plain texts by their ids."""

    def made(**texts: str) -> Collection:
        collection = seeded.over(tmp_path / "index", anew=True)
        collection.add([parse(name, text, "text/plain") for name, text in texts.items()])
        return collection

    return made


def served(collection: Collection, name: str | None = None) -> Client:
    """Return a client of a server in this process."""
    return Client(serving(lambda _: Source(collection.engine, name)))


async def listed(client: Client) -> list[list[Resource]]:
    """Return the resources, page by page."""
    pages = [await client.list_resources()]
    while pages[-1].next_cursor is not None:
        pages.append(await client.list_resources(cursor=pages[-1].next_cursor))
    return [page.resources for page in pages]


async def read(client: Client, uri: str) -> TextResourceContents:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    return contents


# Resources


async def test_resources_are_listed_by_pages_in_the_order_of_their_ids(
    make: Make,
) -> None:
    names = [f"note-{number:03}" for number in range(200)]
    collection = make(**{name: f"This is {name}." for name in reversed(names)})
    async with served(collection) as client:
        pages = await listed(client)
        assert [len(page) for page in pages] == [100, 100]
        assert [each.name for page in pages for each in page] == names
        first = await client.list_resources()
        collection.remove("note-000")
        collection.add([parse("note-100b", "New.", "text/plain")])
        after = await client.list_resources(cursor=first.next_cursor)
        assert [each.name for each in after.resources][:3] == ["note-100", "note-100b", "note-101"]


@pytest.mark.parametrize("name", [None, "west"])
async def test_documents_of_any_name_are_read_by_their_uris(name: str | None, make: Make) -> None:
    collection = make(**{each: f"Text of {each}.\r\nIts end 😀" for each in ODD})
    async with served(collection, name) as client:
        (page,) = await listed(client)
        assert [each.name for each in page] == sorted(ODD)
        (made,) = (await client.list_resource_templates()).resource_templates
        for each in page:
            assert each.uri == UriTemplate.parse(made.uri_template).expand(
                {"document_id": each.name}
            )
            contents = await read(client, each.uri)
            assert contents.text == f"Text of {each.name}.\r\nIts end 😀"
            assert (contents.uri, contents.mime_type) == (each.uri, each.mime_type)
        prefix = "rag:///documents/" if name is None else "rag:///collections/west/documents/"
        assert page[0].uri == f"{prefix}{page[0].uri.rpartition('/')[2]}"
        slashed = prefix + "deep/%C3%A9%20%E2%80%9Cq%E2%80%9D.md"  # as people write it
        assert (await read(client, slashed)).text.startswith("Text of deep/")


async def test_a_resource_says_what_it_reads_as(make: Make) -> None:
    collection = make(plain="Plain.")
    collection.add([parse("marked", "# Head\n\nText.", "text/markdown")])
    async with served(collection) as client:
        (page,) = await listed(client)
        assert {each.name: each.mime_type for each in page} == {
            "plain": "text/plain",
            "marked": "text/markdown",
        }
        assert [each.title for each in page] == ["Head", "Plain."]


@pytest.mark.parametrize(
    "uri",
    [
        "rag:///documents/nope",
        "rag:///documents/",
        "rag:///documents/%FF",
        "rag:///collections/west/documents/here",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_uri_of_no_document_is_refused(uri: str, make: Make) -> None:
    async with served(make(here="Here.")) as client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)
    assert raised.value.code == INVALID_PARAMS
    assert raised.value.data == {"type": "urn:rag:DocumentNotFound"}


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_an_id_comes_back_from_its_uri(document_id: str) -> None:
    for base in ("", "/collections/west"):
        uri = uri_of(document_id, base)
        assert document_id_of(uri, base) == document_id
        assert UriTemplate.parse(template(base)).expand({"document_id": document_id}) == uri
        assert uri.isascii()
        assert uri.count("/") == 4 + base.count("/")
        with pytest.raises(DocumentNotFound):
            document_id_of(uri, f"{base}/other")


# Long documents


async def test_a_long_document_is_read_in_several_calls(make: Make) -> None:
    text = "It begins 😀." + "\n" * MAX_STRETCH + "It goes on." + "\n" * MAX_STRETCH + "It ends."
    async with served(make(long=text, empty="")) as client:
        parts: list[str] = []
        start: int | None = 0
        while start is not None:
            result = await client.call_tool("get_document", {"document_id": "long", "start": start})
            body = result.structured_content
            assert (body["start"], body["characters"]) == (start, len(text))
            assert len(body["text"]) == body["end"] - start <= MAX_STRETCH
            parts.append(body["text"])
            start = body["next_start"]
        assert len(parts) == 3
        assert "".join(parts) == text
        empty = (
            await client.call_tool("get_document", {"document_id": "empty"})
        ).structured_content
        assert (empty["text"], empty["end"], empty["next_start"]) == ("", 0, None)


# What the engine is given, and how its answers read


async def test_a_conversation_reaches_the_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Sequence[Turn]] = []
    ask = Engine.ask

    def listening(asked: Engine, question: str, *, history: Sequence[Turn], **more: Any) -> Answer:
        heard.append(history)
        return ask(asked, question, history=history, **more)

    monkeypatch.setattr(Engine, "ask", listening)
    said = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Kitamura"}]
    async with Client(serving(lambda _: Source(engine))) as client:
        for history in ({"history": said}, {"history": None}, {}):
            asked = await client.call_tool("ask", {"question": "Since when?", **history})
            assert not asked.is_error
    assert heard == [(Turn(Role.USER, "Who?"), Turn(Role.ASSISTANT, "Kitamura")), (), ()]


def test_what_a_question_was_understood_as_is_said(engine: Engine) -> None:
    answer = engine.ask("Since when have Japan and Central Asia held a dialogue?")
    assert "Understood as" not in texts.answered(answer)
    resolved = replace(answer, question="Since when?")
    assert f"Understood as: {answer.resolved_question}" in texts.answered(resolved)
    (citation,) = answer.citations
    paged = replace(answer, citations=(replace(citation, page=3),))
    assert f"(article.txt, page 3, characters {citation.start}–" in texts.answered(paged)


# Threads and errors


async def test_a_call_that_waits_does_not_keep_others_waiting(engine: Engine) -> None:
    second = Event()
    waited: list[bool] = []

    def find(_: object) -> Source:
        if not waited:
            waited.append(False)
            waited[0] = second.wait(timeout=30)
        return Source(engine)

    async with Client(serving(find)) as client, create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "search", {"question": "summit"})
        while not waited:
            await client.list_tools()
        await client.call_tool("get_document", {"document_id": "article.txt"})
        second.set()
    assert waited == [True]


async def test_an_index_that_cannot_serve_is_told_by_tools_and_resources() -> None:
    def find(_: object) -> Source:
        raise IndexMissing("There is no index: make one.")

    async with Client(serving(find)) as client:
        result = await client.call_tool("ask", {"question": "Who?"})
        assert isinstance(result, CallToolResult)
        assert result.is_error
        assert result.content == [TextContent(text="There is no index: make one.")]
        wrong = await client.call_tool("ask", {})
        assert wrong.content == [TextContent(text="question: Field required.")]
        with pytest.raises(MCPError, match="There is no index: make one") as raised:
            await client.list_resources()
        assert raised.value.code == INTERNAL_ERROR
        assert len((await client.list_tools()).tools) == 3


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_what_is_unforeseen_is_logged_and_not_shown(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    def find(_: object) -> Source:
        raise ZeroDivisionError("a secret")

    async with Client(serving(find), mode=mode) as client:
        for call in (
            lambda: client.call_tool("ask", {"question": "Who?"}),
            client.list_resources,
        ):
            with pytest.raises(MCPError) as raised:
                await call()
            assert raised.value.code == INTERNAL_ERROR
            assert raised.value.message.startswith("An unforeseen error, which the server has")
    assert "a secret" in caplog.text
