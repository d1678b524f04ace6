"""A real browser, and a real server of documents that it may change."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from rag import engine as engines
from rag.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

ROOT = Path(__file__).parent.parent.parent
SEEDS = ROOT / "seeds"
HARBOURS = """# Harbours

## Kobe

The harbour of Kobe was dug in 1868 by Anna Berg. 😀 It takes ships of every size.

- The northern pier takes four ships.
- The southern pier takes two ships.

```
depth = tide + 18
```
"""
_PATIENCE = 20_000
"""Milliseconds to wait for what should happen at once: the machine may be busy."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

Open = Callable[..., "Page"]
Ask = Callable[["Page", str], "Locator"]
InView = Callable[["Locator", "Locator"], bool]
Elsewhere = Callable[[type[BaseHTTPRequestHandler]], str]


class Absent(pytest.Module):
    """Stands for a file of tests where the library that drives the browser is not installed."""

    def collect(self) -> Iterator[Any]:
        """Skip them, saying why."""
        pytest.skip("playwright is not installed: pip install 'rag[dev]' brings it")


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    """Skip the files of tests that cannot be imported."""
    if find_spec("playwright") is None:
        return Absent.from_parent(parent, path=module_path)
    return None


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Start the browser of this machine; without one, tests of pages are skipped.

    It goes with the file: as long as it runs, no other test can have an event loop.
    """
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"there is no browser here: none of {', '.join(_NAMES)} is in the PATH")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield launched
        launched.close()


class Watch:
    """What a page did that no page of ours may do: errors, refused loads, foreign addresses."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def follow(self, context: "BrowserContext") -> None:
        """Note from now on what the pages of a context do."""
        context.on("console", lambda told: self._note(told.type, told.text))
        context.on("weberror", lambda error: self.seen.append(f"raised {error.error}"))
        context.on("request", lambda request: self._asked(request.url))
        context.on("dialog", lambda dialog: self.seen.append(f"dialog {dialog.message}"))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.seen.append(f"{kind}: {text}")

    def _asked(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "data" and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.seen.append(f"asked {address}")


@pytest.fixture
def watch() -> Watch:
    """Return what notes the faults of pages; a test that expects some clears them."""
    return Watch()


@pytest.fixture
def open_page(browser: "Browser", watch: Watch) -> Iterator[Open]:
    """Return what opens an address in a fresh context; at the end nothing may have gone wrong."""
    contexts: list[BrowserContext] = []

    def opened(address: str, **options: Any) -> "Page":
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        context.set_default_timeout(_PATIENCE)
        contexts.append(context)
        watch.follow(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watch.seen == []


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """Return an index of the article and of a Markdown file, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "source").mkdir()
    shutil.copy(SEEDS / "article.txt", folder / "source")
    (folder / "source" / "harbours.md").write_text(HARBOURS, encoding="utf-8")
    (folder / "index").mkdir()
    (folder / "index" / "models").symlink_to(models, target_is_directory=True)
    engines.index(Settings(index=folder / "index"), [folder / "source"], lambda *_: None)
    return folder / "index"


@contextmanager
def _serving(index: Path, environment: Mapping[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--index", str(index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(word for word in process.stdout.readline().split() if "://" in word)
        finally:
            process.terminate()
            process.stdout.close()


@pytest.fixture(scope="session")
def site(
    filled: Path, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve a copy of the index, which tests add to; return the address."""
    index = tmp_path_factory.mktemp("site") / "index"
    shutil.copytree(filled, index, symlinks=True)
    with _serving(index, environment) as address:
        yield address


@pytest.fixture(scope="session")
def service(site: str) -> Iterator[httpx.Client]:
    """Return a client of what is served, to compare pages with."""
    with httpx.Client(base_url=site, timeout=60) as client:
        yield client


@pytest.fixture
def allowing(
    filled: Path, environment: Mapping[str, str], tmp_path: Path
) -> Iterator[Callable[[str], str]]:
    """Return what serves the index to pages of another origin too, and gives the address."""
    shutil.copytree(filled, tmp_path / "index", symlinks=True)
    with ExitStack() as running:

        def served(origin: str) -> str:
            allowed = {**environment, "RAG_CORS_ORIGINS": origin}
            return running.enter_context(_serving(tmp_path / "index", allowed))

        yield served


@pytest.fixture
def module(installed: Callable[[Path], Path]) -> Callable[[str], str]:
    """Return what reads a file of an npm package."""
    packages = installed(Path(__file__).parent / "node") / "node_modules"
    return lambda path: (packages / path).read_text(encoding="utf-8")


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Return what serves with a handler on a free port, another origin, and gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def served(handler: type[BaseHTTPRequestHandler]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def ask() -> Ask:
    """Return what asks as a person does, waits for what comes of it, and returns the exchange."""

    def asked(page: "Page", question: str) -> "Locator":
        box = page.get_by_role("textbox", name="Ask a question")
        box.fill(question)
        box.press("Enter")
        exchange = page.locator("article.exchange.settled").filter(has_text=question).last
        exchange.wait_for()
        return exchange

    return asked


@pytest.fixture
def in_view() -> InView:
    """Return what tells whether an element lies wholly within a frame."""

    def lies(element: "Locator", frame: "Locator") -> bool:
        inner, outer = element.bounding_box(), frame.bounding_box()
        assert inner is not None
        assert outer is not None
        below = inner["y"] - outer["y"]
        return 0 <= below <= outer["height"] - inner["height"]

    return lies
