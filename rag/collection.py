"""A collection that changes: questions go to its newest generation, changes make the next one."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread

from rag.engine import Engine, Models
from rag.errors import (
    CollectionNotFound,
    DocumentNotFound,
    IndexLocked,
    IndexMissing,
    IndexUnwritable,
)
from rag.index import Index, compact, is_due
from rag.indexing import Report
from rag.settings import Settings
from rag.types import Document

_PATIENCE = 60.0
"""Seconds that a change waits for others of this service; those that wait keep a thread busy."""

_log = logging.getLogger(__name__)


class Collection:
    """Documents that can be asked, added and removed. Safe to call from several threads.

    Take ``engine`` once for a question: it stays with one generation throughout, so questions never
    wait for changes. A change is on disk, and visible to the next question, when its call returns.
    Where it leaves large segments to be merged, or more passages removed than the settings say,
    the index is compacted beside what goes on: questions do not wait for that, further changes do.
    """

    def __init__(self, settings: Settings, models: Models, engine: Engine) -> None:
        self._settings = settings
        self._models = models
        self._engine = engine
        self._seen = Index.published(settings.index)
        if Index.current(settings.index) != engine.index.manifest.generation:
            self._seen = None
        self._changing = Lock()
        self._following = Lock()
        self._compacting = Lock()
        self._is_closed = False

    @classmethod
    def open(cls, settings: Settings, *, create: bool = False) -> "Collection":
        """Open the index and load the models that the settings name.

        Where there is no index, ``create`` makes an empty one.

        Raises: as ``Engine.open``.
        """
        try:
            index = Index.open(settings.index)
        except IndexMissing as missing:
            if not create:
                raise
            return cls._made(settings, missing)
        models = Models.load(settings)
        return cls(settings, models, models.engine(settings, index))

    @classmethod
    def _made(cls, settings: Settings, missing: IndexMissing) -> "Collection":
        models = Models.load(settings)
        try:
            models.indexer(settings).update([], lambda *_: None)
        except IndexUnwritable as error:
            raise missing from error
        _log.warning("There was no index in %s/: it begins with no document.", settings.index)
        return cls(settings, models, models.engine(settings, Index.open(settings.index)))

    def over(self, folder: Path, *, anew: bool = False) -> "Collection":
        """Return the collection in another folder, served by the same models; an empty one, if new.

        Raises:
            IndexUnusable: it cannot be opened.
        """
        settings = self._settings.apart(folder)
        if anew:
            self._models.indexer(settings).update([], lambda *_: None)
        return Collection(settings, self._models, self._models.engine(settings, Index.open(folder)))

    @property
    def folder(self) -> Path:
        """Return where the index lies."""
        return self._settings.index

    @property
    def engine(self) -> Engine:
        """Return what answers over the newest generation."""
        return self._engine

    def add(self, documents: Sequence[Document], failed: Sequence[str] = ()) -> Report:
        """Add documents, each replacing the one of its id, if any; ``failed`` is only reported.

        Raises:
            CollectionNotFound: it was dropped.
            IndexLocked: another process is writing, or this one since a while.
        """
        return self._change(documents, (), failed)

    def remove(self, document_id: str) -> Report:
        """Remove a document.

        Raises:
            DocumentNotFound: there is none of this id.
            CollectionNotFound, IndexLocked: as ``add``.
        """
        report = self._change((), (document_id,))
        if not report.removed:
            raise DocumentNotFound(
                f"No document has the id {document_id!r}: GET /v1/documents lists them."
            )
        return report

    def close(self) -> None:
        """Take no more changes: the collection is dropped. Questions still get answers."""
        self._is_closed = True

    def refresh(self) -> None:
        """Follow to the generation that serves now, if another process published one.

        Where none did, it is one look at a file; changes under way are not waited for.

        Raises:
            IndexUnusable: it cannot be opened, which is said once; questions go on to the one
                before.
        """
        if Index.published(self.folder) == self._seen:
            return
        with self._following:
            newest = Index.published(self.folder)
            if newest == self._seen:
                return
            try:
                index = Index.open(self.folder, self._engine.index)
                self._engine = self._models.engine(self._settings, index)
            finally:
                self._seen = newest  # last, for until then others are to wait for it

    def _change(
        self, documents: Sequence[Document], removed: Sequence[str], failed: Sequence[str] = ()
    ) -> Report:
        with self._turn():
            if self._is_closed or not self.folder.is_dir():
                raise CollectionNotFound(f"The collection in {self.folder}/ was dropped.")
            indexer = self._models.indexer(self._settings, self._engine.index)
            indexer = replace(indexer, patience=self._patience)
            report = indexer.update(documents, lambda *_: None, removed=removed, failed=failed)
            self.refresh()
        if self._is_due() and self._compacting.acquire(blocking=False):
            Thread(target=self._compact, name="compaction", daemon=True).start()
        return report

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._changing.acquire(timeout=_PATIENCE):
            raise IndexLocked(
                f"{self.folder}/ is being changed or compacted since a while: call again later."
            )
        try:
            yield
        finally:
            self._changing.release()

    @property
    def _patience(self) -> float | None:
        """Return how long a change waits for one of another process: one of ours may be many."""
        return _PATIENCE if self._settings.workers > 1 else None

    def _is_due(self) -> bool:
        return is_due(self._engine.index, self._settings.compact_at)

    def _compact(self) -> None:
        try:
            with self._changing:
                if not self._is_closed:
                    share = self._settings.compact_at
                    compact(self.folder, share, self._engine.index, self._patience)
                    self.refresh()
        except Exception as error:  # unforeseen ones too: no one waits for them
            _log.warning("The index stays as it is, to be compacted later: %s", error)
        finally:
            self._compacting.release()
