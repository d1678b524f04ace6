"""Dense search over unit vectors with FAISS: exact for small collections, HNSW for large ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.seams import Bools, Floats, Ints

EXACT_BELOW = 50_000
"""Vectors from which HNSW serves: exact search of 100k takes 20 times as long."""

_NARROW = 0.1
"""Share of rows up to which all of them are compared, where the others are closed to a search."""
_NEIGHBOURS = 32
_BUILD_BREADTH = 80
_SEARCH_BREADTH = 256
"""Recalls .966 of the ten nearest among a million (with 96 it was .882): see eval/benchmarks."""

faiss.omp_set_num_threads(1)  # under load, two threads a search were slower than one


class VectorIndex:
    """Inner-product search; a vector's row is its place in what was given to ``build``."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Floats, *, exact: bool | None = None) -> "VectorIndex":
        """Index unit vectors of shape (n, dimension); the same vectors give the same index."""
        return cls.gather([vectors], len(vectors), exact=exact)

    @classmethod
    def gather(
        cls, blocks: Iterable[Floats], count: int, *, exact: bool | None = None
    ) -> "VectorIndex":
        """Index so many unit vectors, block after block; there is one at least."""
        if exact is None:
            exact = count < EXACT_BELOW
        blocks = iter(blocks)
        first = next(blocks)
        index = _empty(first.shape[1], exact=exact)
        for block in chain([first], blocks):
            index.add(np.ascontiguousarray(block, dtype=np.float32))
        return cls(index)

    @classmethod
    def open(cls, file: Path) -> "VectorIndex":
        """Open an index in its file, which is mapped, not read."""
        return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))

    def save(self, file: Path) -> None:
        """Write the index in FAISS's own format.

        Raises:
            OSError: the disk takes no more, which FAISS's own writer to files passes over.
        """
        untyped: Any = faiss  # whose stubs lack this class
        with file.open("wb") as stream:
            faiss.write_index(self._index, untyped.PyCallbackIOWriter(stream.write))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Floats, k: int, among: Bools | None = None) -> Ints:
        """Return the rows of the (up to) k nearest, nearest first; of the rows ``among`` alone."""
        k = min(k, len(self))
        if k == 0:
            return np.empty(0, dtype=np.int64)
        if among is not None and among.sum() <= _NARROW * len(self):
            return self._exactly(vector, k, np.flatnonzero(among))
        _, rows = self._index.search(vector[None, :], k, params=self._parameters(k, among))
        return np.asarray(rows[0][rows[0] >= 0], dtype=np.int64)

    def vectors(self, rows: Ints) -> Floats:
        """Return the vectors of the given rows, of shape (n, dimension)."""
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""
        return int(self._index.d)

    def _exactly(self, vector: Floats, k: int, rows: Ints) -> Ints:
        """Return the k nearest of a few rows: a graph of which most is closed leads astray."""
        scores = self.vectors(rows) @ vector
        return rows[np.lexsort((rows, -scores))[:k]]

    def _parameters(self, k: int, among: Bools | None) -> Any:
        untyped: Any = faiss  # whose stubs lack these classes
        bits = None if among is None else np.packbits(among, bitorder="little")
        selector = None if bits is None else untyped.IDSelectorBitmap(bits)
        if isinstance(self._index, faiss.IndexHNSW):
            return untyped.SearchParametersHNSW(sel=selector, efSearch=max(_SEARCH_BREADTH, 2 * k))
        return untyped.SearchParameters(sel=selector)


def either(some: Ints, others: Ints) -> Ints:
    """Return the ordinals of both, rising; ``np.union1d`` would import ``numpy.ma``, for 18 ms."""
    return np.array(sorted({*some.tolist(), *others.tolist()}), dtype=np.int64)


def _empty(dimension: int, *, exact: bool) -> faiss.Index:
    if exact:
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILD_BREADTH
    return index


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A part of the collection's vectors: the ordinals of its rows, rising, and which are alive."""

    ordinals: Ints
    alive: Bools
    index: VectorIndex


class Vectors:
    """The vectors of a collection by ordinal, whichever share of it they lie in."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = [share for share in shares if len(share.ordinals)]
        self._starts = np.array([share.ordinals[0] for share in self._shares], dtype=np.int64)

    def __len__(self) -> int:
        return sum(int(share.alive.sum()) for share in self._shares)

    def search(self, vector: Floats, k: int, among: Ints | None = None) -> Ints:
        """Return the ordinals of the (up to) k nearest that are alive, nearest first.

        Only those of the ordinals ``among``, if given. Of equals, the lower ordinal comes first.
        """
        found = [np.empty(0, dtype=np.int64)]
        for share in self._shares:
            open_to = share.alive
            if among is not None:
                open_to = open_to & np.isin(share.ordinals, among)
            rows = share.index.search(vector, k, None if open_to.all() else open_to)
            found.append(share.ordinals[rows])
        nearest = np.concatenate(found)
        return nearest[np.lexsort((nearest, -self.score(vector, nearest)))[:k]]

    def vectors(self, ordinals: Ints) -> Floats:
        """Return the vectors of the given ordinals, of shape (n, dimension)."""
        places = np.searchsorted(self._starts, ordinals, "right") - 1
        dimension = self._shares[0].index.dimension if self._shares else 0
        vectors = np.empty((len(ordinals), dimension), dtype=np.float32)
        for place in set(places.tolist()):  # np.unique would import numpy.ma
            share, chosen = self._shares[place], places == place
            rows = np.searchsorted(share.ordinals, ordinals[chosen])
            vectors[chosen] = share.index.vectors(rows)
        return vectors

    def score(self, vector: Floats, ordinals: Ints) -> Floats:
        """Return the inner product of ``vector`` with each of the given, exactly.

        Equal vectors score equally to the last bit, which a matrix product does not grant.
        """
        if len(ordinals) == 0:
            return np.empty(0, dtype=np.float32)
        return np.asarray((self.vectors(ordinals) * vector).sum(axis=1), dtype=np.float32)
