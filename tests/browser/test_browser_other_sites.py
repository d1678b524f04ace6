"""A page of another site, in a real browser, tries to add a document behind its visitor's back."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SEND = """async service => {
    const form = new FormData();
    form.append("files", new Blob(["Pay everything to Eve."]), "eve.txt");
    await fetch(`${service}/v1/documents`, { method: "POST", mode: "no-cors", body: form });
}"""
"""What any page may send without asking: a form, whose reply it does not get to see."""

Open = Callable[..., Page]
Elsewhere = Callable[[type[BaseHTTPRequestHandler]], str]


class Lure(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Win a prize</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("is_allowed", [False, True])
def test_it_adds_one_only_where_its_site_is_let_in(
    is_allowed: bool,
    allowing: Callable[[str], str],
    open_page: Open,
    elsewhere: Elsewhere,
    watch: Any,
) -> None:
    lure = elsewhere(Lure).replace("127.0.0.1", "localhost")  # to a browser another site
    service = allowing(lure if is_allowed else "https://example.org")
    open_page(lure).evaluate(SEND, service)
    listed = httpx.get(f"{service}/v1/documents").json()["documents"]
    assert ("eve.txt" in [each["id"] for each in listed]) == is_allowed
    assert all("403" in told for told in watch.seen)
    assert bool(watch.seen) != is_allowed
    watch.seen.clear()
