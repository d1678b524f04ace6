"""The HTTP contract: every field present and true, receipts exact, pages safe, probes honest."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest
from starlette.testclient import TestClient

from rag import engine as engines
from rag.engine import Engine
from rag.errors import IndexMissing
from rag.server import create_app
from rag.settings import Settings
from rag.types import Document

ANSWERED = {
    "question", "resolved_question", "answer", "abstained", "reason", "confidence", "citations",
    "alternatives", "passages", "index", "timings_ms",
}  # fmt: skip
CITATION = {
    "id", "document_id", "title", "url", "page", "quote", "start", "end", "unit", "start_utf16",
    "end_utf16", "answer_start", "answer_end", "sentence", "passage", "document_sha256", "href",
}  # fmt: skip
HIT = {"id", "document_id", "start", "end", "text", "score", "dense", "lexical"}
PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
QUESTIONS = [
    PRESS,
    "Who is the prime minister of Japan?",
    "Which Russian travelled to Tajikistan for a summit?",
    "Who is Uzbekistan's president?",
    "Which country is Central Asia's biggest trading partner now?",
    "When does the summit in Japan open?",
    "In what year did Russian forces enter Ukraine?",
    "Where does Central Asia lie?",
    "How many days will the gathering last?",
    "Why is Beijing upset with Japan?",
    "Which minerals are found in Central Asia?",
    "wat was Xi Jinpings tirp to Kazakstan ment to advanse",
    "summit cooperation areas",
]
ODD = {
    "plain.txt": "Gold was found in 1848.\n\nFoxes hunt at night.",
    "a b&c?d#e%2F.txt": "An odd name is fine.",
    "deep/é “q”.md": "# Title\n\nSome *marked* text.",
    "script.txt": "<script>alert('x')</script> was <b>written</b> here.\n\n</mark></article>&amp;",
    "lines.txt": "First line.\r\nSecond line.\r\n\r\nA paragraph 😀.\u2028It ends.",
    "empty.txt": "",
}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(server: httpx.Client) -> Ask:
    def post(question: str, **more: Any) -> dict[str, Any]:
        reply = server.post("/v1/ask", json={"question": question, **more})
        assert reply.status_code == 200
        assert reply.headers["Content-Type"] == "application/json"
        found: dict[str, Any] = reply.json()
        return found

    return post


@pytest.fixture(scope="module")
def odd(
    tmp_path_factory: pytest.TempPathFactory, models: Path, environment: Mapping[str, str]
) -> Iterator[httpx.Client]:
    """Serve documents with odd names and dangerous texts, in a process of its own."""
    folder = tmp_path_factory.mktemp("odd")
    for name, text in ODD.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, encoding="utf-8", newline="")
    (folder / "index").mkdir()
    (folder / "index" / "models").symlink_to(models, target_is_directory=True)
    settings = Settings(index=folder / "index")
    engines.index(settings, [folder / "source"], lambda *_: None)
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--index", str(settings.index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        with httpx.Client(base_url=address, timeout=60) as client:
            yield client
        process.terminate()
        process.stdout.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def check_citation(citation: Mapping[str, Any], answer: str, document: Document) -> None:
    """Check every member of a citation against the document."""
    assert citation.keys() == CITATION
    start, end = citation["start"], citation["end"]
    utf16 = document.text.encode("utf-16-le")[2 * citation["start_utf16"] :]
    utf16 = utf16[: 2 * (citation["end_utf16"] - citation["start_utf16"])]
    sentence, passage = citation["sentence"], citation["passage"]
    assert document.text[start:end] == citation["quote"] == utf16.decode("utf-16-le")
    assert answer[citation["answer_start"] : citation["answer_end"]] == citation["quote"]
    assert sentence.keys() == {"start", "end", "text"}
    assert document.text[sentence["start"] : sentence["end"]] == sentence["text"]
    assert passage.keys() == {"id", "start", "end", "text"}
    assert document.text[passage["start"] : passage["end"]] == passage["text"]
    assert passage["start"] <= sentence["start"] <= start < end <= sentence["end"] <= passage["end"]
    assert passage["id"] == (
        f"{document.id}@{document.sha256[:8]}#{passage['start']}-{passage['end']}"
    )
    assert citation["href"] == f"/documents/article.txt?start={start}&end={end}"
    assert (citation["id"], citation["unit"]) == (1, "codepoint")
    assert (citation["url"], citation["page"]) == (None, None)
    assert (citation["document_id"], citation["document_sha256"]) == (document.id, document.sha256)
    assert citation["title"] == document.title


def check_hits(hits: Sequence[Mapping[str, Any]], document: Document) -> None:
    for hit in hits:
        assert hit.keys() == HIT
        assert document.text[hit["start"] : hit["end"]] == hit["text"]
        assert hit["id"] == f"article.txt@{document.sha256[:8]}#{hit['start']}-{hit['end']}"
        assert -1 <= hit["dense"] <= 1
        assert hit["lexical"] >= 0
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)


# Asking and searching


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_and_alternative_is_a_receipt(
    question: str, ask: Ask, article: Document
) -> None:
    reply = ask(question, min_confidence=0)
    assert reply.keys() == ANSWERED
    assert (reply["question"], reply["resolved_question"]) == (question, question)
    assert (reply["abstained"], reply["reason"]) == (False, None)
    assert 0 < reply["confidence"] < 1
    for given in (reply, *reply["alternatives"]):
        (citation,) = given["citations"]
        check_citation(citation, given["answer"], article)
    for alternative in reply["alternatives"]:
        assert alternative.keys() == {"answer", "confidence", "citations"}
        assert alternative["confidence"] <= reply["confidence"]
    check_hits(reply["passages"], article)
    assert len(reply["passages"]) == 5


def test_a_known_question_has_its_known_answer(ask: Ask) -> None:
    assert "Toshihiro Kitamura" in ask(PRESS)["answer"]


def test_abstaining_has_the_same_members_and_says_why(ask: Ask, article: Document) -> None:
    reply = ask(PRESS, min_confidence=1)
    assert reply.keys() == ANSWERED
    assert (reply["answer"], reply["abstained"], reply["citations"]) == (None, True, [])
    assert reply["reason"] == "low_confidence"
    check_hits(reply["passages"], article)
    assert len(reply["passages"]) == 5
    withheld = reply["alternatives"][0]
    assert withheld["confidence"] == reply["confidence"] < 1
    check_citation(withheld["citations"][0], withheld["answer"], article)


def test_what_is_not_a_question_is_not_an_error(ask: Ask) -> None:
    reply = ask("?!")
    assert reply.keys() == ANSWERED
    assert (reply["reason"], reply["confidence"], reply["passages"]) == ("not_a_question", 0, [])


def test_white_space_around_a_question_is_dropped(ask: Ask) -> None:
    assert ask(f" \t\r\n{PRESS}\n")["question"] == PRESS


def test_the_index_and_the_time_taken_are_named(ask: Ask, engine: Engine) -> None:
    reply = ask(PRESS)
    identity = engine.index.identity
    assert reply["index"] == {
        "generation": identity.generation,
        "fingerprint": identity.fingerprint,
    }
    times = reply["timings_ms"]
    assert times.keys() == {"retrieve", "read", "total"}
    assert times["total"] == pytest.approx(times["retrieve"] + times["read"], abs=0.02)
    assert min(times.values()) > 0


def test_the_same_question_has_the_same_answer(ask: Ask) -> None:
    first, second = ask(PRESS), ask(PRESS)
    assert first | {"timings_ms": None} == second | {"timings_ms": None}


@pytest.mark.parametrize("top_k", [1, 3, 100])
def test_top_k_bounds_the_passages(top_k: int, ask: Ask, engine: Engine) -> None:
    expected = min(top_k, len(engine.index.passages))
    assert len(ask(PRESS, top_k=top_k)["passages"]) == expected


def test_http_gives_what_the_engine_gives(ask: Ask, engine: Engine) -> None:
    reply, answer = ask(PRESS), engine.ask(PRESS)
    assert reply["answer"] == answer.answer
    assert reply["confidence"] == round(answer.confidence, 4)
    assert [hit["id"] for hit in reply["passages"]] == [h.passage.id for h in answer.passages]


def test_null_members_mean_the_defaults(ask: Ask) -> None:
    given = ask(PRESS, top_k=None, min_confidence=None)
    assert given | {"timings_ms": None} == ask(PRESS) | {"timings_ms": None}


def test_search_gives_the_passages_of_an_answer(
    server: httpx.Client, ask: Ask, article: Document
) -> None:
    reply = server.post("/v1/search", json={"question": PRESS, "top_k": 3}).json()
    assert reply.keys() == {"question", "passages", "index"}
    assert reply["question"] == PRESS
    check_hits(reply["passages"], article)
    answered = ask(PRESS, top_k=3)
    assert reply["passages"] == answered["passages"]
    assert reply["index"] == answered["index"]


# Documents


def test_a_document_is_given_with_its_text(server: httpx.Client, article: Document) -> None:
    passages = server.post("/v1/search", json={"question": PRESS, "top_k": 100}).json()["passages"]
    summary = {
        "id": "article.txt",
        "title": article.title,
        "media_type": "text/plain",
        "sha256": article.sha256,
        "characters": len(article.text),
        "passages": len(passages),
        "href": "/documents/article.txt",
    }
    given = server.get("/v1/documents/article.txt").json()
    listed = server.get("/v1/documents").json()
    assert given == {**summary, "text": article.text}
    assert listed == {"documents": [summary], "total": 1, "offset": 0, "limit": 50}


def test_the_list_of_documents_is_paged_in_the_order_of_ids(odd: httpx.Client) -> None:
    everything = [each["id"] for each in odd.get("/v1/documents").json()["documents"]]
    assert everything == sorted(ODD)
    for offset in range(len(ODD) + 2):
        page = odd.get("/v1/documents", params={"offset": offset, "limit": 2}).json()
        assert [each["id"] for each in page["documents"]] == everything[offset : offset + 2]
        assert (page["total"], page["offset"], page["limit"]) == (len(ODD), offset, 2)


@pytest.mark.parametrize("query", ["offset=-1", "limit=0", "limit=1001", "limit=x", "offset=1.5"])
def test_a_wrong_page_is_refused(query: str, odd: httpx.Client) -> None:
    reply = odd.get(f"/v1/documents?{query}")
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith(query.partition("=")[0])


@pytest.mark.parametrize("name", ODD)
def test_any_document_is_found_by_its_id_and_its_link(name: str, odd: httpx.Client) -> None:
    given = odd.get(f"/v1/documents/{quote(name)}").json()
    assert (given["id"], given["text"]) == (name, ODD[name])
    assert odd.get(given["href"]).status_code == 200


# The page of a source


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


def test_the_page_of_a_citation_marks_its_quote(ask: Ask, server: httpx.Client) -> None:
    for question in QUESTIONS[:4]:
        (citation,) = ask(question, min_confidence=0)["citations"]
        page = Page(server.get(citation["href"]).text)
        assert page.marked == citation["quote"]
        assert page.anchors == 1


@pytest.mark.parametrize("name", ["article.txt", "plain.txt", "lines.txt", "script.txt"])
def test_any_span_is_marked_as_it_stands(
    name: str, odd: httpx.Client, server: httpx.Client, article: Document
) -> None:
    text = {**ODD, "article.txt": article.text}[name]
    size = len(text)
    places = sorted({0, 1, 2, size // 3, size // 2, size - 1, size})
    for start, end in ((i, j) for i in places for j in places if i < j):
        path = f"/documents/{name}?start={start}&end={end}"
        page = Page((server if name == "article.txt" else odd).get(path).text)
        assert solid(page.marked) == solid(text[start:end])
        assert solid(page.text) == solid(text)
        assert page.anchors == bool(text[start:end].strip())


def test_a_page_without_a_span_marks_nothing(odd: httpx.Client) -> None:
    page = Page(odd.get("/documents/plain.txt").text)
    assert "mark" not in page.tags
    assert solid(page.text) == solid(ODD["plain.txt"])


def test_a_span_may_begin_between_paragraphs(odd: httpx.Client) -> None:
    place = ODD["plain.txt"].index("\n\n")
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


# Probes and documentation


def test_a_running_server_is_alive_and_ready(server: httpx.Client, engine: Engine) -> None:
    generation = engine.index.identity.generation
    assert server.get("/livez").json() == {"status": "alive"}
    assert server.get("/readyz").json() == {"status": "ready", "generation": generation}


def test_until_the_engine_is_open_the_service_is_alive_but_not_ready(engine: Engine) -> None:
    release = Event()
    outcomes: list[Exception | None] = []

    def opening() -> Engine:
        release.wait()
        return engine

    with TestClient(create_app(opening, outcomes.append)) as client:
        for reply in (client.get("/readyz"), client.post("/v1/ask", json={"question": "Who?"})):
            assert reply.status_code == 503
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert reply.headers["Retry-After"] == "1"
            assert reply.json()["type"] == "urn:rag:NotReady"
        assert client.get("/livez").status_code == 200
        assert outcomes == []
        release.set()
        wait_until(lambda: client.get("/readyz").status_code == 200)
        wait_until(lambda: outcomes == [None])
        assert client.post("/v1/ask", json={"question": PRESS}).status_code == 200


def test_a_missing_index_is_said_to_every_request(tmp_path: Path) -> None:
    outcomes: list[Exception | None] = []
    settings = Settings(index=tmp_path)
    with TestClient(create_app(lambda: Engine.open(settings), outcomes.append)) as client:
        wait_until(lambda: len(outcomes) == 1)
        assert isinstance(outcomes[0], IndexMissing)
        for path in ("/readyz", "/v1/documents", "/"):
            reply = client.get(path)
            assert reply.status_code == 503
            problem = reply.json()
            assert problem["type"] == "urn:rag:IndexMissing"
            assert "'rag index PATH…'" in problem["detail"]
        assert client.get("/livez").status_code == 200


def test_an_unforeseen_failure_to_open_is_not_waited_for(engine: Engine) -> None:
    outcomes: list[Exception | None] = []

    def opening() -> Engine:
        raise OSError("no space left")

    app = create_app(opening, outcomes.append)
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until(lambda: len(outcomes) == 1)
        reply = client.get("/readyz")
        assert reply.status_code == 500
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert "no space left" not in reply.text
    assert isinstance(outcomes[0], OSError)
    assert engine.index.passages  # what else is open is none the worse


def test_the_api_page_and_all_it_loads_come_from_this_host(server: httpx.Client) -> None:
    page = Page(server.get("/docs").text)
    loaded = [v for _, n, v in page.attributes if n in {"src", "href"} and v]
    assert len(loaded) >= 3
    for address in [*loaded, "/openapi.json"]:
        assert urljoin("http://here/docs", address).startswith("http://here/")
        reply = server.get(address)
        assert reply.status_code == 200
        assert reply.content


def test_the_api_description_names_every_route_and_its_problems(server: httpx.Client) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    for path in ("/v1/ask", "/v1/search"):
        responses = paths[path]["post"]["responses"]
        assert {"200", "422", "503"} <= responses.keys()
        assert "application/problem+json" in responses["422"]["content"]
    assert {"/v1/documents", "/v1/documents/{document_id}", "/livez", "/readyz"} <= paths.keys()
