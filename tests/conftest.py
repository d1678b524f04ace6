"""What tests share: an indexed copy of the seeds, a real engine over it, a real server process."""

import hashlib
import os
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import hypothesis
import pytest

from rag import engine as engines
from rag.documents import load
from rag.engine import Engine
from rag.settings import Settings
from rag.types import Document
from tests.quiet import quiet

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).parent / "offline"
SEEDS = ROOT / "seeds"
SHARED = ROOT.parent / "shared"

hypothesis.settings.register_profile("unhurried", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("unhurried")
# A shell that runs tests in the background has Ctrl-C ignored, by all that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_path(str(OFFLINE / "sitecustomize.py"))  # from here on, no socket leaves this machine


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the project's own cache of exported models, so that tests do not export each time."""
    folder = ROOT / "index" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def index_folder(tmp_path: Path, models: Path) -> Path:
    """Return an empty index folder that has the exported models."""
    return _with_models(tmp_path / "index", models)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    """Return the default settings, over an index of the seeds."""
    folder = _with_models(tmp_path_factory.mktemp("seeded") / "index", models)
    made = Settings(index=folder)
    engines.index(made, [SEEDS], quiet)
    return made


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Engine:
    """Return a real engine over the seeds."""
    return Engine.open(settings)


@pytest.fixture(scope="session")
def article() -> Document:
    """Return the seed article."""
    return load("article.txt", SEEDS / "article.txt").documents[0]


@pytest.fixture(scope="session")
def environment(settings: Settings) -> Mapping[str, str]:
    """Return the environment of a process that uses the seeded index, and no network."""
    return {**os.environ, "RAG_INDEX": str(settings.index), "PYTHONPATH": str(OFFLINE)}


@pytest.fixture(scope="session")
def server(environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Start the real server on a free port; yield a client of it."""
    command = [sys.executable, "-m", "rag", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                yield client
        finally:
            process.terminate()
            process.stdout.close()


@pytest.fixture(scope="session")
def installed() -> Callable[[Path], Path]:
    """Return what installs the npm packages that a folder names beside copies of its files, once.

    It gives where that is, and skips where they cannot be installed.
    """

    def install(source: Path) -> Path:
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            pytest.skip("node and npm are not installed")
        wanted = (source / "package.json").read_bytes()
        folder = Path.home() / ".cache" / "rag-tests" / hashlib.sha256(wanted).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        for each in source.iterdir():
            shutil.copy(each, folder)
        command = [npm, "install", "--prefer-offline", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install the packages: {done.stderr.strip()[-200:]}")
        return folder

    return install


def _with_models(folder: Path, models: Path) -> Path:
    folder.mkdir()
    (folder / "models").symlink_to(models, target_is_directory=True)
    return folder
