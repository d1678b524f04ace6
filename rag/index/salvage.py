"""What of a damaged segment is whole: documents that are as they were written, and names of others.

Records and texts cannot be made anew from anything else; passages, vectors and terms can.
"""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from rag.index import records
from rag.types import Document, Record


@dataclass(frozen=True, slots=True, eq=False)
class Salvage:
    """The living documents of a segment: ``whole`` ones, in order, by name, and names of the lost.

    Of some that are lost not even the name can be told.
    """

    whole: Mapping[str, tuple[Record, bytes]]
    lost: tuple[str, ...]

    @classmethod
    def of(cls, segment: Path, dead: Set[int]) -> "Salvage":
        """Tell what of a segment is whole, where the documents of the rows ``dead`` are gone."""
        listed = records.vouched(segment / "documents.jsonl")
        lines = records.raw_lines(segment / "texts.jsonl")
        by_check = {crc32(line): line for line in lines}  # damaged ends of lines move the next ones
        whole: dict[str, tuple[Record, bytes]] = {}
        lost: list[str] = []
        for row in sorted(listed.keys() - dead):
            record, check = listed[row]
            candidates = [*lines[row : row + 1], *filter(None, [by_check.get(check)])]
            text = next((each for each in candidates if _is_of(record, check, each)), None)
            if text is None:
                lost.append(record.id)
            else:
                whole[record.id] = record, text
        known = listed.keys() | dead
        names = (_name(line) for row, line in enumerate(lines) if row not in known)
        return cls(whole, (*lost, *filter(None, names)))

    def __len__(self) -> int:
        return len(self.whole)

    def documents(self) -> Iterator[Document]:
        """Yield the documents that are whole."""
        for record, text in self.whole.values():
            yield records.document(record, json.loads(text))


def _is_of(record: Record, check: int, line: bytes) -> bool:
    if crc32(line) != check:
        return False
    return sha256(json.loads(line)["text"].encode()).hexdigest() == record.sha256


def _name(line: bytes) -> str | None:
    """Return the name of the document that a line of texts is of, unless it is damaged."""
    try:
        return str(json.loads(line)["id"])
    except (ValueError, LookupError, TypeError):
        return None
