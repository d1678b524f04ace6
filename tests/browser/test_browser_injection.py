"""Whatever documents, their names and questions hold is text, and nothing of it runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow

IMAGE = '<img src=x onerror="window.hacked=1">'
SCRIPT = "</mark></textarea><script>window.hacked=1</script>"
ID = f'"><svg onload=window.hacked=1>{SCRIPT}.txt'
TITLE = f"{{{{7*7}}}} {IMAGE} javascript:window.hacked=1"
TEXT = f"{SCRIPT}\n\nThe gold of Zanzor {IMAGE} was found in 1848 by Ada {IMAGE} Grent."
QUESTION = f"When was the gold of Zanzor found? {IMAGE}{SCRIPT}"

Open = Callable[..., Page]
Ask = Callable[[Page, str], Locator]


@pytest.fixture
def collection(service: httpx.Client, site: str) -> str:
    """Return the address of a collection of one hostile document."""
    address = f"{site}/collections/hostile"
    service.put("/v1/collections/hostile")
    hostile = {"id": ID, "title": TITLE, "text": TEXT, "metadata": {IMAGE: [SCRIPT, "x"]}}
    reply = service.post(f"{address}/v1/documents", json={"documents": [hostile]})
    assert reply.status_code == 201
    return address


def check(page: Page) -> None:
    """Nothing ran, and no element came of a text; what the console says is checked at the end."""
    assert page.evaluate("window.hacked") is None
    for root in ("document", "document.querySelector('rag-chat')?.shadowRoot ?? document"):
        found = (
            f"({root}).querySelectorAll('img, svg[onload], iframe, [onerror], script:not([src])')"
        )
        assert page.evaluate(f"{found}.length") == 0


def test_in_the_conversation(collection: str, open_page: Open, ask: Ask) -> None:
    page = open_page(f"{collection}/")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    exchange = ask(page, QUESTION)
    expect(exchange.locator(".question")).to_have_text(QUESTION)
    exchange.get_by_role("link").first.click()
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.locator(".reading")).to_contain_text(f"The gold of Zanzor {IMAGE} was found")
    expect(panel.get_by_role("heading", name=TITLE)).to_be_visible()
    check(page)
    page.reload()
    expect(page.locator(".question")).to_have_text(QUESTION)
    check(page)


def test_on_the_page_of_a_document(collection: str, open_page: Open) -> None:
    start = TEXT.index(IMAGE)
    page = open_page(f"{collection}/documents/{quote(ID)}?start={start}&end={start + len(IMAGE)}")
    expect(page.locator("#span")).to_have_text(IMAGE)
    assert page.title() == TITLE
    expect(page.locator(".facts")).to_contain_text(SCRIPT)
    check(page)


def test_in_the_list_of_documents(
    collection: str, open_page: Open, tmp_path: Path, watch: Any
) -> None:
    page = open_page(f"{collection}/documents?search={quote('zanzor' + IMAGE)}")
    expect(page.locator("#count")).to_contain_text("No documents found")
    check(page)
    page.goto(f"{collection}/documents")
    expect(page.locator("#list a").first).to_have_text(TITLE)
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_role("dialog")).to_contain_text(TITLE)
    page.get_by_role("button", name="Keep it").click()
    name = '<img src=x onerror="window.hacked=1">.pdf'
    (tmp_path / name).write_bytes(b"%PDF-1.7 <script>window.hacked=1</script>")
    page.locator("#files").set_input_files(tmp_path / name)
    expect(page.locator("#uploads .fault")).to_be_visible()
    check(page)
    assert len(watch.seen) == 1  # the browser's own report of the file that was refused
    watch.seen.clear()


def test_on_pages_without_script(collection: str, open_page: Open) -> None:
    page = open_page(f"{collection}/?question={quote(QUESTION)}", java_script_enabled=False)
    expect(page.locator("#question")).to_have_value(QUESTION)
    expect(page.locator(".plain")).to_contain_text("found in 1848")
    assert page.locator(".plain img, .plain script, .plain svg").count() == 0


def test_on_the_page_of_an_error(collection: str, open_page: Open, watch: Any) -> None:
    page = open_page(f"{collection}/documents/{quote(IMAGE)}")
    expect(page.locator("main")).to_contain_text("No document has the id")
    expect(page.locator("main")).to_contain_text("onerror")
    check(page)
    assert len(watch.seen) == 1  # the browser's own report of the 404
    watch.seen.clear()
