"""Brings an index up to date with documents, or makes it anew; readers never see half a change."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.chunking import Budget
from rag.documents import Loaded
from rag.errors import CollectionNotFound, IndexMismatch, IndexMissing, IndexOlder
from rag.index import Addition, Index, Recipe, Writer, older, point, writing
from rag.indexing.report import Progress, Report, Tally
from rag.indexing.turns import turns
from rag.seams import Encoder
from rag.types import Document

Removal = Callable[[Tally], Collection[str]]
"""Says, once all is read, which of the documents held and not given are to go."""


def nothing(_: Tally) -> Collection[str]:
    """Remove no document."""
    return ()


def all_missing(tally: Tally) -> Collection[str]:
    """Remove what was not given, unless something failed: that may only be unreadable for now."""
    return () if tally.failed else list(tally.missing())


@dataclass(frozen=True, slots=True)
class Indexer:
    """Brings an index up to date with one encoder and one way of chunking.

    Of an index that is ``known``, open already, what is still the same is not read again.
    ``workers`` threads encode at a time. Another writer is waited for as ``writing`` says.
    """

    folder: Path
    encoder: Encoder
    budget: Budget
    recipe: Recipe
    known: Index | None = None
    workers: int = 1
    patience: float | None = None

    def update(
        self,
        documents: Iterable[Document],
        progress: Progress,
        *,
        removed: Collection[str] = (),
        failed: Sequence[str] = (),
        rebuild: bool = False,
    ) -> Report:
        """Add documents to the present index, or with ``rebuild`` to an empty one.

        Of documents of the same id the last counts; those of the ids ``removed`` go. ``failed``
        goes into the report.

        Raises: as ``run``.
        """
        given = {document.id: document for document in documents}
        loaded = [Loaded(tuple(given.values()), tuple(failed))]
        if rebuild:
            return self.rebuild(loaded, progress)
        wanted = dict.fromkeys(removed)
        return self.run(
            loaded, progress, lambda tally: [each for each in tally.missing() if each in wanted]
        )

    def run(
        self, loaded: Iterable[Loaded], progress: Progress, removal: Removal = nothing
    ) -> Report:
        """Add documents to the present index as they are loaded, then remove some.

        A document of the same id is replaced. Large additions are published in turns, so what is
        done stays done if a run is broken off, and other writers wait for a turn at most. Nothing
        is published where nothing changed.

        Raises:
            IndexLocked: another process is writing.
            IndexMismatch: other settings made the present index.
            IndexUnusable: the present index cannot be read.
        """
        with writing(self.folder, self.patience):
            before = self._present(self.known)
        tally = Tally(before.documents if before else {})
        index = before
        for number, added in self._turns(tally.new(loaded), progress):
            index = self._publish(index, added, removal(tally) if tally.is_complete else ())
            progress("indexing", number, tally.total)
        removed = removal(tally)  # the last turn, if there was one, came when all was read
        if index is None or (index is before and removed):
            index = self._publish(index, self._empty, removed)
        return tally.report(index.manifest, removed, is_new=index is not before)

    def rebuild(self, loaded: Iterable[Loaded], progress: Progress) -> Report:
        """Make an index of the documents alone; it takes the place of any other once it is whole.

        Raises:
            IndexLocked: another process is writing.
        """
        tally = Tally({})
        with writing(self.folder, self.patience):
            index = self._made(tally.new(loaded), progress, lambda: tally.total)
        return tally.report(index.manifest, (), is_new=True)

    def remake(self, progress: Progress) -> Report:
        """Make the index anew from the texts that it holds, so that no document is lost.

        Raises:
            IndexLocked: another process is writing.
            IndexUnusable: the present index is missing, or cannot be read.
        """
        with writing(self.folder, self.patience):
            held = self._held()
            index = self._made(held.values(), progress, lambda: len(held))
        return Report(
            manifest=index.manifest,
            added=(),
            changed=(),
            unchanged=tuple(held),
            removed=(),
            failed=(),
            notes=(),
            is_new=True,
        )

    def upgrade(self, progress: Progress) -> None:
        """Make the index anew, as ``remake``, if other settings or an earlier release made it.

        Raises: as ``remake``; but if there is no index, there is nothing to do.
        """
        try:
            self._present(self.known)
        except (IndexMismatch, IndexOlder):
            self.remake(progress)

    def hold(self, documents: Sequence[Document], progress: Progress) -> Report:
        """Have an index of these documents, made anew if other settings made it.

        Raises: as ``run``, but for IndexMismatch.
        """
        try:
            return self.update(documents, progress)
        except (IndexMismatch, IndexOlder):
            return self.update(documents, progress, rebuild=True)

    def _present(self, known: Index | None) -> Index | None:
        """Return the present index, if there is one.

        Raises:
            CollectionNotFound: there was one, which is ``known``.
        """
        try:
            index = Index.open(self.folder, known)
        except IndexMissing as missing:
            if known is not None:
                raise CollectionNotFound(f"The index in {self.folder}/ was dropped.") from missing
            return None
        index.manifest.require(self.recipe)
        return index

    def _held(self) -> Mapping[str, Document]:
        try:
            return Index.open(self.folder, self.known).documents
        except IndexOlder:
            return {each.id: each for each in older.documents(self.folder)}

    def _publish(
        self, known: Index | None, added: Addition, removed: Collection[str] = ()
    ) -> Index:
        """Change the present index, whoever wrote it last; the change serves at once."""
        with writing(self.folder, self.patience):
            index = self._writer.write(self._present(known), added, removed)
            point(self.folder, index.manifest.generation)
        return index

    def _made(
        self, documents: Iterable[Document], progress: Progress, total: Callable[[], int]
    ) -> Index:
        """Return an index of the documents, which serves once it is whole."""
        index: Index | None = None
        for number, added in self._turns(documents, progress):
            index = self._writer.write(index, added)
            progress("building", number, total())
        index = index or self._writer.write(None, self._empty)
        point(self.folder, index.manifest.generation)
        return index

    def _turns(
        self, documents: Iterable[Document], progress: Progress
    ) -> Iterator[tuple[int, Addition]]:
        """Yield turns, each with the number of documents up to its end."""
        done = 0
        for added in turns(documents, self.budget, self.encoder, self.workers, progress):
            done += len(added.entries)
            yield done, added

    @property
    def _writer(self) -> Writer:
        return Writer(self.folder, self.recipe)

    @property
    def _empty(self) -> Addition:
        return Addition([], np.empty((0, self.encoder.dimension), dtype=np.float32))
