"""Documents -> passages with vectors, in turns: read and cut ahead while others are encoded."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rag.chunking import Budget, chunk
from rag.index import Addition, Entry
from rag.indexing.report import Progress
from rag.seams import Encoder, Floats
from rag.types import Document

_TURN = 1024
"""Passages from which documents are published, if more are to come: a dozen seconds of work."""
_AT_ONCE = 64
"""Passages a worker takes at a time: enough to find some of like length, and a second of work."""
_AHEAD = 2
"""Batches that wait for each worker, so that none is idle while a turn is written."""


def turns(
    documents: Iterable[Document],
    budget: Budget,
    encoder: Encoder,
    workers: int,
    progress: Progress,
) -> Iterator[Addition]:
    """Yield documents, cut and encoded, in turns of about a thousand passages, in their order."""
    entries: list[Entry] = []
    made: list[Floats] = []
    done = 0
    for batch, vectors in _encoded(_batches(documents, budget), encoder, workers):
        entries += batch
        made.append(vectors)
        done += len(vectors)
        progress("encoding", done, 0)
        if _is_full(entries, _TURN):
            yield Addition(entries, np.concatenate(made))
            entries, made = [], []
    if entries:
        yield Addition(entries, np.concatenate(made))
    if done:
        progress("encoding", done, done)


def _batches(documents: Iterable[Document], budget: Budget) -> Iterator[list[Entry]]:
    entries: list[Entry] = []
    for document in documents:
        entries.append((document, chunk(document, budget)))
        if _is_full(entries, _AT_ONCE):
            yield entries
            entries = []
    if entries:
        yield entries


def _is_full(entries: list[Entry], size: int) -> bool:
    return len(entries) >= size or sum(len(passages) for _, passages in entries) >= size


def _encoded(
    batches: Iterable[list[Entry]], encoder: Encoder, workers: int
) -> Iterator[tuple[list[Entry], Floats]]:
    """Yield batches with their vectors, while the workers are at the next ones."""
    none = np.empty((0, encoder.dimension), dtype=np.float32)
    waiting: deque[tuple[list[Entry], Iterator[Floats]]] = deque()

    def next_done() -> tuple[list[Entry], Floats]:
        entries, vectors = waiting.popleft()
        return entries, np.concatenate([none, *vectors])

    pool = ThreadPoolExecutor(workers)
    try:
        for entries in batches:
            texts = [passage.text for _, passages in entries for passage in passages]
            parts = [texts[first : first + _AT_ONCE] for first in range(0, len(texts), _AT_ONCE)]
            waiting.append((entries, pool.map(encoder.encode, parts)))
            if len(waiting) > _AHEAD * workers:
                yield next_done()
        while waiting:
            yield next_done()
    finally:
        pool.shutdown(cancel_futures=True)
