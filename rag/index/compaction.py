"""What a change leaves to be done later: large merges, and leaving out what was removed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.index.generations import current, point, writing
from rag.index.manifest import Manifest, sealed
from rag.index.store import Index
from rag.index.writer import Writer, settled


def is_due(index: Index, share: float) -> bool:
    """Say whether segments should be merged, or passages gone are over a share of those alive."""
    return _is_due(index.manifest, [len(part.segment.ordinals) for part in index.parts], share)


def compact(
    folder: Path, share: float, known: Index | None = None, patience: float | None = None
) -> Manifest:
    """Do what is due, in a generation that serves from then on; return what serves.

    Of an index that is ``known``, open already, what is still the same is not read again. Another
    writer is waited for as ``writing`` says.

    Raises:
        IndexLocked: another process is writing.
        IndexUnusable: the index cannot be read.
    """
    with writing(folder, patience):
        generation = current(folder)
        manifest = sealed(generation)
        if not _is_due(manifest, _sizes(generation, manifest), share):
            return manifest
        before = Index.open(folder, known)
        index = Writer(folder, manifest.recipe).merge(before, anew=manifest.wear > share)
        point(folder, index.manifest.generation)
    return index.manifest


def _is_due(manifest: Manifest, sizes: Sequence[int], share: float) -> bool:
    return manifest.wear > share or settled(sizes) < len(sizes) - 1


def _sizes(generation: Path, manifest: Manifest) -> list[int]:
    """Return how many passages each segment holds, dead ones too."""
    folders = (generation / "segments" / name for name in manifest.segments)
    return [len(np.load(folder / "ordinals.npy")) for folder in folders]
