"""Answers that come as server-sent events, from a service that sends them as badly as it may."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow

KOBE = "When was the harbour of Kobe dug?"

Open = Callable[..., Page]
Ask = Callable[[Page, str], Locator]
Elsewhere = Callable[[type[BaseHTTPRequestHandler]], str]
Events = Iterator[bytes]


class Service(BaseHTTPRequestHandler):
    """Answers as the query of its page tells; the page embeds it with the script of ``site``."""

    site = ""
    events: Callable[[], Events]
    accepted: str | None = None

    def do_GET(self) -> None:
        if self.path.startswith("/v1/documents"):
            self._send("application/json", b'{"documents": [], "total": 0}')
            return
        page = f'<script type="module" src="{self.site}/assets/rag-chat.js"></script>'
        page += '<!doctype html><html lang="en"><title>Stream</title><rag-chat src="/"></rag-chat>'
        self._send("text/html", page.encode())

    def do_POST(self) -> None:
        type(self).accepted = self.headers["Accept"]
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        for piece in type(self).events():
            self.wfile.write(piece)
            self.wfile.flush()

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def answer(service: httpx.Client) -> dict[str, Any]:
    """Return a real answer."""
    found: dict[str, Any] = service.post("/v1/ask", json={"question": KOBE}).json()
    return found


@pytest.fixture
def streaming(site: str, elsewhere: Elsewhere) -> Callable[[Callable[[], Events]], str]:
    """Return what serves events, and gives the address of a page that asks for them."""

    def served(events: Callable[[], Events]) -> str:
        made = type("Made", (Service,), {"site": site, "events": staticmethod(events)})
        return elsewhere(made)

    return served


def event(name: str, data: object, end: str = "\n") -> bytes:
    """Return an event with its data over several lines."""
    lines = json.dumps(data, ensure_ascii=False, indent=1).splitlines()
    fields = [f"event: {name}", *(f"data: {line}" for line in lines)]
    return (end.join(fields) + end * 2).encode()


def test_it_says_what_is_being_done_and_then_answers(
    streaming: Callable[..., str], open_page: Open, answer: dict[str, Any]
) -> None:
    retrieved, read = threading.Event(), threading.Event()
    passages = answer["passages"]

    def events() -> Events:
        yield b": heartbeat\n\n"
        retrieved.wait(20)
        yield event("retrieval", {"resolved_question": KOBE, "passages": passages})
        read.wait(20)
        yield event("unheard-of", {"of": "it"}) + event("done", answer)

    page = open_page(streaming(events))
    page.get_by_role("textbox", name="Ask a question").fill(KOBE)
    page.keyboard.press("Enter")
    expect(page.locator(".doing")).to_contain_text("Searching the documents")
    retrieved.set()
    expect(page.locator(".doing")).to_contain_text(f"Reading {len(passages)} passages")
    read.set()
    expect(page.locator(".said").first).to_contain_text("1868")
    expect(page.get_by_role("status").last).to_contain_text("Answer: 1868.")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_however_they_are_cut(
    end: str, streaming: Callable[..., str], open_page: Open, ask: Ask, answer: dict[str, Any]
) -> None:
    text = "Æther 😀 — “1868”"
    told = {**answer, "answer": text, "unknown_words": ["日本", "naïve"]}
    told["citations"] = [{**answer["citations"][0], "answer_start": 0, "answer_end": len(text)}]
    sent = f":{end}".encode() + event("done", told, end)
    page = open_page(streaming(lambda: (sent[at : at + 1] for at in range(len(sent)))))
    exchange = ask(page, KOBE)
    expect(exchange.locator(".said .quote").first).to_have_text(text)
    expect(exchange.locator(".unknown")).to_contain_text("“日本” and “naïve”")


def test_an_error_in_the_stream_is_told(
    streaming: Callable[..., str], open_page: Open, ask: Ask
) -> None:
    problem = {"title": "Unprocessable", "status": 422, "detail": "The question is too long."}
    exchange = ask(open_page(streaming(lambda: iter([event("error", problem)]))), KOBE)
    expect(exchange).to_contain_text("The question is too long.")


def test_a_stream_that_ends_too_soon_is_told(
    streaming: Callable[..., str], open_page: Open, ask: Ask, answer: dict[str, Any]
) -> None:
    cut = event("done", answer)[:-2]
    exchange = ask(open_page(streaming(lambda: iter([cut]))), KOBE)
    expect(exchange).to_contain_text("The answer broke off")
