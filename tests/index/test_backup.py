"""One file holds an index with its collections, every byte verified, or is not there."""

import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from rag import backup
from rag.backup import back_up
from rag.documents import parse
from rag.errors import IndexDamaged, IndexMissing, InvalidBackup
from rag.index import Index, Manifest, check
from rag.indexing import Indexer
from rag.library import places
from rag.restore import restore

Answers = Callable[[Index], list[object]]
Indexing = Callable[[Path], Indexer]
Published = Callable[[Path, Mapping[str, str]], Manifest]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


@pytest.fixture
def filled(damaged: Path, indexing: Indexing) -> Path:
    """Return an index with a named collection of one document, and one of none."""
    indexing(damaged / "collections" / "west").update([parse("gold.txt", "Gold!")], silent)
    indexing(damaged / "collections" / "south").update([], silent)
    return damaged


def test_what_is_restored_answers_as_what_was_backed_up(
    filled: Path, tmp_path: Path, answers: Answers
) -> None:
    held = back_up(filled, tmp_path / "all.tar", silent)
    assert {name: manifest.generation for name, manifest in held.items()} == {
        None: "000002",
        "south": "000001",
        "west": "000001",
    }
    restored = restore(tmp_path / "all.tar", tmp_path / "new", silent)
    assert {name: m.fingerprint for name, m in restored.items()} == {
        name: m.fingerprint for name, m in held.items()
    }
    for place in (".", "collections/west", "collections/south"):
        old, new = Index.open(filled / place), Index.open(tmp_path / "new" / place)
        assert answers(new) == answers(old)
        assert new.manifest.generation == "000001" == Index.current(tmp_path / "new" / place)
        found = check(tmp_path / "new" / place)
        assert (found.faults, found.leftovers) == ((), [])
    assert [*places(tmp_path / "new")] == ["south", "west"]


def test_any_tar_unpacks_it_into_an_index(filled: Path, tmp_path: Path, answers: Answers) -> None:
    back_up(filled, tmp_path / "all.tar", silent)
    (tmp_path / "by hand").mkdir()
    subprocess.run(
        ["tar", "xf", tmp_path / "all.tar", "-C", tmp_path / "by hand"],  # noqa: S607
        check=True,
    )
    assert answers(Index.open(tmp_path / "by hand")) == answers(Index.open(filled))
    assert list(Index.open(tmp_path / "by hand" / "collections" / "west").documents) == ["gold.txt"]


def test_what_is_in_it_vouches_for_itself_in_order(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "all.tar", silent)
    with tarfile.open(tmp_path / "all.tar") as archive:
        names = archive.getnames()
    assert names[:4] == [
        "backup.json",
        "CURRENT",
        "generations/000002/manifest.json",
        "generations/000002/manifest.copy.json",
    ]
    held = Index.open(filled).manifest.files
    assert names[4 : 4 + len(held)] == [f"generations/000002/{name}" for name in sorted(held)]
    assert not any("lock" in name or "draft" in name for name in names)


def test_a_generation_that_goes_away_as_it_is_read_is_read_to_its_end(
    filled: Path,
    tmp_path: Path,
    answers: Answers,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, copy = answers(Index.open(filled)), backup._copy

    def slowly(archive: Any, name: str, *more: Any) -> str:
        if name.endswith("texts.jsonl") and (filled / "generations" / "000002").exists():
            for number in range(2):
                published(filled, {"new.txt": f"New {number}."})
        return copy(archive, name, *more)

    monkeypatch.setattr(backup, "_copy", slowly)
    back_up(filled, tmp_path / "all.tar", silent)
    assert not (filled / "generations" / "000002").exists()
    restore(tmp_path / "all.tar", tmp_path / "new", silent)
    assert answers(Index.open(tmp_path / "new")) == before != answers(Index.open(filled))


def test_backups_taken_as_a_writer_writes_hold_one_generation_each(
    swift: Path, indexing: Indexing
) -> None:
    ours = indexing(swift / "index")
    stop = Event()

    def write(version: int) -> None:
        texts = {f"{number}.txt": f"Text {number} of version {version}." for number in range(9)}
        ours.update([parse(*each) for each in texts.items()], silent)

    def write_on() -> None:
        version = 1
        while not stop.is_set():
            write(version := version + 1)

    write(1)
    writer = Thread(target=write_on)
    writer.start()
    seen = set()
    for number in range(8):
        back_up(swift / "index", swift / f"{number}.tar", silent)
        restore(swift / f"{number}.tar", swift / f"of {number}", silent)
        index = Index.open(swift / f"of {number}")
        (version,) = {each.text.split("version ")[1] for each in index.documents.values()}
        assert len(index.documents) == 9
        seen.add(version)
    stop.set()
    writer.join()
    assert len(seen) > 1


def test_of_a_damaged_index_there_is_no_backup_and_the_one_before_stays(
    filled: Path, tmp_path: Path
) -> None:
    back_up(filled, tmp_path / "all.tar", silent)
    before = (tmp_path / "all.tar").read_bytes()
    west = filled / "collections" / "west"
    texts = next((west / "generations" / Index.current(west)).rglob("texts.jsonl"))
    texts.write_bytes(texts.read_bytes().replace(b"Gold", b"Salt"))
    with pytest.raises(IndexDamaged, match=r"texts\.jsonl was altered .*rag doctor --mend"):
        back_up(filled, tmp_path / "all.tar", silent)
    texts.unlink()
    with pytest.raises(IndexDamaged, match="rag doctor --mend"):
        back_up(filled, tmp_path / "other.tar", silent)
    assert (tmp_path / "all.tar").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["all.tar"]


def test_a_backup_takes_the_place_of_a_backup_and_of_nothing_else(
    filled: Path, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"a report")
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.add(tmp_path / "report.pdf")
    for name in ("report.pdf", "other.tar"):
        with pytest.raises(InvalidBackup, match="give another name"):
            back_up(filled, tmp_path / name, silent)
    assert (tmp_path / "report.pdf").read_bytes() == b"a report"
    for _ in range(2):
        back_up(filled, tmp_path / "all.tar", silent)
    assert len(list(tmp_path.iterdir())) == 3


def test_where_there_is_no_index_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        back_up(tmp_path / "nothing", tmp_path / "all.tar", silent)
    assert list(tmp_path.iterdir()) == []
