"""One process writes at a time: another waits a little and then says so; readers never wait."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import monotonic

import pytest

from rag.documents import parse
from rag.errors import IndexLocked
from rag.index import Index, generations, writing
from rag.indexing import Indexer

HOLDING = """
import sys
from pathlib import Path
from rag.index import writing

with writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

Indexing = Callable[[Path], Indexer]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process write to an index; it ends when its input does."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_while_another_process_writes_a_change_is_refused_and_readers_read_on(
    folder: Path, indexing: Indexing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_PATIENCE", 0.2)
    before = Index.open(folder)
    with held(folder) as process:
        begun = monotonic()
        with pytest.raises(IndexLocked, match=r"Another process is writing to .*: call again"):
            indexing(folder).update([parse("new.txt", "New.")], silent)
        assert 0.2 < monotonic() - begun < 2
        begun = monotonic()
        assert Index.open(folder, before).manifest == before.manifest
        assert monotonic() - begun < 1
        process.send_signal(signal.SIGKILL)  # a lock ends with its process, however that ends
        process.wait()
        indexing(folder).update([parse("new.txt", "New.")], silent)
    assert "new.txt" in Index.open(folder).documents


def test_a_short_change_of_another_process_is_waited_for(folder: Path, indexing: Indexing) -> None:
    with held(folder) as process:
        assert process.stdin is not None
        Timer(0.3, process.stdin.close).start()
        begun = monotonic()
        indexing(folder).update([parse("new.txt", "New.")], silent)
        assert monotonic() - begun > 0.3
    assert "new.txt" in Index.open(folder).documents


def test_two_writers_of_one_process_take_turns_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_PATIENCE", 0.1)
    with writing(tmp_path), pytest.raises(IndexLocked), writing(tmp_path):
        pytest.fail("two wrote at a time")
    with writing(tmp_path):
        pass
