"""Where parts of an index drift apart, or what points to them is wrong, that is told and mended."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.documents import parse
from rag.errors import IndexDamaged, IndexForeign, IndexLocked, IndexMissing, IndexNewer
from rag.index import Index, LexicalIndex, Mended, check, generations, remove
from rag.index import manifest as manifests
from rag.indexing import Indexer

Answers = Callable[[Index], list[object]]
Damage = Callable[[Path], None]
Indexing = Callable[[Path], Indexer]
Mending = Callable[..., Mended]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def current(folder: Path) -> Path:
    return folder / "generations" / Index.current(folder)


@contextmanager
def writing_elsewhere(folder: Path) -> Iterator[None]:
    """Hold the lock of an index as another process would."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# What drifts though every file is as it was written


def resealed(generation: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest and its copy as a fault of the program would, seals and all."""
    told = json.loads((generation / "manifest.json").read_text("utf-8"))
    change(told)
    del told["sha256"]
    told["sha256"] = sha256(json.dumps(told).encode()).hexdigest()
    for name in ("manifest.json", "manifest.copy.json"):
        (generation / name).write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value"), [("documents", 99), ("passages", 2), ("content", "0" * 64)]
)
def test_a_manifest_that_miscounts_is_told_and_counted_again(
    answers: Answers, key: str, value: object, damaged: Path, mending: Mending, pristine: Path
) -> None:
    resealed(current(damaged), lambda told: told.update({key: value}))
    assert "manifest.json" in check(damaged).faults[0].what
    mending(damaged)
    assert check(damaged).faults == ()
    assert answers(Index.open(damaged)) == answers(Index.open(pristine))


def test_terms_of_other_passages_are_told_and_made_anew(
    answers: Answers, damaged: Path, mending: Mending, pristine: Path
) -> None:
    generation = current(damaged)
    for each in (generation / "lexical").glob("*"):
        each.unlink()
    LexicalIndex.write(generation / "lexical", [(0, "other"), (1, "terms")], np.empty(0, np.int64))

    def as_written(told: dict[str, Any]) -> None:
        told["files"] = manifests.hashes(generation, None)

    resealed(generation, as_written)
    assert "lexical is of other passages" in check(damaged).faults[0].what
    mending(damaged)
    assert answers(Index.open(damaged))[:-1] == answers(Index.open(pristine))[:-1]


def test_vectors_of_another_number_are_told_and_made_anew(
    answers: Answers, damaged: Path, mending: Mending, pristine: Path
) -> None:
    generation = current(damaged)
    shutil.copy(
        generation / "segments" / "000002" / "vectors.faiss",
        generation / "segments" / "000001" / "vectors.faiss",
    )

    def as_written(told: dict[str, Any]) -> None:
        told["files"] = manifests.hashes(generation, None)

    resealed(generation, as_written)
    with pytest.raises(IndexDamaged, match="rag doctor --mend"):
        Index.open(damaged)
    assert "segments/000001 does not open" in check(damaged).faults[0].what
    mending(damaged)
    assert answers(Index.open(damaged))[:-1] == answers(Index.open(pristine))[:-1]


# The pointer, and what lies about


def test_where_what_served_is_gone_the_one_before_serves_again(
    damaged: Path, mending: Mending
) -> None:
    remove(current(damaged))
    found = check(damaged)
    assert "generations/000002, which" in found.faults[0].what
    assert "generation 000001 of 20" in found.faults[0].remedy
    mending(damaged)
    assert "gone.txt" in Index.open(damaged).documents
    assert check(damaged).faults == ()


@pytest.mark.parametrize("damage", ["alter"], indirect=True)
def test_where_a_manifest_and_its_copy_are_damaged_nothing_is_given_up_unasked(
    damaged: Path, damage: Damage, mending: Mending
) -> None:
    for name in ("manifest.json", "manifest.copy.json"):
        damage(current(damaged) / name)
    with pytest.raises(IndexDamaged, match=r"what was changed since 20.*--drop-lost"):
        mending(damaged)
    assert Index.current(damaged) == "000002"
    mending(damaged, drop_lost=True)
    assert "gone.txt" in Index.open(damaged).documents
    assert (damaged / "generations" / "000002").is_dir()  # until the next change


@pytest.mark.parametrize("damage", ["alter"], indirect=True)
def test_where_nothing_is_left_to_mend_from_that_is_said(
    damaged: Path, damage: Damage, mending: Mending
) -> None:
    for each in (damaged / "generations").iterdir():
        damage(each / "manifest.json")
        (each / "manifest.copy.json").unlink()
    for mends in (check, mending):
        with pytest.raises(IndexDamaged, match=r"no other generation is whole: 'rag index --reb"):
            mends(damaged)


@pytest.mark.parametrize("content", [b"junk", b"", b"\xff\x00", b"000009\n"])
def test_a_pointer_that_is_wrong_is_set_right(
    answers: Answers, content: bytes, damaged: Path, pristine: Path, mending: Mending
) -> None:
    (damaged / "CURRENT").write_bytes(content)
    assert "CURRENT" in check(damaged).faults[0].what
    mending(damaged)
    assert answers(Index.open(damaged)) == answers(Index.open(pristine))


def test_what_is_not_ours_is_left_alone(tmp_path: Path, damaged: Path, mending: Mending) -> None:
    with pytest.raises(IndexMissing):
        mending(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "CURRENT").write_text("of another program", encoding="ascii")
    with pytest.raises(IndexForeign):
        mending(tmp_path)
    assert [each.name for each in tmp_path.iterdir() if each.name != "index"] == ["CURRENT"]
    resealed(current(damaged), lambda told: told.update({"version": 3}))
    with pytest.raises(IndexNewer):
        mending(damaged)


def test_what_killed_writers_left_is_told_and_cleared_away(damaged: Path, mending: Mending) -> None:
    left = [damaged / "generations" / name for name in (".draft-killed", "000000", "000003")]
    for each in left:
        shutil.copytree(current(damaged), each)
    (damaged / ".CURRENT").write_text("00", encoding="ascii")
    expected = {*left, damaged / ".CURRENT"}
    found = check(damaged)
    assert (found.faults, {*found.leftovers}) == ((), expected)
    with writing_elsewhere(damaged):  # who knows what is still at work
        assert check(damaged).leftovers == []
    mended = mending(damaged)
    assert ({*mended.cleared}, mended.generation) == (expected, "000002")
    assert sorted(each.name for each in (damaged / "generations").iterdir()) == ["000001", "000002"]
    assert check(damaged).leftovers == []


@pytest.mark.parametrize("damage", ["alter"], indirect=True)
def test_while_another_process_writes_nothing_is_mended(
    damaged: Path,
    damage: Damage,
    mending: Mending,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generations, "_PATIENCE", 0.1)
    damage(next(current(damaged).rglob("vectors.faiss")))
    with writing_elsewhere(damaged), pytest.raises(IndexLocked):
        mending(damaged)


def test_a_reader_goes_on_and_then_follows(
    answers: Answers, damaged: Path, mending: Mending, pristine: Path
) -> None:
    reader = Index.open(damaged)
    told = answers(reader)
    for each in current(damaged).rglob("vectors.faiss"):
        content = each.read_bytes()
        each.unlink()  # what the reader has open stays as it is
        each.write_bytes(content[:-1])
    mending(damaged)
    assert answers(reader) == told
    assert answers(Index.open(damaged, reader))[:-1] == answers(Index.open(pristine))[:-1]


def test_a_change_that_is_published_meanwhile_is_not_called_damage(
    damaged: Path, indexing: Indexing, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = manifests.faults

    def slowly(*arguments: Any) -> Iterator[tuple[str, str]]:
        monkeypatch.setattr(manifests, "faults", whole)
        for number in range(2):
            indexing(damaged).update([parse("new.txt", f"New {number}.")], silent)
        return whole(*arguments)

    monkeypatch.setattr(manifests, "faults", slowly)
    found = check(damaged)
    assert (found.faults, found.manifest.generation) == ((), "000004")
