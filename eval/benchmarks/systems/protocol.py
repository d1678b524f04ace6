"""What a system under comparison does, and how it is told to: JSON lines over stdin and stdout.

    python -m eval.benchmarks.systems.NAME CONFIG work           take orders from stdin
    python -m eval.benchmarks.systems.NAME CONFIG serve PORT     serve the index in CONFIG's folder

Runs in each system's own environment, so it needs the standard library alone.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, TextIO

BATCH = 8
"""Texts encoded at once: of 4 to 32 the fastest on 2 cores, with torch as with onnxruntime."""

CANDIDATES = 50
"""Passages taken from each side before fusion."""

LONGEST_ANSWER = 30
"""Tokens, where a system leaves the decoding of spans to its user."""


@dataclass(frozen=True, slots=True)
class Config:
    """What all systems are given alike: models, threads, passages to read; and where to keep."""

    folder: str
    encoder: str
    reader: str
    threads: int
    top_k: int

    @property
    def path(self) -> Path:
        """Return the folder of the index."""
        return Path(self.folder)


@dataclass(frozen=True, slots=True)
class Found:
    """The best answer, never withheld where the system lets one have it, and how sure it is.

    ``places`` are (document id, start, end) of its parts, in code points, if the system tells.
    """

    answer: str
    score: float | None
    places: tuple[tuple[str, int, int], ...] = ()


class System(Protocol):
    """A system that retrieves, and mostly reads. Constructing it loads nothing."""

    def warm(self) -> None:
        """Load what indexing needs."""

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Index documents by id from scratch, leave the index on disk, and count its passages."""

    def open(self) -> None:
        """Open the index in the configured folder, and load the models."""

    def retrieve(self, question: str) -> list[str]:
        """Return the ids of the documents of the passages that would be read, best first."""

    def ask(self, question: str) -> Found:
        """Answer a question from the passages nearest to it."""

    def serve(self, port: int) -> None:
        """Serve on 127.0.0.1 until ended."""


def main(make: Callable[[Config], System]) -> None:
    """Do what the command line says."""
    system = make(Config(**json.loads(sys.argv[1])))
    if sys.argv[2] == "serve":
        system.serve(int(sys.argv[3]))
        return
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print must not stand among the answers
    work(system, sys.stdin, answers)


def work(system: System, orders: TextIO, answers: TextIO) -> None:
    """Answer each line of orders with a line; what fails is told as an error, and work goes on."""
    for line in orders:
        try:
            answer = _done(system, json.loads(line))
        except Exception as error:  # a peer may raise anything, and that is a finding
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _done(system: System, order: Mapping[str, Any]) -> dict[str, Any]:
    match order["do"]:
        case "warm":
            system.warm()
            return {}
        case "index":
            texts = json.loads(Path(order["texts"]).read_text(encoding="utf-8"))
            started = perf_counter()
            passages = system.index(Path(order["folder"]), texts)
            return {"passages": passages, "seconds": perf_counter() - started}
        case "open":
            system.open()
            return {}
        case "retrieve":
            started = perf_counter()
            documents = system.retrieve(order["question"])
            return {"seconds": perf_counter() - started, "documents": documents}
        case "ask":
            started = perf_counter()
            found = system.ask(order["question"])
            return {"seconds": perf_counter() - started, **asdict(found)}
        case unknown:
            raise ValueError(f"no such order: {unknown}")


def fused(*rankings: list[str], k: int = 60) -> list[str]:
    """Fuse rankings of ids by reciprocal rank (Cormack, Clarke and Buettcher 2009)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, each in enumerate(ranking, start=1):
            scores[each] = scores.get(each, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda each: -scores[each])
