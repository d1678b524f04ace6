"""The systems that are compared, and an environment of its own for each, made with pip once."""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TORCH = "torch==2.13.0"
"""Goes first and by exact version: left to the resolver it brings gigabytes of CUDA."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A system: its script, what pip installs for it, and how it is asked over HTTP.

    ``route`` is method, path, and the name that the question goes by; None where nothing is served.
    ``given`` says whether it is handed passages; else it makes them of the documents itself.
    ``checkpoint`` is the variable that tells it which reader to take instead of its own.
    ``shown`` are the packages whose versions belong to a result.
    """

    name: str
    script: str
    requirements: tuple[str, ...]
    route: tuple[str, str, str] | None
    given: bool = True
    checkpoint: str | None = None
    shown: tuple[str, ...] = ()


OURS = Peer(
    name="rag",
    script="ours",
    requirements=(str(ROOT),),
    route=("POST", "/v1/ask", "question"),
    given=False,
    shown=("onnxruntime", "faiss-cpu", "tantivy", "fastapi"),
)
OURS_FP32 = Peer(
    name="rag fp32",
    script="ours",
    requirements=OURS.requirements,
    route=OURS.route,
    given=False,
    checkpoint="RAG_READER",
    shown=OURS.shown,
)
PEERS = (
    OURS,
    OURS_FP32,
    Peer(
        name="haystack",
        script="haystack",
        requirements=(
            *("haystack-ai==3.4.0", "transformers-haystack==2.0.0"),
            *("sentence-transformers-haystack==2.0.0", "hayhooks==2.1.0"),
        ),
        route=("POST", "/ask/run", "question"),
        shown=("haystack-ai", "transformers-haystack", "hayhooks", "transformers", "torch"),
    ),
    Peer(
        name="txtai",
        script="txtai",
        requirements=("txtai[api]==9.14.0",),
        route=("GET", "/rag", "query"),
        shown=("txtai", "transformers", "torch", "faiss-cpu"),
    ),
    Peer(
        name="plain",
        script="plain",
        requirements=(
            *("sentence-transformers==6.2.0", "transformers==5.23.0", "faiss-cpu", "bm25s==0.3.16"),
            *("PyStemmer", "fastapi", "uvicorn"),
        ),
        route=("POST", "/ask", "question"),
        shown=("sentence-transformers", "transformers", "torch", "faiss-cpu", "bm25s", "fastapi"),
    ),
    Peer(
        name="llama-index",
        script="llama_index",
        requirements=(
            *("llama-index-core==0.14.25", "llama-index-embeddings-huggingface"),
            "llama-index-retrievers-bm25",
        ),
        route=None,
        shown=("llama-index-core", "sentence-transformers", "torch", "bm25s"),
    ),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a system runs: its interpreter, its size in MB, and the versions in it by name."""

    python: Path
    size_mb: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def environment(peer: Peer, folder: Path) -> Environment:
    """Return the environment of a system below ``folder``, made first if it is not there whole.

    Raises:
        subprocess.CalledProcessError: pip could not install it; ``stderr`` says why.
    """
    wanted = hashlib.sha256(_wanted(peer).encode()).hexdigest()[:8]
    place = folder.resolve() / f"{peer.script}-{wanted}"
    python = place / "bin" / "python"
    done = place / "versions.txt"
    if not done.is_file():
        venv.create(place, clear=True, with_pip=True)
        constraints = ("--constraint", str(ROOT / "constraints.txt"))
        _pip(python, "install", _TORCH)
        _pip(python, "install", *constraints, *peer.requirements)
        done.write_text(_pip(python, "freeze"), encoding="utf-8")
    rows = (line.split("==") for line in done.read_text(encoding="utf-8").splitlines())
    versions = {row[0].lower(): row[1] for row in rows if len(row) > 1}
    return Environment(python, size_mb(place), versions)


def _wanted(peer: Peer) -> str:
    """Return what an environment hangs on: for this project, what it says it needs."""
    if peer.requirements != OURS.requirements:
        return " ".join(peer.requirements)
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def here() -> Environment:
    """Return the environment that this runs in, which has this project."""
    return Environment(Path(sys.executable))


def size_mb(folder: Path) -> float:
    """Return the size of the files below a folder, in MB of 10^6 bytes."""
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    return round(sum(each.stat().st_size for each in files) / 1e6, 1)


def _pip(python: Path, *arguments: str) -> str:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout
