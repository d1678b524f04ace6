"""Measures an index of 10,000, 100,000, … passages: building, serving, searching, adding to it.

    python -m eval.benchmarks.scale --sizes 10000 100000

Texts and vectors are synthetic (see synthetic.py), and made outside the clock; all else is the
product's own: Writer and compaction as ``rag index`` calls them, Index, Retriever, and a real
server. Only the encoder's rate is told on real text. Each size is built and served in a process of
its own, so that its peak of memory is its own; searches go to all sizes in turn, so that what else
the machine does falls on all alike. Writes scale.json, scale.md and scale.svg beside this file.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import faiss
import httpx
import numpy as np

from eval.benchmarks.machine import conditions, memory
from eval.benchmarks.measuring import Known, Numbers, megabytes, quantiles, recall, stages, unit
from eval.benchmarks.scale_report import write_report
from eval.benchmarks.synthetic import Collection
from rag.chunking import chunk
from rag.documents import load
from rag.engine import indexer
from rag.index import Index, Writer, compact, point, writing
from rag.retrieval import Retriever
from rag.settings import load as load_settings

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
_TURN = 1024
_WEAR = 0.2
_ADDED = 15
_CANDIDATES = 50


def main() -> None:
    """Measure the sizes named on the command line."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000])
    asked.add_argument("--questions", type=int, default=200)
    asked.add_argument("--out", type=Path, default=HERE)
    asked.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    asked.add_argument("--folders", nargs="*", type=Path, default=[], help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.phase:
        print(json.dumps(PHASES[given.phase](given)))
        return
    result: Numbers = conditions(faiss)
    with TemporaryDirectory(prefix="rag-scale-") as folder:
        folders = [Path(folder) / str(size) for size in given.sizes]
        result["encoder"] = _phase("encode", given, [])
        result["sizes"] = {}
        for size, place in zip(given.sizes, folders, strict=True):
            print(f"building {size}", file=sys.stderr)
            numbers = _phase("build", given, [place], size)
            numbers |= _phase("serve", given, [place], size)
            result["sizes"][size] = numbers
        print("searching", file=sys.stderr)
        for size, found in _phase("search", given, folders).items():
            result["sizes"][int(size)] |= found
        for size, place in zip(given.sizes, folders, strict=True):
            print(f"adding to {size}", file=sys.stderr)
            result["sizes"][size] |= _phase("add", given, [place], size)
    write_report(result, given.out)


def _phase(
    name: str, given: argparse.Namespace, folders: Sequence[Path], size: int | None = None
) -> Numbers:
    """Run a phase in a process of its own, and return what it measured."""
    sizes = given.sizes if size is None else [size]
    command = [sys.executable, "-m", "eval.benchmarks.scale", "--phase", name]
    command += ["--questions", str(given.questions), "--sizes", *map(str, sizes)]
    command += ["--folders", *map(str, folders)]
    ran = subprocess.run(  # noqa: S603  # our own program
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: Numbers = json.loads(ran.stdout)
    return found


# Phases


def encode(_: argparse.Namespace) -> Numbers:
    """Measure chunking and encoding on the seed article, in CPU time."""
    made = indexer(load_settings())
    (document,) = load("article.txt", ROOT / "seeds" / "article.txt").documents
    texts = [passage.text for passage in chunk(document, made.budget)]
    begun = process_time()
    for _round in range(20):
        chunk(document, made.budget)
    chunked = (process_time() - begun) / 20 / len(texts)
    batch = (texts * 64)[:64]
    made.encoder.encode(batch)
    begun = process_time()
    for _round in range(4):
        made.encoder.encode(batch)
    encoded = (process_time() - begun) / 4 / len(batch)
    return {"chunking_ms": 1e3 * chunked, "encoding_ms": 1e3 * encoded}


def build(given: argparse.Namespace) -> Numbers:
    """Build one collection as a first ``rag index`` does, timed by stage and as it grows."""
    (size,), (folder,) = given.sizes, given.folders
    collection, recipe = Collection(), indexer(load_settings()).recipe
    before = memory()
    index: Index | None = None
    grown: list[tuple[int, float, float]] = []
    total = cpu = 0.0
    with stages() as taken:
        for first in range(0, size, _TURN):
            addition = collection.addition(first, min(_TURN, size - first))
            begun, used = perf_counter(), process_time()
            with writing(folder):
                index = Writer(folder, recipe).write(index, addition)
            total += perf_counter() - begun
            cpu += process_time() - used
            grown.append((first + len(addition.vectors), total, cpu))
            if len(grown) % 100 == 0:
                print(f"{grown[-1][0]}: {total:.0f} s, {cpu:.0f} s of CPU time", file=sys.stderr)
        begun, used = perf_counter(), process_time()
        with writing(folder):
            assert index
            point(folder, index.manifest.generation)
        manifest = compact(folder, _WEAR, index)
        total += perf_counter() - begun
        cpu += process_time() - used
    grown.append((size, total, cpu))
    held = [f for f in (folder / "generations" / manifest.generation).rglob("*") if f.is_file()]
    return {
        "build_s": total,
        "build_cpu_s": cpu,
        "build_ms_per_passage": 1e3 * total / size,
        "stages_cpu_ms_per_passage": {
            **{name: 1e3 * seconds / size for name, seconds in taken.items()},
            "rest": 1e3 * (cpu - sum(taken.values())) / size,
        },
        "grown": grown,
        "segments": len(manifest.segments),
        "disk_mb": {
            "vectors": megabytes(f for f in held if f.name == "vectors.faiss"),
            "terms": megabytes(f for f in held if f.parent.name == "lexical"),
            "records": megabytes(f for f in held if f.suffix in {".jsonl", ".npy"}),
            "all": megabytes(held),
        },
        "build_peak_mb": memory("VmHWM"),
        "build_start_mb": before,
    }


def serve(given: argparse.Namespace) -> Numbers:
    """Measure a real server: time until it is ready, and memory once it has answered."""
    (folder,), collection = given.folders, Collection()
    environment = {
        **os.environ,
        "RAG_INDEX": str(folder),
        "RAG_MODELS": str(load_settings().models_folder.absolute()),
    }
    begun = perf_counter()
    command = [sys.executable, "-m", "rag", "serve", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  # our own program
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        ready = perf_counter() - begun
        with httpx.Client(base_url=address, timeout=60) as client:
            for number in range(min(30, given.questions)):
                asked = {"question": collection.question(number)}
                client.post("/v1/ask", json=asked).raise_for_status()
        held = {"serve_mb": memory("VmRSS", process.pid)}
        held["serve_peak_mb"] = memory("VmHWM", process.pid)
        process.terminate()
    return {"ready_s": ready, **held}


def search(given: argparse.Namespace) -> Numbers:
    """Time searches of all sizes in turn; return latencies and recall by size."""
    collection, random = Collection(), np.random.default_rng(0)
    numbers = random.choice(min(given.sizes), given.questions, replace=False).tolist()
    asked = {collection.question(number): number for number in numbers}
    near = np.concatenate([collection.vectors(number, 1) for number in asked.values()])
    vectors = unit(near + 0.5 * collection.vectors(max(given.sizes), len(asked)))
    encoder = Known(dict(zip(asked, vectors, strict=True)))
    indexes = [Index.open(folder) for folder in given.folders]
    retrievers = [Retriever(index, encoder) for index in indexes]
    times: list[dict[str, list[tuple[float, float]]]] = [{} for _ in indexes]
    for question, vector in zip(asked, vectors, strict=True):
        for index, retriever, taken in zip(indexes, retrievers, times, strict=True):
            stems = index.lexical.terms(question)
            runs: dict[str, Callable[[], object]] = {
                "dense": partial(index.vectors.search, vector, _CANDIDATES),
                "lexical": partial(index.lexical.search, stems, _CANDIDATES),
                "fused": partial(retriever.retrieve, question, 5),
            }
            for name, run in runs.items():
                begun, used = perf_counter(), process_time()
                run()
                spent = 1e3 * (perf_counter() - begun), 1e3 * (process_time() - used)
                taken.setdefault(name, []).append(spent)
    return {
        str(size): {
            "search_ms": {name: quantiles([wall for wall, _ in of]) for name, of in taken.items()},
            "search_cpu_ms": {
                name: quantiles([cpu for _, cpu in of]) for name, of in taken.items()
            },
            "recall_at_10": recall(index, vectors),
        }
        for size, index, taken in zip(given.sizes, indexes, times, strict=True)
    }


def add(given: argparse.Namespace) -> Numbers:
    """Time opening an index, and adding a document of one passage to it."""
    (size,), (folder,) = given.sizes, given.folders
    collection = Collection(seed=1)
    begun = perf_counter()
    index = Index.open(folder)
    opened, held = perf_counter() - begun, memory()
    taken = []
    for number in range(_ADDED):
        addition = collection.addition(size + number, 1)
        begun = perf_counter()
        with writing(folder):
            index = Writer(folder, index.manifest.recipe).write(Index.open(folder, index), addition)
            point(folder, index.manifest.generation)
        taken.append(1e3 * (perf_counter() - begun))
    return {"open_s": opened, "open_mb": held, "add_ms": {**quantiles(taken), "n": _ADDED}}


PHASES: dict[str, Callable[[argparse.Namespace], Numbers]] = {
    phase.__name__: phase for phase in (encode, build, serve, search, add)
}


if __name__ == "__main__":
    main()
