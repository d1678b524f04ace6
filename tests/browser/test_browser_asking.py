"""A conversation in a real browser: answers, their sources, and what keeps it in hand."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = pytest.mark.slow

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
KOBE = "When was the harbour of Kobe dug?"
UNANSWERED = "Who won the football tournament?"

Open = Callable[..., Page]
Ask = Callable[[Page, str], Locator]
InView = Callable[[Locator, Locator], bool]


def test_an_answer_is_shown_with_its_sentence_and_its_sureness(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    exchange = ask(open_page(f"{site}/"), PRESS)
    told = service.post("/v1/ask", json={"question": PRESS}).json()
    (citation,) = told["citations"]
    assert told["answer"] == "Toshihiro Kitamura"
    expect(exchange.locator(".said").first).to_contain_text("Toshihiro Kitamura")
    expect(exchange.locator(".sources blockquote")).to_have_text(citation["sentence"]["text"])
    expect(exchange.locator(".sources mark")).to_have_text(citation["quote"])
    about = int(told["confidence"] * 20 + 0.5) * 5  # halves go up, as in JavaScript
    expect(exchange.locator(".sure").first).to_contain_text(f"about {about} in 100")


def test_a_citation_opens_its_source_at_the_highlighted_span(
    site: str, open_page: Open, ask: Ask, in_view: InView
) -> None:
    page = open_page(f"{site}/")
    ask(page, PRESS).get_by_role("link", name="Source 1").click()
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.locator("mark")).to_have_text("Toshihiro Kitamura")
    page.wait_for_timeout(100)  # a few frames: the panel looks again where its parts lie
    assert in_view(panel.locator("mark"), panel.locator(".reading"))
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    panel.get_by_role("button", name="Close the source").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("link", name="Source 1").first).to_be_focused()


def test_offsets_count_code_points_not_utf16(site: str, open_page: Open, ask: Ask) -> None:
    page = open_page(f"{site}/")
    exchange = ask(page, "How many ships does the northern pier take?")
    expect(exchange.locator(".said").first).to_contain_text("four")
    exchange.get_by_role("link", name="Source 1").click()
    expect(page.locator(".reading mark")).to_have_text("four")  # an emoji stands before it
    expect(page.locator(".reading pre")).to_have_text("```\ndepth = tide + 18\n```")


def test_a_citation_is_a_link_to_the_page_of_its_source(
    site: str, open_page: Open, ask: Ask
) -> None:
    page = open_page(f"{site}/")
    link = ask(page, PRESS).get_by_role("link", name="Source 1")
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator("#span")).to_have_text("Toshihiro Kitamura")
    expect(opened.value.locator("#span")).to_be_in_viewport()
    expect(page.get_by_role("complementary", name="Source")).to_be_hidden()


def test_where_there_is_no_answer_the_nearest_passages_open(
    service: httpx.Client, site: str, open_page: Open, ask: Ask, in_view: InView
) -> None:
    page = open_page(f"{site}/")
    exchange = ask(page, UNANSWERED)
    told = service.post("/v1/ask", json={"question": UNANSWERED}).json()
    assert told["abstained"]
    expect(exchange).to_contain_text("No answer.")
    expect(exchange.locator(".unknown")).to_contain_text("“football”")
    passages = exchange.locator(".passages li")
    expect(passages).to_have_count(len(told["passages"]))
    passages.first.get_by_role("link").click()
    panel = page.get_by_role("complementary", name="Source")
    marked = "".join(panel.locator("mark").all_text_contents())
    assert "".join(marked.split()) == "".join(told["passages"][0]["text"].split())
    page.wait_for_timeout(100)
    assert in_view(panel.locator("mark").first, panel.locator(".reading"))


def test_what_was_withheld_can_be_unfolded(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    exchange = ask(open_page(f"{site}/"), UNANSWERED)
    told = service.post("/v1/ask", json={"question": UNANSWERED}).json()
    withheld = exchange.locator(".alternatives li")
    expect(withheld).to_have_count(len(told["alternatives"]))
    expect(withheld.first).to_be_hidden()
    exchange.get_by_text("What was withheld").click()
    expect(withheld.first).to_contain_text(told["alternatives"][0]["answer"])
    expect(withheld.first).to_contain_text("were right when tested")


def test_a_question_that_goes_on_from_the_one_before_is_put_with_it(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    question = "By whom was it dug?"
    page = open_page(f"{site}/")
    ask(page, KOBE)
    with page.expect_request("**/v1/ask") as asked:
        exchange = ask(page, question)
    body = json.loads(asked.value.post_data or "")
    assert body["history"] == [
        {"role": "user", "content": KOBE},
        {"role": "assistant", "content": "1868"},
    ]
    told = service.post("/v1/ask", json=body).json()
    expect(exchange.locator(".said").first).to_contain_text(told["answer"])
    if told["resolved_question"] == question:
        expect(exchange.locator(".resolved")).to_have_count(0)
    else:
        expect(exchange.locator(".resolved q")).to_have_text(told["resolved_question"])


def test_a_reload_keeps_the_conversation_and_clearing_ends_it(
    site: str, open_page: Open, ask: Ask
) -> None:
    page = open_page(f"{site}/")
    ask(page, PRESS)
    page.reload()
    exchange = page.locator("article.exchange")
    expect(exchange.locator(".question")).to_have_text(PRESS)
    expect(exchange.locator(".said").first).to_contain_text("Toshihiro Kitamura")
    exchange.get_by_role("link", name="Source 1").click()
    expect(page.locator(".reading mark")).to_have_text("Toshihiro Kitamura")
    page.get_by_role("button", name="Close the source").click()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("article.exchange")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Ask your documents").last).to_be_visible()
    expect(page.locator("article.exchange")).to_have_count(0)


@pytest.mark.parametrize("stored", ["{", "[1]", '[{"question": "Who?", "answer": {}}]', "null"])
def test_what_is_stored_by_others_does_no_harm(
    stored: str, site: str, open_page: Open, ask: Ask
) -> None:
    page = open_page(f"{site}/")
    key = f"rag-chat:1:{site}"
    page.evaluate("([key, stored]) => sessionStorage.setItem(key, stored)", [key, stored])
    page.reload()
    expect(page.locator("article.exchange")).to_have_count(0)
    ask(page, KOBE)
    page.reload()
    expect(page.locator(".said").first).to_contain_text("1868")


def test_a_conversation_belongs_to_its_collection(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    service.put("/v1/collections/west")
    note = {"id": "note.txt", "text": "Gold was found in 1848 near Coloma."}
    service.post("/collections/west/v1/documents", json={"documents": [note]})
    page = open_page(f"{site}/")
    ask(page, PRESS)
    page.goto(f"{site}/collections/west/")
    expect(page.locator("article.exchange")).to_have_count(0)
    exchange = ask(page, "When was gold found near Coloma?")
    expect(exchange.locator(".said").first).to_contain_text("1848")
    exchange.get_by_role("link", name="Source 1").click()
    expect(page.locator(".reading mark")).to_have_text("1848")
    link = page.get_by_role("link", name="Open as a page").get_attribute("href")
    assert link == f"{site}/collections/west/documents/note.txt?start=18&end=22"


def test_an_answer_is_copied_with_its_sources(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    page = open_page(f"{site}/", permissions=["clipboard-read", "clipboard-write"])
    ask(page, PRESS).get_by_role("button", name="Copy with sources").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    (citation,) = service.post("/v1/ask", json={"question": PRESS}).json()["citations"]
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in (
        "Toshihiro Kitamura",
        citation["sentence"]["text"],
        citation["title"],
        f"characters {citation['start']}–{citation['end']}",
        f"{site}{citation['href']}",
    ):
        assert part in copied


def test_a_failure_says_what_to_do_and_can_be_tried_again(
    site: str, open_page: Open, ask: Ask, watch: Any
) -> None:
    page = open_page(f"{site}/")
    problem = '{"title": "Service Unavailable", "detail": "The index is loading: try again."}'
    page.route(
        "**/v1/ask",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=problem
        ),
    )
    exchange = ask(page, PRESS)
    expect(exchange).to_contain_text("The index is loading: try again.")
    page.unroute("**/v1/ask")
    page.route("**/v1/ask", lambda route: route.abort())
    exchange.get_by_role("button", name="Try again").click()
    expect(page.locator("article.exchange.settled")).to_contain_text("cannot be reached")
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".said").first).to_contain_text("Toshihiro Kitamura")
    expect(page.locator("article.exchange")).to_have_count(1)
    assert len(watch.seen) == 2  # the browser's own report of each
    watch.seen.clear()


def test_a_question_under_way_can_be_stopped(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/")

    def hold(route: Route) -> None:
        """Neither pass it on nor refuse it."""

    page.route("**/v1/ask", hold)
    box = page.get_by_role("textbox", name="Ask a question")
    box.fill(PRESS)
    box.press("Enter")
    expect(page.get_by_role("status").last).to_have_text("Searching the documents …")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("article.exchange")).to_contain_text("Stopped.")
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".said").first).to_contain_text("Toshihiro Kitamura")


def test_a_document_that_changed_since_says_so(
    service: httpx.Client, site: str, open_page: Open, ask: Ask
) -> None:
    def put(text: str) -> None:
        service.post("/v1/documents", json={"documents": [{"id": "beacon", "text": text}]})

    put("The beacon of Zarn was lit in 1794.")
    page = open_page(f"{site}/")
    link = ask(page, "When was the beacon of Zarn lit?").get_by_role("link", name="Source 1")
    put("An older guide is wrong. The beacon of Zarn was lit in 1794.")
    link.click()
    panel = page.get_by_role("complementary", name="Source")
    expect(panel).to_contain_text("the quote is shown where it stands now")
    expect(panel.locator("mark")).to_have_text("1794")
    put("The beacon is gone.")
    link.click()
    expect(panel).to_contain_text("no longer has the quote")
    expect(panel.locator("mark")).to_have_count(0)


def test_a_question_in_the_address_is_asked_once(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/?question={KOBE}")
    expect(page.locator(".said").first).to_contain_text("1868")
    assert page.url == f"{site}/"
    page.reload()
    expect(page.locator("article.exchange")).to_have_count(1)


def test_titles_are_what_there_is_to_start_with(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/")
    page.get_by_role("link", name="Harbours").click()
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.get_by_role("heading", name="Kobe")).to_be_visible()
    expect(panel.locator("mark")).to_have_count(0)


def test_without_script_the_page_answers_all_the_same(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/", java_script_enabled=False)
    page.get_by_label("Ask your documents").fill(PRESS)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("blockquote mark")).to_have_text("Toshihiro Kitamura")
    page.locator(".receipt a").click()
    expect(page.locator("#span")).to_have_text("Toshihiro Kitamura")
    expect(page.locator("#span")).to_be_in_viewport()
