"""A segment: documents that were indexed together, with passages and vectors; never changed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from rag.index import records
from rag.index.records import Lines
from rag.index.vectors import VectorIndex
from rag.seams import Floats, Ints
from rag.types import Document, Passage, Record

Entry = tuple[Document, Sequence[Passage]]
"""A document and the passages it was cut into."""

_REMEMBERED = 64
"""Documents whose text is kept at hand, since several passages of one are often read."""


class Segment:
    """Documents and passages by row, as they were written; texts are read when asked for.

    A document's passages have the rows ``first[row]`` to ``first[row + 1]``. ``ordinals`` are the
    numbers of the passages in the whole collection, rising.
    """

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.records: tuple[Record, ...] = records.read_records(folder / "documents.jsonl")
        self.rows = {record.id: row for row, record in enumerate(self.records)}
        counts = [record.passages for record in self.records]
        self.first: Ints = np.cumsum([0, *counts], dtype=np.int64)
        self.ordinals: Ints = np.load(folder / "ordinals.npy")
        self.vectors = VectorIndex.open(folder / "vectors.faiss")
        self._texts = Lines(folder / "texts.jsonl")
        self._passages = Lines(folder / "passages.jsonl")
        self.document = lru_cache(_REMEMBERED)(self._document)
        held = {int(self.first[-1]), len(self.ordinals), len(self.vectors), len(self._passages)}
        if len(held) > 1 or len(self._texts) != len(self.records):
            raise ValueError(f"segment {self.name} counts its passages {sorted(held)}")

    @staticmethod
    def write(
        folder: Path, entries: Iterable[Entry], ordinals: Ints, vectors: Iterable[Floats]
    ) -> None:
        """Write a segment of documents and their passages, in the order of their ordinals.

        ``vectors`` are those of the passages, block after block.
        """
        folder.mkdir(parents=True)
        records.write(folder, entries)
        np.save(folder / "ordinals.npy", ordinals)
        VectorIndex.gather(vectors, len(ordinals)).save(folder / "vectors.faiss")

    def _document(self, row: int) -> Document:
        return records.document(self.records[row], self._texts[row])

    def passage(self, row: int) -> Passage:
        """Return the passage of a row."""
        document = int(np.searchsorted(self.first, row, "right")) - 1
        return records.passage(self.document(document), self._passages[row])

    def entry(self, row: int) -> Entry:
        """Return the document of a row with its passages."""
        held = range(int(self.first[row]), int(self.first[row + 1]))
        return self.document(row), [self.passage(each) for each in held]
