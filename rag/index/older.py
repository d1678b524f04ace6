"""Reads documents out of an index of format version 1, so that nothing is lost in moving on."""

import json
from pathlib import Path

from rag.errors import IndexDamaged
from rag.index import manifest as manifests
from rag.index.generations import current
from rag.types import Block, BlockKind, Document

_TEXTS = "documents.jsonl"


def documents(folder: Path) -> list[Document]:
    """Return the documents of the current generation, which is of version 1.

    Raises:
        IndexDamaged: their file is missing, cut short or altered.
    """
    generation = current(folder)
    listed = manifests.stated(generation)["files"][_TEXTS]
    for name, fault in manifests.faults(generation, {_TEXTS: listed}, {}):
        raise IndexDamaged(f"{generation / name} {fault}: {manifests.REBUILD}.")
    with (generation / _TEXTS).open(encoding="utf-8", newline="\n") as lines:
        return [
            Document(
                id=row["id"],
                title=row["title"],
                text=row["text"],
                sha256=row["sha256"],
                media_type=row["media_type"],
                blocks=tuple(
                    Block(start, end, BlockKind(kind)) for start, end, kind in row["blocks"]
                ),
                notes=tuple(row["notes"]),
            )
            for row in map(json.loads, lines)
        ]
