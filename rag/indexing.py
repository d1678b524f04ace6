"""Documents -> a new generation of the index, at the least cost that is exact.

Documents are keyed by id: a new one is added, a changed one replaced, an unchanged one keeps its
vectors, and those not named again stay.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.chunking import Budget, chunk
from rag.documents import SUPPORTED, find, load
from rag.errors import DuplicateDocument, IndexMissing, PathNotFound, UnreadableDocument
from rag.index import Index, Manifest, Recipe, publish, writing
from rag.seams import Encoder, Floats
from rag.types import Document, Passage

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""

_ENCODED_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Report:
    """What an indexing run did, by document id; ``failed`` and ``notes`` say what to look at."""

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
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
    """Builds generations in one folder with one encoder and one way of chunking."""

    folder: Path
    encoder: Encoder
    budget: Budget
    recipe: Recipe

    def update(
        self,
        documents: Sequence[Document],
        progress: Progress,
        *,
        failed: Sequence[str] = (),
        rebuild: bool = False,
    ) -> Report:
        """Index documents into the present index, or with ``rebuild`` afresh.

        Nothing is published where nothing changed, neither text nor title nor structure. An
        index made with other settings is made anew from its own stored texts, so no document is
        lost; nor is one when two processes index at a time, since the second waits for the first.
        ``failed`` goes into the report.

        Raises:
            IndexUnusable: the present index cannot be read; only ``rebuild`` passes it over.
        """
        given = {document.id: document for document in documents}
        with writing(self.folder):
            old = None if rebuild else self._present()
            before = old.documents if old else {}
            added = [each for each in given if each not in before]
            changed = [i for i in given if i in before and given[i] != before[i]]
            if old and self._made_alike(old) and not added and not changed:
                manifest = old.manifest
            else:
                manifest = self._publish(list({**before, **given}.values()), old, progress)
        return Report(
            manifest=manifest,
            added=tuple(added),
            changed=tuple(changed),
            unchanged=tuple(each for each in given if each not in {*added, *changed}),
            failed=tuple(failed),
            notes=tuple(f"{d.id}: {note}" for d in documents for note in d.notes),
            is_new=old is None or manifest is not old.manifest,
        )

    def _present(self) -> Index | None:
        try:
            return Index.open(self.folder)
        except IndexMissing:
            return None

    def _made_alike(self, old: Index) -> bool:
        return not old.manifest.differences(self.recipe)

    def _publish(
        self, documents: Sequence[Document], old: Index | None, progress: Progress
    ) -> Manifest:
        passages: list[Passage] = []
        for done, document in enumerate(documents, start=1):
            passages += chunk(document, self.budget)
            progress("chunking", done, len(documents))
        reusable = old if old and self._made_alike(old) else None
        vectors = self._vectors(passages, reusable, progress)
        return publish(self.folder, documents, passages, vectors, self.recipe)

    def _vectors(
        self, passages: Sequence[Passage], old: Index | None, progress: Progress
    ) -> Floats:
        """Return a vector a passage; those whose passage is in ``old`` are taken from there."""
        known = {p.id: ordinal for ordinal, p in enumerate(old.passages)} if old else {}
        vectors = np.empty((len(passages), self.encoder.dimension), dtype=np.float32)
        kept = [i for i, p in enumerate(passages) if p.id in known]
        if old and kept:
            ordinals = np.array([known[passages[i].id] for i in kept], dtype=np.int64)
            vectors[kept] = old.vectors.vectors(ordinals)
        new = [i for i, p in enumerate(passages) if p.id not in known]
        for first in range(0, len(new), _ENCODED_AT_ONCE):
            batch = new[first : first + _ENCODED_AT_ONCE]
            vectors[batch] = self.encoder.encode([passages[i].text for i in batch])
            progress("encoding", first + len(batch), len(new))
        return vectors
