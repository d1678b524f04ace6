"""What a benchmark of an index measures with: clocks by stage, recall, quantiles, sizes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from rag.index import Index, LexicalIndex, VectorIndex, generations, records
from rag.index import manifest as manifests
from rag.seams import Floats, Tokenizer

Numbers = dict[str, Any]

RECALLED = 10


@contextmanager
def stages() -> Iterator[dict[str, float]]:
    """Add up the seconds of CPU time that the parts of the writer take, by name."""
    taken: dict[str, float] = {}
    kept: list[tuple[Any, str, Any]] = []

    def time(owner: Any, attribute: str, name: str) -> None:
        kept.append((owner, attribute, vars(owner)[attribute]))
        run = getattr(owner, attribute)

        def timed(*arguments: Any, **named: Any) -> Any:
            begun = process_time()
            try:
                return run(*arguments, **named)
            finally:
                taken[name] = taken.get(name, 0.0) + process_time() - begun

        is_method = owner is VectorIndex and attribute == "save"
        setattr(owner, attribute, timed if is_method else staticmethod(timed))

    time(records, "write", "records")
    time(VectorIndex, "gather", "vectors")
    time(VectorIndex, "save", "vectors")
    time(LexicalIndex, "write", "terms")
    time(manifests, "hashes", "hashes")
    time(generations, "_flush_all", "flushing")
    try:
        yield taken
    finally:
        for owner, attribute, value in kept:
            setattr(owner, attribute, value)


class Known:
    """An encoder of questions whose vectors are known."""

    fingerprint = ""
    max_tokens = 256
    tokenizer: Tokenizer

    def __init__(self, vectors: dict[str, Floats]) -> None:
        self._vectors = vectors
        self.dimension = len(next(iter(vectors.values())))

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the vector of each text."""
        return np.array([self._vectors[text] for text in texts], dtype=np.float32)


def recall(index: Index, vectors: Floats) -> float:
    """Return the share of the ten nearest that is found, against comparing with all."""
    ordinals = np.array(list(index.passages), dtype=np.int64)
    blocks = np.array_split(ordinals, max(1, len(ordinals) // 20_000))
    scores = np.concatenate([index.vectors.vectors(block) @ vectors.T for block in blocks])
    bounds = np.sort(scores, axis=0)[-RECALLED]
    found = [
        index.vectors.score(vector, index.vectors.search(vector, RECALLED)) >= bound - 1e-6
        for vector, bound in zip(vectors, bounds, strict=True)
    ]
    return float(np.mean(found))


def unit(vectors: Floats) -> Floats:
    """Return vectors of length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def quantiles(taken: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the longest."""
    p50, p95, longest = np.quantile(taken, [0.5, 0.95, 1.0]).tolist()
    return {"p50": p50, "p95": p95, "longest": longest}


def megabytes(files: Iterable[Path]) -> float:
    """Return the size of files together, in millions of bytes."""
    return sum(file.stat().st_size for file in files) / 1e6
