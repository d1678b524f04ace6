"""Scripts, styles and examples as files: what they may hold, and that what they name is there."""

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
ASSETS = ROOT / "rag" / "server" / "assets"
SCRIPTS = sorted(ASSETS.rglob("*.js"))
EMBEDDING = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
CHAT = (ASSETS / "rag-chat.js").read_text(encoding="utf-8")
MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
)
CODE = r"\beval\(|\bFunction\(|setAttribute\('(?:style|on)|\.srcdoc|javascript:"
LONGEST_FILE = 300


class Elements(HTMLParser):
    """The elements of a page, with their attributes and, of scripts, their text."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = ""
        self.feed(file.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.scripts += data if self.found and self.found[-1][0] == "script" else ""

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def forbidden(script: str) -> list[str]:
    return re.findall(f"{MARKUP}|{CODE}", script)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_a_script_makes_no_markup_of_text_and_is_short(file: Path) -> None:
    script = file.read_text(encoding="utf-8")
    assert forbidden(script) == []
    assert len(script.splitlines()) <= LONGEST_FILE
    assert not re.search(r"https?://(?!www\.w3\.org)", script)


@pytest.mark.parametrize("bad", ["a.innerHTML = b", "eval(a)", "e.setAttribute('style', a)"])
def test_a_script_that_makes_markup_is_found(bad: str) -> None:
    assert len(forbidden(bad)) == 1


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_what_a_script_imports_is_there(file: Path) -> None:
    for name in re.findall(r"(?:from|import) '([^']+)'", file.read_text(encoding="utf-8")):
        assert (file.parent / name).resolve() in SCRIPTS


def test_the_documentation_names_each_attribute_and_variable_and_event() -> None:
    observed = re.search(r"observedAttributes = \[(.*)\]", CHAT)
    assert observed
    attributes = {*re.findall(r"'(\w+)'", observed[1]), "theme"}
    table = EMBEDDING.partition("## Attributes")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == attributes
    styles = "".join(file.read_text() for file in ASSETS.glob("chat/style*.js"))
    looks = EMBEDDING.partition("## Looks")[2].partition("## ")[0]
    assert set(re.findall(r"--rag-[\w-]+", looks)) == set(re.findall(r"--rag-[\w-]+", styles))
    assert set(re.findall(r"`(rag-\w+)`", EMBEDDING)) == set(re.findall(r"'(rag-\w+)',", CHAT)) - {
        "rag-chat"
    }


def test_the_example_of_embedding_uses_what_there_is(server: httpx.Client) -> None:
    page = Elements(ROOT / "examples" / "embed" / "index.html")
    (script, _) = page.of("script")
    assert server.get((script["src"] or "").removeprefix("http://127.0.0.1:8000")).is_success
    (chat,) = page.of("rag-chat")
    assert all(f"| `{name}` |" in EMBEDDING for name in chat)
    assert "rag-answer" in page.scripts


def test_the_example_of_deep_chat_asks_routes_that_there_are(server: httpx.Client) -> None:
    page = Elements(ROOT / "examples" / "deep-chat" / "index.html")
    assert len(page.of("deep-chat")) == 1
    routes = re.findall(r"\$\{service\}(/[\w/]+)", page.scripts)
    assert routes == ["/v1/ask"]
    assert set(routes) <= server.get("/openapi.json").json()["paths"].keys()
