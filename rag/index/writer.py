"""Changes of a collection -> the next generation, at a cost that goes by the change.

New documents become a segment. Segments are merged as soon as the newer ones hold as much together
as the one before them (the logarithmic method of Bentley and Saxe 1980), so there are few, and a
passage is copied a few times at most. A change merges small ones itself; large ones are left to
compaction. What is replaced or removed is masked until compaction writes all anew without it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np

from rag.headings import headed
from rag.index import manifest as manifests
from rag.index.generations import drafted, link
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest, Recipe
from rag.index.parts import Part
from rag.index.segment import Entry, Segment
from rag.index.store import Index
from rag.seams import Floats, Ints
from rag.types import Record

_LARGE = 8192
"""Passages that a change merges at most: more would take it longer than a second."""
_MOST_WORN = 1.0
"""Wear from which a change compacts too, whatever the settings say: so there is an end to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Addition:
    """New documents, each with its passages, and a vector for each passage in that order."""

    entries: Sequence[Entry]
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the generations of one index; to be used within ``writing``, by one thread."""

    folder: Path
    recipe: Recipe

    def write(self, before: Index | None, added: Addition, removed: Collection[str] = ()) -> Index:
        """Write the generation that follows ``before``; it serves once ``point`` says so.

        Documents of the ids added or ``removed`` are gone from it as they were before.
        """
        return self._written(before, _Change.of(before, added, removed))

    def merge(self, before: Index, *, anew: bool) -> Index:
        """Write the generation that follows ``before`` with those segments merged that should be.

        With ``anew`` it is all of them, and terms too, so that nothing is left of what was removed.
        """
        dimension = before.parts[0].segment.vectors.dimension if before.parts else 0
        nothing = Addition((), np.empty((0, dimension), dtype=np.float32))
        change = _Change.of(before, nothing, ())
        kept = 0 if anew else settled([len(part.segment.ordinals) for part in before.parts])
        return self._written(before, replace(change, untouched=kept, is_anew=anew))

    def _written(self, before: Index | None, change: "_Change") -> Index:
        with drafted(self.folder) as (draft, name):
            if before:
                _take_over(before.folder, change, draft)
            change.write_segment(draft / "segments" / name)
            change.write_terms(draft / "lexical")
            manifest = self._manifest(before, change, draft, name)
            manifest.write(draft)
        known = {part.segment.name: part.segment for part in change.kept}
        return Index.of(self.folder / "generations" / name, manifest, known)

    def _manifest(
        self, before: Index | None, change: "_Change", draft: Path, name: str
    ) -> Manifest:
        old = before.manifest if before else None
        segments = {part.segment.name: sorted(part.dead) for part in change.kept}
        if (draft / "segments" / name).is_dir():
            segments[name] = []
        came = [document for document, _ in change.added.entries]
        content = manifests.added_up(old.content if old else manifests.NOTHING, came, change.gone)
        return Manifest(
            generation=name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            content=content,
            fingerprint=manifests.fingerprint(content, self.recipe),
            recipe=self.recipe,
            segments=segments,
            documents=(old.documents if old else 0) - len(change.gone) + len(came),
            passages=sum(map(len, change.left)) + len(change.ordinals),
            ordinals=change.start + len(change.ordinals),
            stale=0 if change.is_anew else change.stale,
            files=manifests.hashes(draft, before.folder if before else None),
        )


def _take_over(folder: Path, change: "_Change", draft: Path) -> None:
    """Link into a draft what it has in common with the generation before it."""
    for part in change.kept:
        name = part.segment.name
        link(folder / "segments" / name, draft / "segments" / name)
    if not change.is_anew:
        link(folder / "lexical", draft / "lexical")


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What becomes of the parts of a collection.

    ``left`` is what stays alive of each of the ``old``; the first ``untouched`` of them are taken
    over as they are, the others are written again, with what was ``added``. ``gone`` are the
    documents that were removed or replaced. ``stale`` counts the passages gone whose words the
    term index still counts; where all is written ``anew``, there are none.
    """

    old: Sequence[Part]
    left: Sequence[Part]
    untouched: int
    added: Addition
    start: int
    gone: Sequence[Record]
    stale: int
    is_anew: bool

    @classmethod
    def of(
        cls,
        before: Index | None,
        added: Addition,
        removed: Collection[str],
    ) -> "_Change":
        ids = {document.id for document, _ in added.entries} | set(removed)
        old = before.parts if before else ()
        left = [part.without(ids) for part in old]
        gone = [record for part in old for record in part.records(ids)]
        stale = (before.manifest.stale if before else 0) + sum(each.passages for each in gone)
        sizes = [len(part) for part in left]
        anew = stale > _MOST_WORN * (sum(sizes) + len(added.vectors))
        return cls(
            old=old,
            left=left,
            untouched=0 if anew else settled(sizes, len(added.vectors), _LARGE),
            added=added,
            start=before.manifest.ordinals if before else 0,
            gone=gone,
            stale=stale,
            is_anew=anew,
        )

    @property
    def kept(self) -> Sequence[Part]:
        return self.left[: self.untouched]

    @property
    def merged(self) -> Sequence[Part]:
        return self.left[self.untouched :]

    @property
    def ordinals(self) -> Ints:
        """Return the ordinals of the passages added."""
        return np.arange(self.start, self.start + len(self.added.vectors), dtype=np.int64)

    def write_segment(self, folder: Path) -> None:
        """Write the merged parts and what was added as one segment, if there is anything."""
        if self.added.entries or any(part.documents for part in self.merged):
            entries = chain(*(part.entries() for part in self.merged), self.added.entries)
            ordinals = [*(part.ordinals for part in self.merged), self.ordinals]
            vectors = chain(*(part.vectors() for part in self.merged), [self.added.vectors])
            Segment.write(folder, entries, np.concatenate(ordinals), vectors)

    def write_terms(self, folder: Path) -> None:
        """Bring the term index in the folder up to date, or fill it where there is none."""
        lost = [old.ordinals_not_in(left) for old, left in zip(self.old, self.left, strict=True)]
        removed = np.concatenate([np.empty(0, np.int64), *lost])
        if self.is_anew:
            folder.mkdir()
            LexicalIndex.write(folder, self._texts(self.merged), removed[:0])
        else:
            folder.mkdir(exist_ok=True)
            LexicalIndex.write(folder, self._texts(()), removed)

    def _texts(self, parts: Sequence[Part]) -> Iterator[tuple[int, str]]:
        """Yield ordinal and text, headers with it, of passages of the parts and of those added."""
        added = (text for of, cut in self.added.entries for text in headed(of, cut))
        numbered = zip(self.ordinals.tolist(), added, strict=True)
        return chain(*(part.texts() for part in parts), numbered)


def settled(sizes: Sequence[int], added: int = 0, limit: int | None = None) -> int:
    """Return how many segments stay as they are: those that outweigh all that came after them.

    So each is larger than the next two, and there are at most as many as the logarithm of all.
    Where the others hold more passages than the limit, the largest of them stay too.
    """
    after = [sum(sizes[place:]) + added for place in range(1, len(sizes) + 1)]
    pairs = enumerate(zip(sizes, after, strict=True))
    kept = next((place for place, (size, more) in pairs if size <= more), len(sizes))
    while limit is not None and kept < len(sizes) and sum(sizes[kept:]) + added > limit:
        kept += 1
    return kept
