"""What is wrong with an index, and what mending would make of it; nothing is changed here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rag.errors import IndexDamaged, IndexUnusable
from rag.index import manifest as manifests
from rag.index.generations import MEND, current, drafts, is_being_written, names
from rag.index.lexical import LexicalIndex
from rag.index.manifest import COPY, NAME, NOTHING, REBUILD, Manifest
from rag.index.parts import Part
from rag.index.salvage import Salvage
from rag.index.segment import Segment
from rag.index.store import BROKEN


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, and what mending makes of it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """How an index is.

    ``generation`` is the one that serves or, where it cannot, the one to mend from; ``wounded``
    are those of its segments that are to be made anew of what is whole, and ``has_terms`` says
    whether its terms can stay. ``lost`` is what no mending brings back; ``leftovers`` are what
    killed writers left behind.
    """

    generation: Path
    manifest: Manifest
    faults: Sequence[Fault]
    wounded: Mapping[str, Salvage]
    has_terms: bool
    lost: Sequence[str]
    leftovers: Sequence[Path] = ()


def check(folder: Path) -> Condition:
    """Check every byte of an index, and that texts, vectors, terms and manifest agree.

    Raises:
        IndexMissing, IndexForeign, IndexNewer, IndexOlder: it is not ours to mend.
        IndexDamaged: nothing is left to mend it from.
    """
    before = _pointer(folder)
    try:
        start = _start(folder)
        found = inspect(start.generation, start.manifest)
        is_whole = not (start.faults or found.faults)
    except IndexDamaged:
        if _pointer(folder) == before:
            raise
        is_whole = False
    if not is_whole and _pointer(folder) != before:
        return check(folder)  # while it was read, newer ones took its place
    return replace(
        found,
        faults=(*start.faults, *found.faults),
        lost=(*start.lost, *found.lost),
        leftovers=[] if is_being_written(folder) else list(unused(folder, start.generation)),
    )


def _pointer(folder: Path) -> bytes | None:
    try:
        return (folder / "CURRENT").read_bytes()
    except OSError:
        return None


def inspect(generation: Path, manifest: Manifest) -> Condition:
    """Check every byte of a generation, and that what it holds agrees with its manifest."""
    bad = dict(manifests.faults(generation, manifest.files, {}))
    held = {
        name: _segment(generation, name, frozenset(dead), bad)
        for name, dead in manifest.segments.items()
    }
    parts = [part for part in held.values() if isinstance(part, Part)]
    wounds = {name: wound for name, wound in held.items() if isinstance(wound, _Wound)}
    terms = _terms_fault(generation, bad, None if wounds else parts)
    wounded = {name: wound.salvage for name, wound in wounds.items()}
    counts = () if wounds else _miscounts(manifest, parts)
    return Condition(
        generation=generation,
        manifest=manifest,
        faults=(*(wound.fault for wound in wounds.values()), *terms, *counts),
        wounded=wounded,
        has_terms=not (terms or wounds),
        lost=_lost(manifest, parts, wounded.values()),
    )


# The generation to go by


@dataclass(frozen=True, slots=True)
class _Start:
    generation: Path
    manifest: Manifest
    faults: Sequence[Fault]
    lost: Sequence[str] = ()


def _start(folder: Path) -> _Start:
    """Return the generation that serves, or else the newest that tells what it holds."""
    try:
        serving = current(folder)
    except IndexDamaged as error:
        return _other(folder, error, is_there=False)
    try:
        return _Start(serving, *_manifest(serving))
    except IndexDamaged as error:
        return _other(folder, error, is_there=True)


def _manifest(generation: Path) -> tuple[Manifest, list[Fault]]:
    """Return what the manifest says, or its copy, and what is wrong with either."""
    found: list[Manifest] = []
    wrong: list[IndexUnusable] = []
    for name in (NAME, COPY):
        try:
            found.append(manifests.sealed(generation, name))
        except IndexUnusable as error:
            wrong.append(error)
    if not found:
        raise wrong[0]
    return found[0], [Fault(_what(each), "written again from the other copy") for each in wrong]


def _other(folder: Path, error: IndexDamaged, *, is_there: bool) -> _Start:
    """Return another generation than the one that should serve, which ``is_there``, but mute."""
    for name in reversed(names(folder)):
        generation = folder / "generations" / name
        try:
            manifest, faults = _manifest(generation)
        except IndexUnusable:
            continue
        fault = Fault(_what(error), f"generation {name} of {manifest.created} serves again")
        lost = [f"what was changed since {manifest.created}"] if is_there else []
        return _Start(generation, manifest, [fault, *faults], lost)
    raise IndexDamaged(f"{_what(error)}, and no other generation is whole: {REBUILD}.")


def _what(error: IndexUnusable) -> str:
    return str(error).removesuffix(f": {MEND}.")


# What it holds


@dataclass(frozen=True, slots=True, eq=False)
class _Wound:
    fault: Fault
    salvage: Salvage


def _segment(
    generation: Path, name: str, dead: frozenset[int], bad: Mapping[str, str]
) -> Part | _Wound:
    place = f"segments/{name}"
    wrong = [f"{file} {what}" for file, what in bad.items() if file.startswith(f"{place}/")]
    if not wrong:
        try:
            return Part.of(Segment(generation / place), dead)
        except BROKEN as error:
            wrong = [f"{place} does not open ({error})"]
    salvage = Salvage.of(generation / place, dead)
    remedy = f"{len(salvage)} document(s) cut and encoded again from their stored texts"
    return _Wound(Fault("; ".join(wrong), remedy), salvage)


def _terms_fault(
    generation: Path, bad: Mapping[str, str], parts: Sequence[Part] | None
) -> list[Fault]:
    """Return what is wrong with the terms; they are held against the parts where all are whole."""
    wrong = [f"{file} {what}" for file, what in bad.items() if file.startswith("lexical/")]
    if not wrong and parts is not None:
        try:
            known = LexicalIndex.open(generation / "lexical").ordinals()
        except BROKEN as error:
            wrong = [f"lexical does not open ({error})"]
        else:
            alive = np.concatenate([np.empty(0, np.int64), *(part.ordinals for part in parts)])
            wrong = [] if np.array_equal(known, alive) else ["lexical is of other passages"]
    return [Fault("; ".join(wrong), "terms indexed again from the stored texts")] if wrong else []


def _miscounts(manifest: Manifest, parts: Sequence[Part]) -> Iterator[Fault]:
    told = (manifest.documents, manifest.passages, manifest.content)
    held = (record for part in parts for record in part.living())
    counted = (
        sum(part.documents for part in parts),
        sum(map(len, parts)),
        manifests.added_up(NOTHING, held, ()),
    )
    if told != counted:
        yield Fault(f"{NAME} does not tell what the segments hold", "counted again")


def _lost(manifest: Manifest, parts: Sequence[Part], salvages: Collection[Salvage]) -> list[str]:
    """Return the names of the living documents that are lost, as far as they can be told."""
    whole = sum(part.documents for part in parts) + sum(map(len, salvages))
    named = [name for each in salvages for name in each.lost]
    if not salvages:
        return []
    nameless = manifest.documents - whole - len(named)
    return [*named, *([f"{nameless} of unknown name"] if nameless > 0 else [])]


def unused(folder: Path, serving: Path) -> Iterator[Path]:
    """Yield what the one that writes, or wrote last, has left besides what serves.

    That is drafts, and generations but the serving one and the one before it.
    """
    yield from drafts(folder)
    before = [name for name in names(folder) if int(name) < int(serving.name)]
    kept = {serving.name, *before[-1:], (_pointer(folder) or b"").decode(errors="replace").strip()}
    yield from (folder / "generations" / name for name in names(folder) if name not in kept)
