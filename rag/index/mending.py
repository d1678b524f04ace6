"""Damage that can be mended -> the next generation, made anew where need be of the stored texts."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag.chunking import Budget, chunk
from rag.errors import IndexDamaged
from rag.index import manifest as manifests
from rag.index.checking import Condition, Fault, check, unused
from rag.index.generations import (
    current,
    drafted,
    drafts,
    is_being_written,
    link,
    point,
    remove,
    writing,
)
from rag.index.lexical import LexicalIndex
from rag.index.manifest import NOTHING, Manifest, Recipe
from rag.index.parts import Part
from rag.index.segment import Segment
from rag.index.store import Index
from rag.seams import Encoder, Floats
from rag.types import Document, Passage

Progress = Callable[[str, int, int], None]

_ENCODED_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Maker:
    """What passages and vectors are made with."""

    encoder: Encoder
    budget: Budget
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Mended:
    """What mending did: each fault with its remedy, what it lost, and what it cleared away."""

    generation: str
    faults: Sequence[Fault]
    lost: Sequence[str]
    cleared: Sequence[Path]


def mend(
    folder: Path, maker: Callable[[], Maker], progress: Progress, *, drop_lost: bool = False
) -> Mended:
    """Mend an index; what was whole stays as it is, and serves until the rest is.

    ``maker`` is called where passages have to be made anew. Documents whose records or texts are
    damaged are lost; only ``drop_lost`` mends an index without them.

    Raises:
        IndexDamaged: documents are lost, or nothing is left to mend it from.
        IndexMismatch: passages are to be made anew, and the settings would make others.
        IndexMissing, IndexForeign, IndexNewer, IndexOlder: it is not ours to mend.
        IndexLocked: another process is writing.
    """
    with suppress(IndexDamaged):
        current(folder)
    killed = [] if is_being_written(folder) else drafts(folder)
    with writing(folder):  # which clears drafts away
        found = check(folder)
        if found.lost and not drop_lost:
            raise IndexDamaged(
                f"Of {found.generation} is lost: {', '.join(found.lost)}. 'rag doctor --mend "
                "--drop-lost' keeps the rest; index what is lost again then."
            )
        old = list(unused(folder, found.generation))
        generation = found.generation.name
        if found.faults:
            with drafted(folder) as (draft, generation):
                parts = _write(found, maker, draft, progress)
                manifest = _manifest(found, parts, draft, generation)
                manifest.write(draft)
            known = {part.segment.name: part.segment for part in parts}
            Index.of(folder / "generations" / generation, manifest, known)  # which counts again
            point(folder, generation)
        for each in filter(Path.exists, old):
            remove(each)
    return Mended(generation, found.faults, found.lost, [*killed, *old])


def _write(
    found: Condition, maker: Callable[[], Maker], draft: Path, progress: Progress
) -> list[Part]:
    """Write what a generation holds into a draft: as it was where it is whole, else anew."""
    parts: list[Part] = []
    made = _fitting(maker, found) if any(map(len, found.wounded.values())) else None
    for name, dead in found.manifest.segments.items():
        folder = draft / "segments" / name
        wounded = found.wounded.get(name)
        if wounded is None:
            link(found.generation / "segments" / name, folder)
            parts.append(Part.of(Segment(folder), frozenset(dead)))
        elif made and len(wounded):
            _write_segment(folder, made, wounded.documents(), _next(parts), progress)
            parts.append(Part.of(Segment(folder), frozenset()))
    if found.has_terms:
        link(found.generation / "lexical", draft / "lexical")
    else:
        (draft / "lexical").mkdir()
        texts = (text for part in parts for text in part.texts())
        LexicalIndex.write(draft / "lexical", texts, np.empty(0, np.int64))
    return parts


def _fitting(maker: Callable[[], Maker], found: Condition) -> Maker:
    made = maker()
    found.manifest.require(made.recipe)
    return made


def _next(parts: Sequence[Part]) -> int:
    """Return the first ordinal that is free after those of some parts."""
    return max((int(part.segment.ordinals.max(initial=-1)) + 1 for part in parts), default=0)


def _write_segment(
    folder: Path, made: Maker, documents: Iterable[Document], first: int, progress: Progress
) -> None:
    entries = [(document, chunk(document, made.budget)) for document in documents]
    vectors = _encoded([passage for _, cut in entries for passage in cut], made.encoder, progress)
    ordinals = np.arange(first, first + len(vectors), dtype=np.int64)
    Segment.write(folder, entries, ordinals, [vectors])


def _encoded(passages: Sequence[Passage], encoder: Encoder, progress: Progress) -> Floats:
    vectors = np.empty((len(passages), encoder.dimension), dtype=np.float32)
    for start in range(0, len(passages), _ENCODED_AT_ONCE):
        batch = [passage.text for passage in passages[start : start + _ENCODED_AT_ONCE]]
        vectors[start : start + len(batch)] = encoder.encode(batch)
        progress("encoding", start + len(batch), len(passages))
    return vectors


def _manifest(found: Condition, parts: Sequence[Part], draft: Path, name: str) -> Manifest:
    told = found.manifest
    content = manifests.added_up(NOTHING, (each for part in parts for each in part.living()), ())
    return replace(
        told,
        generation=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        content=content,
        fingerprint=manifests.fingerprint(content, told.recipe),
        segments={part.segment.name: sorted(part.dead) for part in parts},
        documents=sum(part.documents for part in parts),
        passages=sum(map(len, parts)),
        ordinals=max(told.ordinals, _next(parts)),
        stale=told.stale if found.has_terms else 0,
        files=manifests.hashes(draft, None),
    )
