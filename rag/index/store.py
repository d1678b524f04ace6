"""One generation of an index, open for reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexDamaged
from rag.index import manifest as manifests
from rag.index.generations import MEND, current, published
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest
from rag.index.parts import Documents, Part, Passages
from rag.index.segment import Segment
from rag.index.vectors import Vectors
from rag.types import IndexIdentity

BROKEN = (OSError, ValueError, LookupError, RuntimeError, TypeError)
"""What opening a file raises that is not what it should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """One generation; vectors and terms name passages by their ordinals."""

    folder: Path
    manifest: Manifest
    parts: tuple[Part, ...]
    documents: Documents
    passages: Passages
    vectors: Vectors
    lexical: LexicalIndex

    @classmethod
    def open(cls, folder: Path, before: "Index | None" = None) -> "Index":
        """Open the current generation after verifying every byte of it.

        Of a generation ``before`` it that is open already, what they share is taken over.

        Raises:
            IndexMissing, IndexForeign, IndexNewer, IndexOlder, IndexDamaged: each names what
                mends it.
        """
        generation = current(folder)
        try:
            return cls._open(generation, before)
        except IndexDamaged:
            if current(folder) == generation:
                raise
            return cls.open(folder, before)  # while it was read, newer ones took its place

    @classmethod
    def _open(cls, generation: Path, before: "Index | None") -> "Index":
        manifest = manifests.read(generation, before.manifest.files if before else None)
        known = before._shared(manifest) if before else {}
        try:
            return cls.of(generation, manifest, known)
        except BROKEN as error:
            raise IndexDamaged(
                f"{generation} does not open though its files are as written ({error}): {MEND}."
            ) from error

    def _shared(self, manifest: Manifest) -> dict[str, Segment]:
        """Return the segments that another generation has too, to the byte: names may recur."""
        others = {name for name, _ in self.manifest.files.items() - manifest.files.items()}
        return {
            part.segment.name: part.segment
            for part in self.parts
            if not any(name.startswith(f"segments/{part.segment.name}/") for name in others)
        }

    @staticmethod
    def current(folder: Path) -> str:
        """Return the name of the generation that serves.

        Raises:
            IndexMissing, IndexForeign, IndexDamaged: there is none.
        """
        return current(folder).name

    @staticmethod
    def published(folder: Path) -> tuple[int, int] | None:
        """Return what every publication changes, at the price of one look; None if none serves."""
        return published(folder)

    @classmethod
    def of(cls, generation: Path, manifest: Manifest, known: Mapping[str, Segment]) -> "Index":
        """Put together a generation's index, with those segments that are open already."""
        parts = tuple(
            Part.of(known.get(name) or Segment(generation / "segments" / name), frozenset(dead))
            for name, dead in manifest.segments.items()
        )
        index = cls(
            generation,
            manifest,
            parts,
            Documents(parts),
            Passages(parts),
            Vectors([part.share for part in parts]),
            LexicalIndex.open(generation / "lexical"),
        )
        index._check_counts()
        return index

    @property
    def identity(self) -> IndexIdentity:
        """Return which index this is."""
        return IndexIdentity(self.manifest.generation, self.manifest.fingerprint)

    def _check_counts(self) -> None:
        counts = {len(self.passages), len(self.vectors), len(self.lexical), self.manifest.passages}
        if len(counts) > 1:
            raise IndexDamaged(
                f"Passages, vectors and terms of generation {self.manifest.generation} disagree "
                f"in number ({sorted(counts)}): {MEND}."
            )
