"""The examples, opened as their comments say."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

Open = Callable[..., Page]
Elsewhere = Callable[[type[BaseHTTPRequestHandler]], str]
Module = Callable[[str], str]


def test_the_page_with_an_embedded_conversation(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/")
    html = (EXAMPLES / "embed" / "index.html").read_text(encoding="utf-8")
    served = html.replace("http://127.0.0.1:8000", site)
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.route("**/embed", lambda route: route.fulfill(body=served, content_type="text/html"))
    page.goto(f"{site}/embed")
    page.get_by_role("textbox", name="Ask a question").fill("When was the harbour of Kobe dug?")
    with page.expect_console_message() as told:
        page.keyboard.press("Enter")
    assert told.value.text.startswith("1868 (")
    expect(page.locator("rag-chat .said").first).to_contain_text("1868")


def test_deep_chat(site: str, open_page: Open, elsewhere: Elsewhere, module: Module) -> None:
    script = module("deep-chat/dist/deepChat.bundle.js").encode()

    class Host(BaseHTTPRequestHandler):
        """The folder of the example, with the service behind it."""

        def do_GET(self) -> None:
            is_page = self.path.startswith("/?")
            self._send(
                200,
                "text/html" if is_page else "text/javascript",
                (EXAMPLES / "deep-chat" / "index.html").read_bytes() if is_page else script,
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {"Content-Type": self.headers["Content-Type"]}
            reply = httpx.post(f"{site}{self.path}", content=body, headers=headers, timeout=60)
            self._send(reply.status_code, reply.headers["Content-Type"], reply.content)

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    host = elsewhere(Host)
    page = open_page(f"{host}/?service={host}")
    page.locator("#text-input").click()
    page.keyboard.type("When was the harbour of Kobe dug?")
    page.keyboard.press("Enter")
    answer = page.locator(".ai-message-text")
    expect(answer).to_contain_text("1868")
    link = answer.get_by_role("link", name="Harbours").get_attribute("href")
    assert (link or "").startswith(f"{host}/documents/harbours.md?start=")
