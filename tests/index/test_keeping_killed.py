"""Killed at any file operation, mending and restoring leave the old or the new, and go again."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.backup import back_up
from rag.documents import parse
from rag.index import Index, Mended, check
from rag.indexing import Indexer
from rag.restore import restore

Indexing = Callable[[Path], Indexer]
Killing = Callable[[str, int, Path], int]
Mending = Callable[..., Mended]
Sound = Callable[[Index, Mapping[str, str]], None]

CRASHING = """
import os, runpy, sys
from pathlib import Path
from rag.chunking import Budget
from rag.index import Maker, mend
from rag.restore import restore
from rag.tokens import TiktokenTokenizer

EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.link",
          "shutil.rmtree", "fcntl.flock"}
shared = runpy.run_path(sys.argv[1])
tokens = TiktokenTokenizer.named("rag16k")
tokens.count("warm")
maker = Maker(shared["HashEncoder"](tokens), Budget(tokens, 160, 48, tokens, 160), shared["RECIPE"])

def change(what, folder, left):
    def watch(event, _):
        nonlocal left
        left -= event in EVENTS
        if left == 0:
            os._exit(137)  # as a kill would: nothing is flushed, nothing cleaned up

    sys.addaudithook(watch)
    if what == "mend":
        mend(folder, lambda: maker, lambda *_: None)
    else:
        restore(folder.parent / "all.tar", folder, lambda *_: None, force=True)
    os.write(1, b"%d " % -left)

for line in sys.stdin.buffer:  # each a child of its own, for starting takes longer than changing
    what, operation, folder = line.decode().strip().split(" ", 2)
    child = os.fork()
    if not child:
        change(what, Path(folder), int(operation))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
OLD = {f"{number}.txt": f"Gold was found at place {number}." for number in range(6)}
NEW = {f"{number}.txt": f"Salt was found at place {number}." for number in range(4)}


@pytest.fixture
def killing() -> Iterator[Killing]:
    """Return what does something and kills it at an operation; it returns how many there were."""
    conftest = Path(__file__).with_name("conftest.py")
    with subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(conftest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None

        def killed(what: str, operation: int, folder: Path) -> int:
            assert forking.stdin is not None
            assert forking.stdout is not None
            print(what, operation, folder, file=forking.stdin, flush=True)
            *done, status = map(int, forking.stdout.readline().split())
            assert status == (137 if operation else 0)
            return done[0] if done else 0

        yield killed
        forking.stdin.close()


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    copy = folder.parent / "killed"
    yield shutil.copytree(folder, copy)
    shutil.rmtree(copy)


def texts(folder: Path) -> dict[str, str]:
    return {name: each.text for name, each in Index.open(folder).documents.items()}


@pytest.mark.slow
def test_mending_that_is_killed_loses_nothing_and_can_go_again(
    swift: Path, indexing: Indexing, mending: Mending, killing: Killing, sound: Sound
) -> None:
    folder = swift / "index"
    indexing(folder).update([parse(*each) for each in OLD.items()], lambda *_: None)
    next(folder.rglob("vectors.faiss")).write_bytes(b"junk")
    shutil.rmtree(next(folder.rglob("lexical")))
    with copied(folder) as copy:
        operations = killing("mend", 0, copy)
        assert not check(copy).faults
    assert operations > 30
    seen = []
    for operation in range(1, operations + 1):
        with copied(folder) as copy:
            killing("mend", operation, copy)
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
    with copied(folder) as copy:
        operations = killing("restore", 0, copy)
        assert texts(copy) == NEW == texts(copy / "collections" / "west")
    assert operations > 60
    seen = []
    for operation in range(1, operations + 1, 3):
        with copied(folder) as copy:
            killing("restore", operation, copy)
            held = [texts(copy), texts(copy / "collections" / "west")]
            assert all(each in (OLD, NEW) for each in held)
            seen.append(held.count(NEW))
            if operation % 5 == 0:
                restore(swift / "all.tar", copy, lambda *_: None, force=True)
                assert texts(copy) == NEW == texts(copy / "collections" / "west")
    assert seen == sorted(seen)
    assert {0, 2} <= set(seen)
