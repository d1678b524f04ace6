"""Pages for a browser: a span is marked as it stands, markup stays text, nothing is foreign."""

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from rag.types import Document

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
QUESTIONS = [
    PRESS, "Who is the prime minister of Japan?",
    "Which Russian travelled to Tajikistan for a summit?", "Who is Uzbekistan's president?",
]  # fmt: skip

Ask = Callable[..., dict[str, Any]]


class Page(HTMLParser):
    """What a browser would see: tags, marked text, text of the article, addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.marked = ""
        self.text = ""
        self.anchors = 0
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.anchors += ("id", "span") in attrs
        if tag in {"article", "mark"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"article", "mark"}:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if "article" in self._open else ""
        self.marked += data if "mark" in self._open else ""


def solid(text: str) -> str:
    """Return a text without white space, which blocks of a page part differently."""
    return "".join(text.split())


# The page of a source


def test_the_page_of_a_citation_marks_its_quote(ask: Ask, server: httpx.Client) -> None:
    for question in QUESTIONS:
        (citation,) = ask(question, min_confidence=0)["citations"]
        page = Page(server.get(citation["href"]).text)
        assert page.marked == citation["quote"]
        assert page.anchors == 1


@pytest.mark.parametrize("name", ["article.txt", "plain.txt", "lines.txt", "script.txt"])
def test_any_span_is_marked_as_it_stands(
    name: str,
    odd: httpx.Client,
    server: httpx.Client,
    article: Document,
    odd_texts: Mapping[str, str],
) -> None:
    text = {**odd_texts, "article.txt": article.text}[name]
    size = len(text)
    places = sorted({0, 1, 2, size // 3, size // 2, size - 1, size})
    for start, end in ((i, j) for i in places for j in places if i < j):
        path = f"/documents/{name}?start={start}&end={end}"
        page = Page((server if name == "article.txt" else odd).get(path).text)
        assert solid(page.marked) == solid(text[start:end])
        assert solid(page.text) == solid(text)
        assert page.anchors == bool(text[start:end].strip())


def test_a_page_without_a_span_marks_nothing(
    odd: httpx.Client, odd_texts: Mapping[str, str]
) -> None:
    page = Page(odd.get("/documents/plain.txt").text)
    assert "mark" not in page.tags
    assert solid(page.text) == solid(odd_texts["plain.txt"])


def test_a_span_may_begin_between_paragraphs(
    odd: httpx.Client, odd_texts: Mapping[str, str]
) -> None:
    place = odd_texts["plain.txt"].index("\n\n")
    page = Page(odd.get(f"/documents/plain.txt?start={place}&end={place + 7}").text)
    assert (page.marked, page.anchors) == ("Foxes", 1)


@pytest.mark.parametrize("path", ["/documents/script.txt?start=0&end=30", "/?question=<script>"])
def test_markup_in_a_text_stays_text(path: str, odd: httpx.Client) -> None:
    page = Page(odd.get(path).text)
    assert not {"script", "b", "style"} & set(page.tags)
    assert page.tags.count("article") <= 1


@pytest.mark.parametrize("path", ["/", "/?question=Gold?", "/documents/plain.txt"])
def test_pages_run_no_script_and_load_nothing_from_elsewhere(path: str, odd: httpx.Client) -> None:
    reply = odd.get(path)
    page = Page(reply.text)
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert not any(each in policy for each in ("unsafe", "script-src", "http", "*"))
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "script" not in page.tags
    assert "style" not in page.tags
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in {"href", "src", "action"}:
            assert (value or "").startswith("/"), (tag, name, value)
            assert odd.get(value or "").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "start=5&end=2",
        "start=5&end=5",
        "start=-1&end=5",
        "start=0&end=100000",
        "start=100000&end=100001",
        "start=1",
        "end=1",
        "start=a&end=b",
        "start=1.5&end=2",
        "start=&end=",
        "start=99999999999999999999999999&end=999999999999999999999999999",
    ],
)
def test_a_bad_span_is_refused(query: str, server: httpx.Client) -> None:
    reply = server.get(f"/documents/article.txt?{query}")
    assert reply.status_code == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["type"] in {"urn:rag:InvalidSpan", "urn:rag:InvalidInput"}


# The question page


def test_the_question_page_answers_with_a_link_to_the_source(server: httpx.Client) -> None:
    reply = server.get("/", params={"question": PRESS})
    page = Page(reply.text)
    (href,) = [v for _, n, v in page.attributes if n == "href" and v and "?start=" in v]
    assert "Toshihiro Kitamura" in reply.text
    assert "Toshihiro Kitamura" in Page(server.get(href).text).marked


def test_a_question_that_cannot_be_asked_is_explained_on_the_page(server: httpx.Client) -> None:
    reply = server.get("/", params={"question": "x" * 4001})
    assert reply.status_code == 200
    assert "4001 characters" in reply.text


# The page of the API


def test_the_api_page_and_all_it_loads_come_from_this_host(server: httpx.Client) -> None:
    page = Page(server.get("/docs").text)
    loaded = [v for _, n, v in page.attributes if n in {"src", "href"} and v]
    assert len(loaded) >= 3
    for address in [*loaded, "/openapi.json"]:
        assert urljoin("http://here/docs", address).startswith("http://here/")
        reply = server.get(address)
        assert reply.status_code == 200
        assert reply.content
