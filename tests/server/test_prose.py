"""What a chat shows of an answer: the answer as it stands, then links that Markdown reads right."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.engine import Engine
from rag.server.chat.conversation import question
from rag.server.chat.prose import Site, prose, spoken
from rag.types import Reason
from rag.wire import MAX_TURN, MAX_TURNS, AskResponse, CitationBody
from rag.wire.said import Said

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
ROOT = "http://here"

Told = Callable[..., AskResponse]


@pytest.fixture(scope="session")
def told(engine: Engine) -> AskResponse:
    return AskResponse.of(engine.ask(PRESS))


def site(title: str = "A title") -> Site:
    return Site(ROOT, "", lambda _: title)


def links(text: str) -> list[tuple[str, str]]:
    """Return text and address of each link, as a reader of Markdown finds them."""
    found: list[tuple[str, str]] = []
    for block in MarkdownIt("commonmark").parse(text):
        address = None
        for token in block.children or []:
            if token.type == "link_open":
                address, words = str(token.attrs["href"]), ""
            elif token.type == "link_close" and address is not None:
                found.append((words, address))
                address = None
            elif address is not None:
                words += token.content
    return found


def test_the_answer_stands_first_and_each_source_is_a_link(told: AskResponse) -> None:
    text = prose(told, site()).text
    (citation,) = told.citations
    assert text.startswith(f"{told.answer}\n\n")
    assert links(text) == [(citation.title, f"{ROOT}{citation.href}")]


@given(title=st.text("ab `*_[](){}<>&#!\\\\\n1.中", min_size=1).filter(str.strip))
def test_any_title_is_one_link(title: str, told: AskResponse) -> None:
    citation = told.citations[0].model_copy(update={"title": title})
    quoting = citation.sentence.model_copy(update={"text": "It said `b`](x) *so*> &amp; left`."})
    citation = citation.model_copy(update={"sentence": quoting})
    shown = prose(told.model_copy(update={"citations": [citation]}), site())
    (link,) = shown.links
    assert shown.text[link.start : link.end].endswith(f"]({ROOT}{citation.href})")
    assert links(shown.text) == [(" ".join(title.split()), f"{ROOT}{citation.href}")]


def test_pages_are_named_and_several_places_numbered(told: AskResponse) -> None:
    def on(page: int | None) -> CitationBody:
        return told.citations[0].model_copy(update={"page": page})

    shown = prose(told.model_copy(update={"citations": [on(3), on(None)]}), site())
    title = told.citations[0].title
    assert [link.title for link in shown.links] == [f"{title}, page 3", title]
    assert "\n\n1. [" in shown.text
    assert "\n2. [" in shown.text


def test_a_sentence_that_is_the_answer_is_not_said_twice(told: AskResponse) -> None:
    citation = told.citations[0]
    alone = citation.model_copy(
        update={"sentence": citation.sentence.model_copy(update={"text": citation.quote})}
    )
    text = prose(told.model_copy(update={"citations": [alone]}), site()).text
    assert text.endswith(f"({ROOT}{citation.href})")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_abstention_is_a_sentence_of_its_own(reason: Reason, told: AskResponse) -> None:
    none: dict[str, Any] = {"answer": None, "abstained": True, "citations": [], "reason": reason}
    bare = prose(told.model_copy(update={**none, "passages": []}), site())
    assert bare.text.endswith(".")
    assert bare.rest == ""
    shown = prose(told.model_copy(update={**none, "unknown_words": ["Zambezi"]}), site("Near [by]"))
    assert shown.links == ()
    assert shown.lead.startswith(bare.text)
    assert "Nowhere in the documents: Zambezi." in shown.lead
    near = told.passages[:3]
    pages = [f"{ROOT}/documents/article.txt?start={hit.start}&end={hit.end}" for hit in near]
    assert links(shown.text) == [("Near [by]", page) for page in pages]
    assert [(each.title, each.url) for each in shown.near] == links(shown.text)
    assert spoken(shown.text) == shown.lead


def test_what_we_said_is_remembered_without_its_sources(told: AskResponse) -> None:
    shown = prose(told, site())
    assert spoken(shown.text) == told.answer
    said = [Said("user", PRESS), Said("assistant", shown.text), Said("user", "And of China?")]
    latest, turns = question(said)
    assert latest == "And of China?"
    assert [(turn.role.value, turn.content) for turn in turns] == [
        ("user", PRESS),
        ("assistant", told.answer),
    ]


def test_of_a_long_conversation_the_end_counts() -> None:
    said = [Said("user", f"{number} " + "x" * 2 * MAX_TURN) for number in range(2 * MAX_TURNS)]
    latest, turns = question(said)
    assert latest.startswith(f"{2 * MAX_TURNS - 1} ")
    assert len(turns) == MAX_TURNS
    assert turns[-1].content.startswith(f"{2 * MAX_TURNS - 2} ")
    assert {len(turn.content) for turn in turns} == {MAX_TURN}


def test_links_lead_to_the_host_that_was_asked(server: httpx.Client) -> None:
    body = {"model": "rag", "messages": [{"role": "user", "content": PRESS}]}
    reply = server.post("/v1/chat/completions", json=body, headers={"Host": "example.org:8443"})
    (annotation,) = reply.json()["choices"][0]["message"]["annotations"]
    assert annotation["url_citation"]["url"].startswith("http://example.org:8443/documents/")
