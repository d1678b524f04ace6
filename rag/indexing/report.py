"""What a run is given against what the index holds: added, changed, unchanged, missing, failed."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rag.documents import Loaded
from rag.index import Manifest
from rag.types import Document

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is, or 0: not known yet."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an indexing run did, by document id; ``failed`` and ``notes`` say what to look at."""

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[str, ...]
    notes: tuple[str, ...]
    is_new: bool


class Tally:
    """Counts the documents of a run as they pass, against those ``held``; keeps ids alone."""

    def __init__(self, held: Mapping[str, Document]) -> None:
        self._held = held
        self._status: dict[str, str] = {}
        self.failed: list[str] = []
        self._notes: list[str] = []
        self.is_complete = False

    def new(self, loaded: Iterable[Loaded]) -> Iterator[Document]:
        """Yield the documents that are not held as they are."""
        for each in loaded:
            self.failed += each.failed
            yield from (document for document in each.documents if self._is_new(document))
        self.is_complete = True

    def _is_new(self, document: Document) -> bool:
        if document.id in self._status:
            self.failed.append(
                f"A second document with the id {document.id!r} was passed over: give each its own."
            )
            return False
        self._notes += (f"{document.id}: {note}" for note in document.notes)
        held = self._held.get(document.id)
        if held is None:
            self._status[document.id] = "added"
        else:
            is_same = _facts(held) == _facts(document)
            self._status[document.id] = "unchanged" if is_same else "changed"
        return self._status[document.id] != "unchanged"

    @property
    def total(self) -> int:
        """Return how many documents are to be indexed; 0 while that is not known."""
        return len(self._of("added")) + len(self._of("changed")) if self.is_complete else 0

    def missing(self) -> Iterator[str]:
        """Yield the ids of the documents that are held and were not given."""
        return (each for each in self._held if each not in self._status)

    def report(self, manifest: Manifest, removed: Iterable[str], *, is_new: bool) -> Report:
        """Return what became of all."""
        return Report(
            manifest=manifest,
            added=self._of("added"),
            changed=self._of("changed"),
            unchanged=self._of("unchanged"),
            removed=tuple(removed),
            failed=tuple(self.failed),
            notes=tuple(self._notes),
            is_new=is_new,
        )

    def _of(self, status: str) -> tuple[str, ...]:
        return tuple(each for each, its in self._status.items() if its == status)


def _facts(of: Document) -> tuple[object, ...]:
    """Return what makes a document the same as another; notes of its loading do not."""
    metadata = json.dumps(of.metadata, sort_keys=True)  # 1 and true are equal to Python alone
    return of.sha256, of.title, of.media_type, of.blocks, of.pages, metadata
