"""The component on a page of another site, under the strictest policy that lets it in."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow

KOBE = "When was the harbour of Kobe dug?"

Open = Callable[..., Page]
Ask = Callable[[Page, str], Locator]
InView = Callable[[Locator, Locator], bool]
Elsewhere = Callable[[type[BaseHTTPRequestHandler]], str]


class Host(BaseHTTPRequestHandler):
    """A page of somebody else, which embeds the service whose address the query names."""

    def do_GET(self) -> None:
        service = self.path.partition("?")[2]
        page = (
            '<!doctype html><html lang="en"><title>Elsewhere</title><main><h1>Elsewhere</h1>'
            f'<script type="module" src="{service}/assets/rag-chat.js"></script>'
            '<rag-chat heading="Ask the pilots" suggestions="When was the harbour of Kobe dug?">'
            "</rag-chat></main>"
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {service}; connect-src {service}; "
            "require-trusted-types-for 'script'; trusted-types 'none'",
        )
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_another_site_that_is_allowed_asks_and_opens_sources(
    allowing: Callable[[str], str],
    open_page: Open,
    in_view: InView,
    elsewhere: Elsewhere,
) -> None:
    host = elsewhere(Host)
    service = allowing(host)
    page = open_page(f"{host}/?{service}")
    page.get_by_role("button", name=KOBE).click()
    exchange = page.locator("article.exchange.settled")
    expect(exchange.locator(".said").first).to_contain_text("1868")
    exchange.get_by_role("link", name="Source 1").click()
    expect(page.locator(".reading mark")).to_have_text("1868")
    assert in_view(page.locator(".reading mark"), page.locator("rag-chat"))
    link = page.get_by_role("link", name="Open as a page").get_attribute("href")
    assert (link or "").startswith(f"{service}/documents/harbours.md?start=")


def test_another_site_that_is_not_allowed_is_told_so(
    site: str, open_page: Open, ask: Ask, elsewhere: Elsewhere, watch: Any
) -> None:
    page = open_page(f"{elsewhere(Host)}/?{site}")
    expect(page.get_by_role("heading", name="Ask the pilots")).to_be_visible()
    exchange = ask(page, KOBE)
    expect(exchange).to_contain_text("does not allow this site to ask it (CORS)")
    assert watch.seen
    assert all("CORS" in told or "ERR_FAILED" in told for told in watch.seen)
    watch.seen.clear()


def test_scripts_are_for_any_site_of_the_right_type_and_kept_by_their_etag(
    service: httpx.Client, site: str
) -> None:
    for path in ("rag-chat.js", "chat/style.js"):
        reply = service.get(f"{site}/assets/{path}", headers={"Origin": "http://elsewhere"})
        assert reply.headers["Content-Type"].startswith("text/javascript")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        held = {"If-None-Match": reply.headers["ETag"]}
        again = service.get(f"{site}/assets/{path}", headers=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
