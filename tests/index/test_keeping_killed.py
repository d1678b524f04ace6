"""Killed at any file operation, mending and restoring leave the old or the new, and go again."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.backup import back_up
from rag.documents import parse
from rag.index import Index, Mended, check, remove
from rag.indexing import Indexer
from rag.restore import restore

Indexing = Callable[[Path], Indexer]
Killing = Callable[..., Callable[..., int]]
Mending = Callable[..., Mended]
Sound = Callable[[Index, Mapping[str, str]], None]

CRASHING = """
from pathlib import Path
from conftest import RECIPE, HashEncoder
from forking import crashing
from rag.chunking import Budget
from rag.index import Maker, mend
from rag.restore import restore
from rag.tokens import TiktokenTokenizer

tokens = TiktokenTokenizer.named("rag16k")
tokens.count("warm")
maker = Maker(HashEncoder(tokens), Budget(tokens, 160, 48, tokens, 160), RECIPE)

def change(what, folder):
    if what == "mend":
        mend(Path(folder), lambda: maker, lambda *_: None)
    else:
        archive = Path(folder).parent / "all.tar"
        restore(archive, Path(folder), lambda *_: None, force=True)

crashing(change)
"""
OLD = {f"{number}.txt": f"Gold was found at place {number}." for number in range(6)}
NEW = {f"{number}.txt": f"Salt was found at place {number}." for number in range(4)}


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    copy = folder.parent / "killed"
    yield shutil.copytree(folder, copy)
    remove(copy)


def texts(folder: Path) -> dict[str, str]:
    return {name: each.text for name, each in Index.open(folder).documents.items()}


@pytest.mark.slow
def test_mending_that_is_killed_loses_nothing_and_can_go_again(
    swift: Path, indexing: Indexing, mending: Mending, killing: Killing, sound: Sound
) -> None:
    folder = swift / "index"
    indexing(folder).update([parse(*each) for each in OLD.items()], lambda *_: None)
    killed = killing(CRASHING)
    next(folder.rglob("vectors.faiss")).write_bytes(b"junk")
    remove(next(folder.rglob("lexical")))
    with copied(folder) as copy:
        operations = killed(0, "mend", copy)
        assert not check(copy).faults
    assert operations > 30
    seen = []
    for operation in range(1, operations + 1):
        with copied(folder) as copy:
            killed(operation, "mend", copy)
            seen.append(not check(copy).faults)
            mending(copy)
            sound(Index.open(copy), OLD)
            assert check(copy).leftovers == []
    assert seen == sorted(seen)  # damaged until CURRENT turns, whole ever after
    assert set(seen) == {False, True}


@pytest.mark.slow
def test_restoring_that_is_killed_leaves_the_old_or_the_new(
    swift: Path, indexing: Indexing, killing: Killing
) -> None:
    folder = swift / "index"
    for place in (folder, folder / "collections" / "west"):
        indexing(place).update([parse(*each) for each in NEW.items()], lambda *_: None)
    back_up(folder, swift / "all.tar", lambda *_: None)
    for place in (folder, folder / "collections" / "west"):
        indexing(place).update([parse(*each) for each in OLD.items()], lambda *_: None)
    killed = killing(CRASHING)
    with copied(folder) as copy:
        operations = killed(0, "restore", copy)
        assert texts(copy) == NEW == texts(copy / "collections" / "west")
    assert operations > 60
    seen = []
    for operation in range(1, operations + 1, 3):
        with copied(folder) as copy:
            killed(operation, "restore", copy)
            held = [texts(copy), texts(copy / "collections" / "west")]
            assert all(each in (OLD, NEW) for each in held)
            seen.append(held.count(NEW))
            if operation % 5 == 0:
                restore(swift / "all.tar", copy, lambda *_: None, force=True)
                assert texts(copy) == NEW == texts(copy / "collections" / "west")
    assert seen == sorted(seen)
    assert {0, 2} <= set(seen)
