"""A collection that changes: questions go to its newest generation, changes make the next one."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from rag.engine import Engine, Models
from rag.errors import DocumentNotFound
from rag.index import Index
from rag.indexing import Report
from rag.settings import Settings
from rag.types import Document


class Collection:
    """Documents that can be asked, added and removed. Safe to call from several threads.

    Take ``engine`` once for a question: it stays with one generation throughout, so questions never
    wait for changes. A change is on disk, and visible to the next question, when its call returns.
    """

    def __init__(self, settings: Settings, models: Models, engine: Engine) -> None:
        self._settings = settings
        self._models = models
        self._engine = engine
        self._seen = engine.index.manifest.generation
        self._changing = Lock()

    @classmethod
    def open(cls, settings: Settings) -> "Collection":
        """Open the index and load the models that the settings name.

        Raises: as ``Engine.open``.
        """
        index = Index.open(settings.index)
        models = Models.load(settings)
        return cls(settings, models, models.engine(settings, index))

    def over(self, folder: Path, *, anew: bool = False) -> "Collection":
        """Return the collection in another folder, served by the same models; an empty one, if new.

        Raises:
            IndexUnusable: it cannot be opened.
        """
        settings = self._settings.apart(folder)
        if anew:
            self._models.indexer(settings).update([], lambda *_: None, rebuild=True)
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
            IndexLocked: another process is writing.
        """
        return self._change(documents, (), failed)

    def remove(self, document_id: str) -> Report:
        """Remove a document.

        Raises:
            DocumentNotFound: there is none of this id.
            IndexLocked: another process is writing.
        """
        report = self._change((), (document_id,))
        if not report.removed:
            raise DocumentNotFound(
                f"No document has the id {document_id!r}: GET /v1/documents lists them."
            )
        return report

    def refresh(self) -> None:
        """Follow to the generation that serves now, if another process published one.

        Raises:
            IndexUnusable: it cannot be opened, which is said once; questions go on to the one
                before.
        """
        with self._changing:
            self._follow()

    def _change(
        self, documents: Sequence[Document], removed: Sequence[str], failed: Sequence[str] = ()
    ) -> Report:
        with self._changing:
            indexer = self._models.indexer(self._settings, self._engine.index)
            report = indexer.update(documents, lambda *_: None, removed=removed, failed=failed)
            self._follow()
        return report

    def _follow(self) -> None:
        newest = Index.current(self._settings.index)
        if newest != self._seen:
            self._seen = newest
            index = Index.open(self._settings.index, self._engine.index)
            self._engine = self._models.engine(self._settings, index)
