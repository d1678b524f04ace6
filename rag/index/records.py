"""Documents and passages as JSON Lines: readable with any tool, one record a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.types import Block, BlockKind, Document, Passage, Span


def write_documents(file: Path, documents: Iterable[Document]) -> None:
    """Write documents with their canonical text and blocks."""
    _write(
        file,
        (
            {
                "id": d.id,
                "title": d.title,
                "sha256": d.sha256,
                "media_type": d.media_type,
                "notes": d.notes,
                "blocks": [(b.start, b.end, b.kind, b.level) for b in d.blocks],
                "pages": d.pages,
                "text": d.text,
            }
            for d in documents
        ),
    )


def read_documents(file: Path) -> dict[str, Document]:
    """Read documents, by id, in the order written.

    Records of earlier releases have no ``pages``, and no level in their blocks.
    """
    return {
        row["id"]: Document(
            id=row["id"],
            title=row["title"],
            text=row["text"],
            sha256=row["sha256"],
            media_type=row["media_type"],
            blocks=tuple(
                Block(start, end, BlockKind(kind), *level)
                for start, end, kind, *level in row["blocks"]
            ),
            notes=tuple(row["notes"]),
            pages=tuple(row.get("pages", ())),
        )
        for row in _read(file)
    }


def write_passages(file: Path, passages: Iterable[Passage]) -> None:
    """Write passages as offsets; their text is the documents'."""
    _write(
        file,
        (
            {
                "id": p.id,
                "document": p.document_id,
                "start": p.start,
                "end": p.end,
                "sentences": [(s.start, s.end) for s in p.sentences],
            }
            for p in passages
        ),
    )


def read_passages(file: Path, documents: Mapping[str, Document]) -> tuple[Passage, ...]:
    """Read passages; a passage's place is its ordinal in the vector and term indexes."""
    return tuple(
        Passage(
            id=row["id"],
            document_id=row["document"],
            start=row["start"],
            end=row["end"],
            text=documents[row["document"]].text[row["start"] : row["end"]],
            sentences=tuple(Span(start, end) for start, end in row["sentences"]),
        )
        for row in _read(file)
    )


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _read(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="\n") as stream:
        yield from map(json.loads, stream)
