"""Documents -> the next generations of the index, at a cost that goes by what changed.

Documents are keyed by id: a new one is added, a changed one replaced, an unchanged one passed over,
and those not named again stay.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.chunking import Budget, chunk
from rag.documents import SUPPORTED, find, load
from rag.errors import (
    DuplicateDocument,
    IndexMissing,
    IndexOlder,
    PathNotFound,
    UnreadableDocument,
)
from rag.index import Addition, Entry, Index, Manifest, Recipe, Writer, older, point, writing
from rag.seams import Encoder
from rag.types import Document

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""

_TURN = 1024
"""Passages from which documents are published, if more are to come: a dozen seconds of work."""
_ENCODED_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Change:
    """What a run finds to do, by document id."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def of(
        cls,
        given: Mapping[str, Document],
        held: Mapping[str, Document],
        removed: Collection[str],
    ) -> "Change":
        """Compare documents, and ids to be removed, with those that there are."""
        added = [each for each in given if each not in held]
        same = {i for i in given if i in held and _facts(held[i]) == _facts(given[i])}
        return cls(
            added=tuple(added),
            changed=tuple(each for each in given if each in held and each not in same),
            unchanged=tuple(each for each in given if each in same),
            removed=tuple(i for i in dict.fromkeys(removed) if i in held and i not in given),
        )


def _facts(of: Document) -> tuple[object, ...]:
    """Return what makes a document the same as another; notes of its loading do not."""
    metadata = json.dumps(of.metadata, sort_keys=True)  # 1 and true are equal to Python alone
    return of.sha256, of.title, of.media_type, of.blocks, of.pages, metadata


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


def read(paths: Iterable[Path], progress: Progress) -> tuple[list[Document], list[str]]:
    """Load every supported file at ``paths``; return the documents and what failed.

    A file may hold several documents, and some of those may fail alone.

    Raises:
        PathNotFound: a path does not exist, or there is no supported file at all.
        DuplicateDocument: two files would have the same id.
    """
    files: dict[str, Path] = {}
    for document_id, file in (found for path in paths for found in find(path)):
        if document_id in files:
            raise DuplicateDocument(
                f"{files[document_id]} and {file} would both be {document_id!r}: index the folder "
                "that holds both, so that their ids differ."
            )
        files[document_id] = file
    if not files:
        raise PathNotFound(
            "There is no supported file at the given paths: nothing to index. "
            f"Supported: {SUPPORTED}."
        )
    documents: list[Document] = []
    failed: list[str] = []
    for done, (document_id, file) in enumerate(files.items(), start=1):
        try:
            loaded = load(document_id, file)
            documents += loaded.documents
            failed += loaded.failed
        except UnreadableDocument as error:
            failed.append(str(error))
        progress("reading", done, len(files))
    return documents, failed


@dataclass(frozen=True, slots=True)
class Indexer:
    """Brings an index up to date with one encoder and one way of chunking.

    Of an index that is ``known``, open already, what is still the same is not read again.
    """

    folder: Path
    encoder: Encoder
    budget: Budget
    recipe: Recipe
    known: Index | None = None

    def update(
        self,
        documents: Iterable[Document],
        progress: Progress,
        *,
        removed: Collection[str] = (),
        failed: Sequence[str] = (),
        rebuild: bool = False,
        prune: bool = False,
    ) -> Report:
        """Add documents to the present index, or with ``rebuild`` to an empty one.

        A document of the same id is replaced; those of the ids ``removed`` go, and to ``prune``
        also all that are not given, unless some ``failed``. Nothing is published where nothing
        changed. Large additions are published in turns, so that what is done stays
        done if a run is broken off. An index made with other settings is made anew from its own
        stored texts and published as a whole, so no document is lost. ``failed`` goes into the
        report.

        Raises:
            IndexLocked: another process is writing.
            IndexUnusable: the present index cannot be read; only ``rebuild`` passes it over.
        """
        given = {document.id: document for document in documents}
        with writing(self.folder):
            before, held = (None, {}) if rebuild else self._present()
            pruned = [each for each in held if each not in given] if prune and not failed else []
            change = Change.of(given, held, [*removed, *pruned])
            if before and not before.manifest.differences(self.recipe):
                index = self._changed(before, change, given, progress)
            else:
                kept = [i for i in held if i not in given and i not in change.removed]
                every = [*(held[each] for each in kept), *given.values()]
                index = self._made_anew(every, progress)
        return Report(
            manifest=index.manifest,
            added=change.added,
            changed=change.changed,
            unchanged=change.unchanged,
            removed=change.removed,
            failed=tuple(failed),
            notes=tuple(f"{d.id}: {note}" for d in given.values() for note in d.notes),
            is_new=index is not before,
        )

    def _present(self) -> tuple[Index | None, Mapping[str, Document]]:
        """Return the present index, and the documents that there are."""
        try:
            index = Index.open(self.folder, self.known)
        except IndexMissing:
            return None, {}
        except IndexOlder:
            return None, {each.id: each for each in older.documents(self.folder)}
        return index, index.documents

    def _changed(
        self, index: Index, change: Change, given: Mapping[str, Document], progress: Progress
    ) -> Index:
        """Return the index after a change, each step of which serves as soon as it is written."""
        new = [given[each] for each in (*change.added, *change.changed)]
        removed = change.removed
        for turn in self._turns(new, progress) if new or removed else ():
            index = self._writer.write(index, turn, removed)
            point(self.folder, index.manifest.generation)
            removed = ()
        return index

    def _made_anew(self, documents: Sequence[Document], progress: Progress) -> Index:
        """Return an index of the documents, which serves once it is whole."""
        turns = self._turns(documents, progress)
        index = self._writer.write(None, next(turns))  # there is a turn even of no document
        for turn in turns:
            index = self._writer.write(index, turn)
        point(self.folder, index.manifest.generation)
        return index

    @property
    def _writer(self) -> Writer:
        return Writer(self.folder, self.recipe)

    def _turns(self, documents: Sequence[Document], progress: Progress) -> Iterator[Addition]:
        """Yield the documents, chunked and encoded, in turns of about a thousand passages."""
        entries: list[Entry] = []
        for done, document in enumerate(documents, start=1):
            entries.append((document, chunk(document, self.budget)))
            if sum(len(passages) for _, passages in entries) >= _TURN or done == len(documents):
                yield self._encoded(entries, progress)
                progress("indexing", done, len(documents))
                entries = []
        if not documents:
            yield self._encoded(entries, progress)

    def _encoded(self, entries: Sequence[Entry], progress: Progress) -> Addition:
        texts = [passage.text for _, passages in entries for passage in passages]
        vectors = np.empty((len(texts), self.encoder.dimension), dtype=np.float32)
        for first in range(0, len(texts), _ENCODED_AT_ONCE):
            batch = texts[first : first + _ENCODED_AT_ONCE]
            vectors[first : first + len(batch)] = self.encoder.encode(batch)
            progress("encoding", first + len(batch), len(texts))
        return Addition(list(entries), vectors)
