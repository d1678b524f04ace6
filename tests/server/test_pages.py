"""Pages for a browser: a span is marked as it stands, markup stays text, nothing is foreign."""

import io
import re
from collections.abc import Callable, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from pptx import Presentation

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
        is_ours = tag == "script" and (dict(attrs).get("src") or "").startswith("/assets/")
        self.tags.append("our script" if is_ours else tag)
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
    assert page.tags.count("our script") == 1
    assert not {"script", "b", "style"} & set(page.tags)
    assert page.tags.count("article") <= 1


@pytest.mark.parametrize(
    "path", ["/", "/?question=Gold?", "/documents", "/documents/plain.txt?start=0&end=4"]
)
def test_pages_run_and_load_nothing_from_elsewhere(path: str, odd: httpx.Client) -> None:
    reply = odd.get(path)
    page = Page(reply.text)
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert not any(each in policy for each in ("unsafe", "http", "*"))
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert page.tags.count("our script") == 1
    assert "script" not in page.tags
    assert "style" not in page.tags
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in {"href", "src", "action"} and value != "#main":
            assert (value or "").startswith("/"), (tag, name, value)
            assert odd.get(value or "").status_code == 200


def test_blocks_are_shown_as_what_they_are(odd: httpx.Client) -> None:
    text = (
        "# Ports\n\n## Kobe\n\n- dug in 1868\n- 18 m\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```\nx = [1]\n\n\ny = 2\n```\n"
    )
    given = {"id": "blocks.md", "text": text, "media_type": "text/markdown"}
    odd.post("/v1/documents", json={"documents": [given]})
    html = odd.get("/documents/blocks.md").text
    odd.delete("/v1/documents/blocks.md")
    assert '<h1><span class="marker"># </span>Ports</h1>' in html
    assert '<h2><span class="marker">## </span>Kobe</h2>' in html
    assert '<li class="own"><span class="marker">- </span>dug in 1868</li>' in html
    assert "<p>| a | b |\n|---|---|\n| 1 | 2 |</p>" in html
    assert '<pre tabindex="0">```\nx = [1]\n\n\ny = 2\n```</pre>' in html


def test_pages_of_a_document_are_marked(odd: httpx.Client) -> None:
    slides = io.BytesIO()
    made = Presentation()
    for title in ("Kobe", "", "Osaka"):
        slide = made.slides.add_slide(made.slide_layouts[5])
        slide.shapes.title.text = title
    made.save(slides)
    odd.post("/v1/documents", files=[("files", ("ports.pptx", slides.getvalue()))])
    html = odd.get("/documents/ports.pptx").text.partition("<article")[2]
    odd.delete("/v1/documents/ports.pptx")
    pages = re.findall(r'<p class="page">(.*)</p>', html)
    assert pages == ["Page 1", "Page 3"]  # nothing stands on the second
    assert html.index("Page 1") < html.index("Kobe</") < html.index("Page 3") < html.index("Osaka<")


@pytest.mark.parametrize(
    ("quoted", "directive"),
    [
        ("1848", "was%20found%20in-,1848,-by%20Ada%20Grent%2C"),
        ("well-known", "Ada%20Grent%2C%20a-,well%2Dknown,-surveyor%20%26%20miner."),
    ],
)
def test_a_span_has_a_link_that_browsers_know(
    quoted: str, directive: str, odd: httpx.Client
) -> None:
    text = "Gold was found in 1848 by Ada Grent, a well-known surveyor & miner."
    odd.post("/v1/documents", json={"documents": [{"id": "gold", "text": text}]})
    start = text.index(quoted)
    path = f"/documents/gold?start={start}&end={start + len(quoted)}"
    links = [v for _, n, v in Page(odd.get(path).text).attributes if n == "href"]
    odd.delete("/v1/documents/gold")
    (link,) = [each for each in links if each and "#:~:text=" in each]
    assert link == f"{path}#:~:text={directive}"


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


def test_an_error_is_a_page_for_those_who_prefer_one(server: httpx.Client) -> None:
    for path, status in [("/documents/gone", 404), ("/documents/article.txt?start=5&end=2", 422)]:
        plain, shown = server.get(path), server.get(path, headers={"Accept": "text/html,*/*"})
        assert (plain.status_code, shown.status_code) == (status, status)
        assert plain.headers["Content-Type"] == "application/problem+json"
        assert shown.headers["Content-Type"].startswith("text/html")
        assert "Content-Security-Policy" in shown.headers
        assert plain.json()["detail"] in unescape(shown.text)


# The list of the documents


@pytest.mark.parametrize("path", ["/documents", "/documents/"])
def test_the_documents_are_listed(path: str, odd: httpx.Client) -> None:
    links = [v for t, n, v in Page(odd.get(path).text).attributes if (t, n) == ("a", "href")]
    for each in odd.get("/v1/documents").json()["documents"]:
        assert each["href"] in links


def test_the_list_is_searched_and_cut(odd: httpx.Client) -> None:
    def listed(query: str) -> list[str | None]:
        page = Page(odd.get(f"/documents?{query}").text)
        return [v for t, n, v in page.attributes if (t, n) == ("li", "data-id")]

    everything = [each["id"] for each in odd.get("/v1/documents").json()["documents"]]
    assert listed("") == everything
    assert listed("offset=2&limit=3") == everything[2:5]
    assert listed("search=LINES+txt") == ["lines.txt"]
    assert listed("search=nothing") == []


def test_a_collection_has_pages_of_its_own(odd: httpx.Client) -> None:
    odd.put("/v1/collections/west")
    note = {"id": "note", "text": "Gold was found in 1848."}
    odd.post("/collections/west/v1/documents", json={"documents": [note]})
    for path in ("/", "/documents", "/documents/note"):
        page = Page(odd.get(f"/collections/west{path}").text)
        links = {v for t, n, v in page.attributes if (t, n) == ("a", "href")}
        assert {"/collections/west/", "/collections/west/documents"} <= links
        assert ("rag-chat", "src", "/collections/west") in page.attributes or path != "/"
    odd.delete("/v1/collections/west")


# The question page


def test_the_question_page_answers_with_a_link_to_the_source(server: httpx.Client) -> None:
    reply = server.get("/", params={"question": PRESS})
    page = Page(reply.text)
    (href,) = [v for _, n, v in page.attributes if n == "href" and v and "?start=" in v]
    assert "Toshihiro Kitamura" in reply.text
    assert "Toshihiro Kitamura" in Page(server.get(href).text).marked


def test_a_question_that_cannot_be_asked_is_explained_on_the_page(server: httpx.Client) -> None:
    reply = server.get("/", params={"question": "x" * 4001})
    assert reply.status_code == 422
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


@pytest.mark.parametrize("question", ["a\x01b", "x" * 4001])
def test_a_question_that_cannot_be_asked_is_no_success(question: str, odd: httpx.Client) -> None:
    page = odd.get("/", params={"question": question})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
