"""Dense search over unit vectors with FAISS: exact for small collections, HNSW for large ones."""

from pathlib import Path

import faiss
import numpy as np

from rag.seams import Floats, Ints

EXACT_BELOW = 50_000
"""Passages from which HNSW serves: exact search of 100k takes 20 times as long."""

_NEIGHBOURS = 32
_BUILD_BREADTH = 80
_SEARCH_BREADTH = 96

faiss.omp_set_num_threads(1)  # under load, two threads a search were slower than one


class VectorIndex:
    """Inner-product search; a vector's ordinal is its row in what was given to ``build``."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Floats, *, exact: bool | None = None) -> "VectorIndex":
        """Index unit vectors of shape (n, dimension); the same vectors give the same index."""
        if exact is None:
            exact = len(vectors) < EXACT_BELOW
        dimension = vectors.shape[1]
        index: faiss.Index = faiss.IndexFlatIP(dimension)
        if not exact:
            index = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = _BUILD_BREADTH
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def open(cls, file: Path) -> "VectorIndex":
        """Read an index from its file."""
        return cls(faiss.read_index(str(file)))

    def save(self, file: Path) -> None:
        """Write the index in FAISS's own format."""
        faiss.write_index(self._index, str(file))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Floats, k: int) -> Ints:
        """Return the ordinals of the (up to) k nearest, nearest first."""
        k = min(k, len(self))
        if k == 0:
            return np.empty(0, dtype=np.int64)
        if isinstance(self._index, faiss.IndexHNSW):
            self._index.hnsw.efSearch = max(_SEARCH_BREADTH, 2 * k)
        _, ordinals = self._index.search(vector[None, :], k)
        return np.asarray(ordinals[0][ordinals[0] >= 0], dtype=np.int64)

    def vectors(self, ordinals: Ints) -> Floats:
        """Return the vectors of the given ordinals, of shape (n, dimension)."""
        return np.asarray(self._index.reconstruct_batch(ordinals), dtype=np.float32)

    def score(self, vector: Floats, ordinals: Ints) -> Floats:
        """Return the inner product of ``vector`` with each of the given, exactly.

        Equal vectors score equally to the last bit, which a matrix product does not grant.
        """
        if len(ordinals) == 0:
            return np.empty(0, dtype=np.float32)
        return np.asarray((self.vectors(ordinals) * vector).sum(axis=1), dtype=np.float32)
