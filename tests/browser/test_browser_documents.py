"""The page of the documents: files are added and told of, found, and removed when confirmed."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
_numbers = count()


@pytest.fixture
def collection(service: httpx.Client, site: str) -> str:
    """Return the address of an empty collection."""
    name = f"shelf-{next(_numbers)}"
    service.put(f"{site}/v1/collections/{name}")
    return f"{site}/collections/{name}"


def add(service: httpx.Client, collection: str, **texts: str) -> None:
    """Add documents by id."""
    given = [{"id": each, "text": text} for each, text in texts.items()]
    service.post(f"{collection}/v1/documents", json={"documents": given}).raise_for_status()


def ids(service: httpx.Client, collection: str) -> list[str]:
    """Return what the service lists."""
    listed = service.get(f"{collection}/v1/documents").json()["documents"]
    return [each["id"] for each in listed]


def test_files_are_added_and_each_is_told_of(
    service: httpx.Client, collection: str, open_page: Open, tmp_path: Path, watch: Any
) -> None:
    files = {"kobe.md": b"# Kobe\n\nDug in 1868.", "broken.pdf": b"%PDF-1.7", "b.txt": b"Osaka."}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page = open_page(f"{collection}/documents")
    expect(page.locator("#count")).to_have_text("No documents yet: add some above")
    page.locator("#files").set_input_files([tmp_path / name for name in files])
    told = page.locator("#uploads li")
    expect(told.nth(2)).to_contain_text("Added, 1 passage")
    expect(told.nth(0)).to_contain_text("Added, 1 passage")
    expect(told.nth(1)).to_contain_text("Failed")
    expect(told.nth(1).locator(".fault")).to_contain_text("broken.pdf")
    expect(page.locator("#list a")).to_have_text(["Osaka.", "Kobe"])
    assert ids(service, collection) == ["b.txt", "kobe.md"]
    (tmp_path / "b.txt").write_bytes(b"Osaka is 15 m deep.")
    page.locator("#files").set_input_files(tmp_path / "b.txt")
    expect(told.nth(3)).to_contain_text("Replaced, 1 passage")
    told.nth(3).get_by_role("link", name="b.txt").click()
    expect(page.locator("article")).to_have_text("Osaka is 15 m deep.")
    assert len(watch.seen) == 1  # the browser's own report of the file that was refused
    watch.seen.clear()


def test_files_can_be_dropped_anywhere(
    service: httpx.Client, collection: str, open_page: Open
) -> None:
    page = open_page(f"{collection}/documents")
    dropped = page.evaluate_handle(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(['Gold was found.'], 'gold.txt'));
            files.items.add(new File(['Silver was found.'], 'silver.txt'));
            return files;
        }"""
    )
    page.dispatch_event("h1", "dragover", {"dataTransfer": dropped})
    expect(page.locator(".drop.over")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": dropped})
    expect(page.locator("#list a")).to_have_text(["Gold was found.", "Silver was found."])
    assert ids(service, collection) == ["gold.txt", "silver.txt"]


def test_a_file_that_is_too_large_is_not_sent(
    service: httpx.Client, collection: str, open_page: Open
) -> None:
    page = open_page(f"{collection}/documents")
    page.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(64 << 20)], 'large.txt'));
            document.querySelector('#files').files = files.files;
            document.querySelector('#files').dispatchEvent(new Event('change'));
        }"""
    )
    expect(page.locator("#uploads .fault")).to_contain_text("over 64 MiB")
    assert ids(service, collection) == []


def test_a_document_is_removed_only_when_confirmed(
    service: httpx.Client, collection: str, open_page: Open
) -> None:
    add(service, collection, **{"deep/a b?.txt": "Anna.", "z": "Zoe."})
    page = open_page(f"{collection}/documents")
    page.get_by_role("button", name="Remove Anna.").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove “Anna.”?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Remove Anna.")).to_be_focused()
    assert ids(service, collection) == ["deep/a b?.txt", "z"]
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#list a")).to_have_text(["Zoe."])
    expect(page.locator("#count")).to_have_text("1 document")
    assert ids(service, collection) == ["z"]


def test_a_removal_that_fails_is_told(
    service: httpx.Client, collection: str, open_page: Open, watch: Any
) -> None:
    add(service, collection, a="Anna.")
    page = open_page(f"{collection}/documents")
    page.get_by_role("button", name="Remove Anna.").click()
    service.delete(f"{collection}/v1/documents/a")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(
        "No document has the id"
    )
    assert len(watch.seen) == 1  # the browser's own report of the 404
    watch.seen.clear()


def test_documents_are_found_by_title_and_id_as_one_types(
    service: httpx.Client, collection: str, open_page: Open
) -> None:
    add(
        service,
        collection,
        **{"a/kobe.txt": "Harbour of Kobe", "b.txt": "KOBE lights", "c": "Osaka"},
    )
    page = open_page(f"{collection}/documents")
    expect(page.locator("#list li")).to_have_count(3)
    page.get_by_role("searchbox").press_sequentially("kobe h")
    expect(page.locator("#list a")).to_have_text(["Harbour of Kobe", "KOBE lights"])
    page.get_by_role("searchbox").press_sequentially("ar")
    expect(page.locator("#list a")).to_have_text(["Harbour of Kobe"])
    expect(page.locator("#count")).to_have_text("1 document found")
    page.reload()
    expect(page.locator("#list a")).to_have_text(["Harbour of Kobe"])


@pytest.mark.parametrize("script", [True, False])
def test_a_long_list_is_turned_page_by_page(
    service: httpx.Client, script: bool, collection: str, open_page: Open
) -> None:
    add(service, collection, **{f"{number:02}": f"Text {number}." for number in range(5)})
    page = open_page(f"{collection}/documents?limit=2", java_script_enabled=script)
    expect(page.locator("#list a")).to_have_text(["Text 0.", "Text 1."])
    expect(page.locator("#turning")).to_contain_text("1–2 of 5")
    page.get_by_role("link", name="Later").click()
    page.get_by_role("link", name="Later").click()
    expect(page.locator("#list a")).to_have_text(["Text 4."])
    expect(page.get_by_role("link", name="Later")).to_have_count(0)
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator("#list a")).to_have_text(["Text 2.", "Text 3."])


def test_a_link_of_the_browser_leads_to_the_passage(
    service: httpx.Client, collection: str, open_page: Open
) -> None:
    filler = "\n\n".join(f"Filler {number}." for number in range(60))
    add(
        service,
        collection,
        long=f"{filler}\n\nThe well-known light, Ness & Hov, was lit.\n\n{filler}",
    )
    text = service.get(f"{collection}/v1/documents/long").json()["text"]
    start = text.index("well-known")
    path = f"{collection}/documents/long?start={start}&end={start + 27}"
    page = open_page(path, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#span")).to_be_in_viewport()
    page.get_by_role("button", name="Copy link to this passage").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    address, _, directive = link.partition("#")
    assert address == path
    page.goto(f"{collection}/documents/long#{directive}")  # without our own highlight
    expect(page.get_by_text("The well-known light")).to_be_in_viewport()
