"""What of the segments is alive, seen as one collection: documents by id, passages by ordinal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.headings import headed
from rag.index.segment import Entry, Segment
from rag.index.vectors import Share
from rag.seams import Bools, Floats, Ints
from rag.types import Document, Passage, Record

_BLOCK = 8192
"""Vectors that are copied at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A segment, and which of its documents were replaced or removed since."""

    segment: Segment
    dead: frozenset[int]
    alive: Bools

    @classmethod
    def of(cls, segment: Segment, dead: frozenset[int]) -> "Part":
        """Return the part that stays when the documents of the rows ``dead`` are gone."""
        alive = np.ones(len(segment.ordinals), dtype=np.bool_)
        for row in dead:
            alive[segment.first[row] : segment.first[row + 1]] = False
        return cls(segment, dead, alive)

    def __len__(self) -> int:
        return int(self.alive.sum())

    @property
    def documents(self) -> int:
        """Return how many documents are alive, those without passages too."""
        return len(self.segment.records) - len(self.dead)

    @property
    def ordinals(self) -> Ints:
        """Return the ordinals of the passages that are alive."""
        return self.segment.ordinals[self.alive]

    @property
    def share(self) -> Share:
        """Return the vectors of the part."""
        return Share(self.segment.ordinals, self.alive, self.segment.vectors)

    def vectors(self) -> Iterator[Floats]:
        """Yield the vectors of the passages that are alive, block after block."""
        rows = np.flatnonzero(self.alive)
        for start in range(0, len(rows), _BLOCK):
            yield self.segment.vectors.vectors(rows[start : start + _BLOCK])

    def ordinals_not_in(self, other: "Part") -> Ints:
        """Return the ordinals of the passages that are alive here but not there."""
        return self.segment.ordinals[self.alive & ~other.alive]

    def rows(self) -> Iterator[int]:
        """Yield the rows of the documents that are alive."""
        return (row for row in range(len(self.segment.records)) if row not in self.dead)

    def row(self, document_id: str) -> int | None:
        """Return the row of a document, or none if it is not alive here."""
        row = self.segment.rows.get(document_id)
        return None if row in self.dead else row

    def records(self, ids: Iterable[str]) -> list[Record]:
        """Return what is listed of those of the documents that are alive here."""
        rows = [row for each in ids if (row := self.row(each)) is not None]
        return [self.segment.records[row] for row in sorted(rows)]

    def living(self) -> Iterator[Record]:
        """Yield what is listed of the documents that are alive."""
        return (self.segment.records[row] for row in self.rows())

    def entries(self) -> Iterator[Entry]:
        """Yield the documents that are alive with their passages."""
        return map(self.segment.entry, self.rows())

    def texts(self) -> Iterator[tuple[int, str]]:
        """Yield ordinal and text of the passages that are alive, below what they stand under."""
        texts = (text for of, cut in self.entries() for text in headed(of, cut))
        return zip(self.ordinals.tolist(), texts, strict=True)

    def without(self, ids: Iterable[str]) -> "Part":
        """Return the part that stays when documents are gone; itself where it holds none."""
        gone = {row for each in ids if (row := self.row(each)) is not None}
        return Part.of(self.segment, self.dead | gone) if gone else self


class Documents(Mapping[str, Document]):
    """The documents of a collection by id, in the order in which they came."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __getitem__(self, document_id: str) -> Document:
        part, row = self._find(document_id)
        return part.segment.document(row)

    def __iter__(self) -> Iterator[str]:
        return (record.id for record in self.records())

    def __len__(self) -> int:
        return sum(part.documents for part in self._parts)

    def __contains__(self, document_id: object) -> bool:
        return self.record(str(document_id)) is not None

    def record(self, document_id: str) -> Record | None:
        """Return what is listed of a document, or none if there is no such document."""
        try:
            part, row = self._find(document_id)
        except KeyError:
            return None
        return part.segment.records[row]

    def records(self) -> Iterator[Record]:
        """Yield what is listed of each document."""
        for part in self._parts:
            yield from part.living()

    def ordinals(self, wanted: Callable[[Record], bool]) -> Ints:
        """Return the ordinals of the passages of those documents that are wanted."""
        found = [
            part.segment.ordinals[part.segment.first[row] : part.segment.first[row + 1]]
            for part in self._parts
            for row in part.rows()
            if wanted(part.segment.records[row])
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def _find(self, document_id: str) -> tuple[Part, int]:
        for part in self._parts:
            if (row := part.row(document_id)) is not None:
                return part, row
        raise KeyError(document_id)


class Passages(Mapping[int, Passage]):
    """The passages of a collection by ordinal, rising; an ordinal is never given twice."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [part for part in parts if len(part.segment.ordinals)]
        self._starts = np.array([part.segment.ordinals[0] for part in self._parts], dtype=np.int64)

    def __getitem__(self, ordinal: int) -> Passage:
        part, row = self._find(ordinal)
        return part.segment.passage(row)

    def __iter__(self) -> Iterator[int]:
        for part in self._parts:
            yield from part.ordinals.tolist()

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def _find(self, ordinal: int) -> tuple[Part, int]:
        place = int(np.searchsorted(self._starts, ordinal, "right")) - 1
        if place >= 0:
            part = self._parts[place]
            row = int(np.searchsorted(part.segment.ordinals, ordinal))
            held = row < len(part.alive) and part.segment.ordinals[row] == ordinal
            if held and part.alive[row]:
                return part, row
        raise KeyError(ordinal)
