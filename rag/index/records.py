"""Documents and passages as JSON Lines: readable with any tool, one record a line.

What is listed of a document ends with a CRC-32 of itself, and has one of the line that holds its
text: so of a damaged file it can be told what is whole.
"""

import json
import mmap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, overload
from zlib import crc32

import numpy as np

from rag.types import Block, BlockKind, Document, Metadata, Passage, Record, Span

_SEAL = ', "crc32": '
_CHECKS = ("row", "text_crc32", "crc32")


class Lines(Sequence[dict[str, Any]]):
    """The lines of a file, each parsed when it is asked for; the file is mapped, not read."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as stream:
            is_empty = file.stat().st_size == 0
            self._data = b"" if is_empty else mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._ends = np.flatnonzero(np.frombuffer(self._data, dtype=np.uint8) == ord("\n"))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, row: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, row: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, row: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(row, slice):
            return [self[each] for each in range(len(self))[row]]
        content: dict[str, Any] = json.loads(self.raw(range(len(self))[row]))
        return content

    def raw(self, row: int) -> bytes:
        """Return a line as it stands, without its end."""
        start = int(self._ends[row - 1]) + 1 if row else 0
        return self._data[start : int(self._ends[row])]


def write(folder: Path, entries: Iterable[tuple[Document, Sequence[Passage]]]) -> None:
    """Write what is listed of documents, their texts, and their passages, a file each."""
    with (
        _writing(folder / "documents.jsonl") as documents,
        _writing(folder / "texts.jsonl") as texts,
        _writing(folder / "passages.jsonl") as passages,
    ):
        for row, (document, cut) in enumerate(entries):
            text = _json(_held(document))
            checks = {"row": row, "text_crc32": crc32(text.encode())}
            documents.write(_sealed({**_listed(document, len(cut)), **checks}))
            texts.write(text + "\n")
            passages.writelines(_json(_placed(passage)) + "\n" for passage in cut)


def read_records(file: Path) -> tuple[Record, ...]:
    """Read what is listed of documents."""
    return tuple(map(_record, Lines(file)))


def vouched(file: Path) -> dict[int, tuple[Record, int]]:
    """Read what a damaged file lists of documents, by row, as far as it vouches for itself.

    With each comes the CRC-32 of the line of its text.
    """
    rows = [json.loads(line) for line in raw_lines(file) if _is_whole(line)]
    return {row["row"]: (_record(row), row["text_crc32"]) for row in rows}


def raw_lines(file: Path) -> list[bytes]:
    """Return the lines of a file as they stand; none of one that cannot be read."""
    try:
        lines = Lines(file)
    except OSError:
        return []
    return [lines.raw(row) for row in range(len(lines))]


def _record(row: Mapping[str, Any]) -> Record:
    told = {key: value for key, value in row.items() if key not in _CHECKS}
    return Record(**{**told, "notes": tuple(row["notes"]), "metadata": _metadata(row["metadata"])})


def _is_whole(line: bytes) -> bool:
    content, _, seal = line.rpartition(_SEAL.encode())
    return seal == b"%d}" % crc32(content)


def _metadata(content: Mapping[str, Any]) -> Metadata:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}


def document(record: Record, row: Mapping[str, Any]) -> Document:
    """Put a document together from its record and its row of texts."""
    return Document(
        id=record.id,
        title=record.title,
        text=row["text"],
        sha256=record.sha256,
        media_type=record.media_type,
        blocks=tuple(Block(s, e, BlockKind(kind), level) for s, e, kind, level in row["blocks"]),
        notes=record.notes,
        pages=tuple(row["pages"]),
        metadata=record.metadata,
    )


def passage(of: Document, row: Mapping[str, Any]) -> Passage:
    """Put a passage together from its document and its row of passages."""
    return Passage(
        id=row["id"],
        document_id=of.id,
        start=row["start"],
        end=row["end"],
        text=of.text[row["start"] : row["end"]],
        sentences=tuple(Span(start, end) for start, end in row["sentences"]),
    )


def _listed(document: Document, passages: int) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "notes": document.notes,
        "metadata": document.metadata,
        "characters": len(document.text),
        "passages": passages,
    }


def _held(document: Document) -> dict[str, Any]:
    blocks = [(block.start, block.end, block.kind, block.level) for block in document.blocks]
    return {
        "id": document.id,
        "blocks": blocks,
        "pages": document.pages,
        "text": document.text,
    }


def _placed(passage: Passage) -> dict[str, Any]:
    """Return a passage as offsets; its text is the document's."""
    return {
        "id": passage.id,
        "start": passage.start,
        "end": passage.end,
        "sentences": [(span.start, span.end) for span in passage.sentences],
    }


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _sealed(row: Mapping[str, Any]) -> str:
    content = _json(row).removesuffix("}")
    return f"{content}{_SEAL}{crc32(content.encode())}}}\n"


def _writing(file: Path) -> TextIO:
    return file.open("w", encoding="utf-8", newline="\n")
