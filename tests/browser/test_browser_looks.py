"""How pages look and are used: light and dark, wide and narrow, by keyboard, by assistive tools."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
HOST = "Who hosts the summit?"

Open = Callable[..., Page]
Ask = Callable[[Page, str], Locator]
Module = Callable[[str], str]
InView = Callable[[Locator, Locator], bool]


def brightness(page: Page, of: str, property_: str = "backgroundColor") -> float:
    """Return the mean of the three channels of a colour, 0 to 255."""
    found = page.locator(of).first.evaluate(
        """(element, property) => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.fillStyle = getComputedStyle(element)[property];
            canvas.fillRect(0, 0, 1, 1);
            return Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3);
        }""",
        property_,
    )
    return float(sum(found)) / 3


@pytest.mark.parametrize("path", ["/", "/documents", "/documents/article.txt"])
def test_pages_are_light_or_dark_as_the_system_is(path: str, site: str, open_page: Open) -> None:
    light = open_page(f"{site}{path}", color_scheme="light")
    dark = open_page(f"{site}{path}", color_scheme="dark")
    assert brightness(light, "body") - brightness(dark, "body") > 150
    assert brightness(dark, "body", "color") - brightness(light, "body", "color") > 150


def test_a_theme_and_colours_can_be_set(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/", color_scheme="dark")
    assert brightness(page, "rag-chat .chat") < 60
    page.locator("rag-chat").evaluate("chat => chat.setAttribute('theme', 'light')")
    assert brightness(page, "rag-chat .chat") > 200
    page.locator("rag-chat").evaluate(
        "chat => chat.style.setProperty('--rag-background', 'rgb(1, 2, 3)')"
    )
    assert brightness(page, "rag-chat .chat") == 2


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_narrow_screen_the_source_lies_over_the_conversation(
    width: int, site: str, open_page: Open, ask: Ask, in_view: InView
) -> None:
    page = open_page(f"{site}/", viewport={"width": width, "height": 640}, has_touch=True)
    exchange = ask(page, PRESS)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    exchange.get_by_role("link", name="Source 1").tap()
    mark = page.locator(".reading mark")
    expect(mark).to_have_text("Toshihiro Kitamura")
    page.wait_for_timeout(100)
    assert in_view(mark, page.locator(".reading"))
    box = page.locator("aside.source").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, width)
    expect(page.get_by_role("textbox")).to_have_count(0)  # hidden, from assistive tools too
    page.get_by_role("button", name="Close the source").tap()
    expect(page.get_by_role("textbox", name="Ask a question")).to_be_visible()
    for path in ("/documents", "/documents/harbours.md"):
        page.goto(f"{site}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_wide_screen_the_source_lies_beside_the_conversation(
    site: str, open_page: Open, ask: Ask
) -> None:
    page = open_page(f"{site}/", viewport={"width": 1280, "height": 800})
    ask(page, PRESS).get_by_role("link", name="Source 1").click()
    panel = page.locator("aside.source").bounding_box()
    talk = page.locator(".conversation").bounding_box()
    assert panel is not None
    assert talk is not None
    assert talk["x"] + talk["width"] <= panel["x"]
    assert panel["x"] + panel["width"] == 1280


def test_all_of_it_can_be_done_by_keyboard(site: str, open_page: Open) -> None:
    page = open_page(f"{site}/")
    names: list[str] = []

    def tab_to(name: str) -> None:
        for _ in range(20):
            page.keyboard.press("Tab")
            names.append(focused(page))
            if name in names[-1]:
                return
        pytest.fail(f"Tab does not reach {name!r}: {names}")

    expect(page.get_by_role("textbox", name="Ask a question")).to_be_focused()
    while "Skip to the content" not in focused(page):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    tab_to("Ask a question")
    page.keyboard.type("Who is the press secretary")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("of Japan’s Foreign Ministry?")
    expect(page.locator("article.exchange")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".said").first).to_contain_text("Toshihiro Kitamura")
    expect(page.get_by_role("textbox", name="Ask a question")).to_be_focused()
    page.keyboard.press("Shift+Tab")  # back from the box: the fold, and what is above it
    while "Source 1" not in focused(page):
        page.keyboard.press("Shift+Tab")
    outline = page.locator("a.number:focus-visible").evaluate(
        "a => getComputedStyle(a).outlineStyle"
    )
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator(".reading mark")).to_have_text("Toshihiro Kitamura")
    tab_to("Close the source")
    page.keyboard.press("Escape")
    expect(page.locator("aside.source")).to_be_hidden()
    assert "Source 1" in focused(page)


def focused(page: Page) -> str:
    """Return the name of what has the focus, within the component too."""
    name: str = page.evaluate(
        """() => {
            let element = document.activeElement;
            while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
            return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
        }"""
    )
    return name


def test_what_happens_is_told_to_assistive_tools(site: str, open_page: Open, ask: Ask) -> None:
    page = open_page(f"{site}/")
    ask(page, PRESS)
    told = page.get_by_role("status").last
    expect(told).to_contain_text("Answer: Toshihiro Kitamura. Source: Japan eyes bigger role")
    expect(page.get_by_role("region", name="Conversation")).to_be_visible()
    expect(page.get_by_role("list", name="Sources").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("heading", name=PRESS)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_is_found_by_axe(
    scheme: str, site: str, open_page: Open, ask: Ask, module: Module
) -> None:
    script = module("axe-core/axe.min.js")

    def check(page: Page) -> None:
        page.evaluate(script)
        found = page.evaluate("axe.run().then(result => result.violations)")
        assert [
            (each["id"], node["target"], node["failureSummary"])
            for each in found
            for node in each["nodes"]
        ] == []

    page = open_page(f"{site}/", color_scheme=scheme)
    expect(page.get_by_role("link", name="Harbours")).to_be_visible()
    check(page)
    ask(page, HOST).get_by_text("Other possibilities").click()
    check(page)
    page.get_by_role("link", name="Source 1").first.click()
    expect(page.locator(".reading mark")).to_be_visible()
    check(page)
    for path in ("/documents", "/documents/harbours.md?start=12&end=18"):
        page.goto(f"{site}{path}")
        expect(page.get_by_role("heading").first).to_be_visible()
        check(page)
    page.goto(f"{site}/")
    page.get_by_role("button", name="New conversation").click()
    ask(page, "Who won the football tournament?")
    check(page)
