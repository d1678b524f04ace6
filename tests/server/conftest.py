"""What tests of the server share: a way to ask, a server of documents that are hard to serve."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import engine as engines
from rag.settings import Settings

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
