"""What is damaged is told; what can be derived is mended; nothing is dropped unasked."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from rag.errors import (
    IndexDamaged,
    IndexMismatch,
)
from rag.index import Index, Maker, Mended, Recipe, check, mend, remove
from rag.indexing import Indexer

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)

Answers = Callable[[Index], list[object]]
Damage = Callable[[Path], None]
Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]
Mending = Callable[..., Mended]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def current(folder: Path) -> Path:
    return folder / "generations" / Index.current(folder)


def files(folder: Path) -> list[Path]:
    """Return every file of the generation that serves, and what points to it."""
    found = [each for each in current(folder).rglob("*") if each.is_file()]
    kept = [each.relative_to(folder) for each in found if each.suffix != ".lock"]
    return [Path("CURRENT"), *sorted(kept)]


def texts(index: Index) -> dict[str, str]:
    return {name: document.text for name, document in index.documents.items()}


# Whatever file is damaged


@pytest.mark.parametrize("damage", ["truncate", "alter", "empty", "unlink"], indirect=True)
def test_damage_to_any_file_is_told_and_mended_or_what_is_lost_is_named(
    answers: Answers,
    damage: Damage,
    pristine: Path,
    swift: Path,
    mending: Mending,
    sound: Sound,
    indexing: Indexing,
) -> None:
    whole = Index.open(pristine)
    fresh = indexing(swift / "fresh")
    fresh.update(whole.documents.values(), silent)
    *expected, weights = answers(Index.open(fresh.folder))
    outcomes = {True: 0, False: 0}
    for number, name in enumerate(files(pristine)):
        folder = shutil.copytree(pristine, swift / str(number))
        damage(folder / name)
        found = check(folder)
        assert any(name.name in fault.what for fault in found.faults), name
        if found.lost:
            assert name.name in {"documents.jsonl", "texts.jsonl"}
            before = {*folder.rglob("*")}
            with pytest.raises(IndexDamaged, match="--drop-lost") as refused:
                mending(folder)
            assert before == {*folder.rglob("*")}
            assert ", ".join(found.lost) in str(refused.value)
        mending(folder, drop_lost=bool(found.lost))
        index = Index.open(folder)
        lost = {*whole.documents} - {*index.documents}
        if "1 of unknown name" not in found.lost:
            assert {*found.lost} == lost
        sound(index, {each: text for each, text in texts(whole).items() if each not in lost})
        if not found.lost:
            *told, weighed = answers(index)
            assert told == expected
            assert index.manifest.stale or weighed == weights
            assert index.manifest.fingerprint == whole.manifest.fingerprint
        after = check(folder)
        assert (after.faults, after.lost, after.leftovers) == ((), (), [])
        assert index.manifest.generation == "000003"
        outcomes[bool(lost)] += 1
        remove(folder)
    assert outcomes[True] >= 2
    assert outcomes[False] > 10


@pytest.mark.parametrize("file", ["documents.jsonl", "texts.jsonl"])
def test_of_a_damaged_file_only_the_line_that_is_damaged_is_lost(
    file: str, pristine: Path, damaged: Path
) -> None:
    segments = Index.open(pristine).manifest.segments
    dead = 0
    for part in Index.open(pristine).parts:
        place = current(damaged) / "segments" / part.segment.name / file
        content = place.read_bytes()
        ends = [where for where, byte in enumerate(content) if byte == ord("\n")]
        for row, (start, end) in enumerate(pairwise([-1, *ends])):
            flipped, joined = bytearray(content), bytearray(content)
            flipped[(start + end) // 2] ^= 1
            joined[end] ^= 1
            for damage, rows in ((flipped, {row}), (joined, {row, row + 1})):
                place.write_bytes(damage)
                alive = rows - {*segments[part.segment.name]}
                names = [each.id for n, each in enumerate(part.segment.records) if n in alive]
                assert [*check(damaged).lost] == names
                dead += not names
        place.write_bytes(content)
    assert dead == 3  # the two that are dead, and the second of them with the end of the file
    assert check(damaged).faults == ()


@pytest.mark.parametrize("damage", ["truncate"], indirect=True)
def test_what_is_whole_stays_the_same_file(damaged: Path, damage: Damage, mending: Mending) -> None:
    before = current(damaged)
    damage(before / "segments" / "000001" / "vectors.faiss")
    mending(damaged)
    shared = {
        each.relative_to(before).as_posix().split("/")[1]
        for each in before.rglob("*")
        if each.is_file()
        and (other := current(damaged) / each.relative_to(before)).exists()
        and each.samefile(other)
    }
    assert shared == {"000002"}


def test_terms_alone_are_mended_without_an_encoder(damaged: Path) -> None:
    def maker() -> Maker:
        pytest.fail("the encoder was loaded")

    vectors = {each: each.stat().st_ino for each in current(damaged).rglob("vectors.faiss")}
    remove(current(damaged) / "lexical")
    assert "terms indexed again" in mend(damaged, maker, silent).faults[0].remedy
    held = {each.stat().st_ino for each in current(damaged).rglob("vectors.faiss")}
    assert held == {*vectors.values()}


def test_passages_are_not_made_anew_by_other_settings(damaged: Path, mending: Mending) -> None:
    next(current(damaged).rglob("passages.jsonl")).unlink()
    before = {*damaged.rglob("*")}
    with pytest.raises(IndexMismatch, match="passage_tokens 160 -> 80"):
        mending(damaged, recipe=replace(RECIPE, passage_tokens=80))
    assert {*damaged.rglob("*")} == before
    mending(damaged)
    assert check(damaged).faults == ()
