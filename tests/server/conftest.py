"""What tests of the server share: a way to ask, and servers that are hard on whoever asks."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import uvicorn

from rag import engine as engines
from rag.collection import Collection
from rag.engine import Engine, Models
from rag.filtering import Filter
from rag.index import Index
from rag.seams import Ints, SpanLogits
from rag.server.app import create_app
from rag.server.serving import bind
from rag.settings import Settings
from rag.types import Hit

NODE = Path(__file__).parent / "node"
ODD = {
    "plain.txt": "Gold was found in 1848.\n\nFoxes hunt at night.",
    "a b&c?d#e%2F.txt": "An odd name is fine.",
    "deep/é “q”.md": "# Title\n\nSome *marked* text.",
    "script.txt": "<script>alert('x')</script> was <b>written</b> here.\n\n</mark></article>&amp;",
    "lines.txt": "First line.\r\nSecond line.\r\n\r\nA paragraph 😀.\u2028It ends.",
    "empty.txt": "",
}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(server: httpx.Client) -> Ask:
    """Return what asks the server of the seeds a question, and gives its answer."""

    def post(question: str, **more: Any) -> dict[str, Any]:
        reply = server.post("/v1/ask", json={"question": question, **more})
        assert reply.status_code == 200
        assert reply.headers["Content-Type"] == "application/json"
        found: dict[str, Any] = reply.json()
        return found

    return post


@pytest.fixture(scope="session")
def odd_texts() -> Mapping[str, str]:
    """Return texts that are hard to serve, by the names of their documents."""
    return ODD


@pytest.fixture(scope="session")
def odd(
    tmp_path_factory: pytest.TempPathFactory,
    models: Path,
    environment: Mapping[str, str],
    odd_texts: Mapping[str, str],
) -> Iterator[httpx.Client]:
    """Serve documents with odd names and dangerous texts, in a process of its own."""
    folder = tmp_path_factory.mktemp("odd")
    for name, text in odd_texts.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, encoding="utf-8", newline="")
    (folder / "index").mkdir()
    (folder / "index" / "models").symlink_to(models, target_is_directory=True)
    settings = Settings(index=folder / "index")
    engines.index(settings, [folder / "source"], lambda *_: None)
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--index", str(settings.index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        with httpx.Client(base_url=address, timeout=60) as client:
            yield client
        process.terminate()
        process.stdout.close()


class Gate:
    """A ``SpanScorer`` that finds nothing, and waits for leave before it says so.

    Filters of an engine with this gate wait for ``sifted``, once they say that they are at it.
    """

    def __init__(self) -> None:
        self.leave, self.sifting, self.sifted = Event(), Event(), Event()
        self.leave.set()
        self.readings = 0
        self.failure: Exception | None = None

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:  # noqa: ARG002
        """Wait, then fail or find nothing."""
        self.readings += 1
        assert self.leave.wait(60)
        if self.failure:
            raise self.failure
        return []


class GatedEngine(Engine):
    """An engine whose filters wait."""

    gate: Gate

    def among(self, conditions: Filter) -> Ints:
        """Wait, then let nothing through."""
        self.gate.sifting.set()
        assert self.gate.sifted.wait(60)
        return super().among(conditions)


@pytest.fixture(scope="session")
def loaded(settings: Settings) -> Models:
    """Return the models, for all that is served in this process.

    FastAPI caches the functions of its routes, and so keeps every application to the end of the
    process, with all that it holds: models of its own would be 145 MB more each time.
    """
    return Models.load(settings)


@pytest.fixture(scope="session")
def seeded(settings: Settings, loaded: Models) -> Collection:
    """Return the collection of the seeds, whose models serve others too; no test changes it."""
    return Collection(settings, loaded, loaded.engine(settings, Index.open(settings.index)))


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Return a reader that waits where a test says so."""
    made = Gate()
    yield made
    made.leave.set()
    made.sifted.set()


@contextmanager
def reading_through(gate: Gate, settings: Settings, models: Models) -> Iterator[httpx.Client]:
    """Serve with that reader, over real sockets, in a thread of this process."""
    engine = GatedEngine(settings, Index.open(settings.index), models.encoder, gate)
    engine.gate = gate
    ready = Event()
    app = create_app(lambda: Collection(settings, models, engine), lambda _: ready.set(), settings)
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(60)
    port = listener.getsockname()[1]
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
        yield client
    gate.leave.set()
    gate.sifted.set()
    server.should_exit = True
    thread.join(60)


@pytest.fixture
def gating(gate: Gate, loaded: Models) -> Iterator[Callable[[Settings], httpx.Client]]:
    """Return what serves with that reader as settings say."""
    with ExitStack() as stack:
        yield lambda chosen: stack.enter_context(reading_through(gate, chosen, loaded))


@pytest.fixture
def gated(settings: Settings, gating: Callable[[Settings], httpx.Client]) -> httpx.Client:
    """Serve the seeds with that reader."""
    return gating(settings)


@pytest.fixture(scope="session")
def node(installed: Callable[[Path], Path]) -> Path:
    """Install the clients for Node beside copies of the scripts that use them."""
    return installed(NODE)
