"""Documents -> the part of their list that was asked for: searched, sorted, cut."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from rag.types import Record


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows of the documents: ``records`` are ``total[offset:offset + limit]``.

    ``total`` counts the documents that ``search`` lets through.
    """

    records: tuple[Record, ...]
    total: int
    search: str
    offset: int
    limit: int

    @classmethod
    def of(cls, records: Iterable[Record], search: str, offset: int, limit: int) -> "Listing":
        """List the documents that have every word of ``search`` in title or id, sorted by id."""
        words = search.casefold().split()
        found = [each for each in records if all(word in _named(each) for word in words)]
        found.sort(key=attrgetter("id"))
        return cls(tuple(found[offset : offset + limit]), len(found), search, offset, limit)


def _named(record: Record) -> str:
    return f"{record.title}\n{record.id}".casefold()
