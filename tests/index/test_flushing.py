"""What was acknowledged is on disk: seen in the system calls of a real process, in their order.

A loss of power keeps of a file what was flushed (fsync) and of a folder the names that it had when
it was; all else may be there or not, in any order.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHANGING = """
import os, runpy, sys
from pathlib import Path
from rag.backup import back_up
from rag.chunking import Budget
from rag.documents import parse
from rag.index import compact
from rag.indexing import Indexer
from rag.restore import restore
from rag.tokens import TiktokenTokenizer

shared = runpy.run_path(sys.argv[1])
tokens = TiktokenTokenizer.named("rag16k")
budget = Budget(tokens, 160, 48, tokens, 160)
folder, quiet = Path(sys.argv[2]), lambda *_: None
indexer = Indexer(folder, shared["HashEncoder"](tokens), budget, shared["RECIPE"])
texts = [(f"{n}.txt", f"Gold was found at place {n}.") for n in range(9)]
for change in (
    lambda: indexer.update([parse(*each) for each in texts], quiet),
    lambda: indexer.update([parse("new.txt", "A fox lives in the wood.")], quiet),
    lambda: indexer.update([], quiet, removed=["3.txt"]),
    lambda: compact(folder, 0),
    lambda: back_up(folder, folder.parent / "all.tar", quiet),
    lambda: restore(folder.parent / "all.tar", folder.parent / "new" / "index", quiet),
):
    change()
    os.write(1, b"acknowledged\\n")
"""

_CALL = re.compile(r"^(?P<call>\w+)\((?P<told>.*)\) += (?P<result>-?\d+)")
_OPENED = re.compile(r"^\d+<(?P<path>[^>]*)>")
_PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CALLS = (
    "openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,write,pwrite64,"
    "fsync,fdatasync"
)


def calls(log: Path) -> Iterator[tuple[str, str, list[Path]]]:
    """Yield each system call that was done: its name, what it was told, and the paths in it."""
    begun: dict[str, str] = {}
    for line in log.read_text("utf-8", errors="replace").splitlines():
        thread, _, said = line.partition(" ")
        said = said.strip()
        if said.endswith("<unfinished ...>"):
            begun[thread] = said.removesuffix("<unfinished ...>")
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", said):
            said = begun.pop(thread) + resumed[1]
        call = _CALL.match(said)
        if call and not call["result"].startswith("-"):
            opened = _OPENED.match(call["told"])
            paths = [opened["path"]] if opened else _PATHS.findall(call["told"])
            yield call["call"], call["told"], list(map(Path, paths))


class Disk:
    """What a loss of power might undo: contents and names that were changed and not flushed."""

    def __init__(self) -> None:
        self.unsafe: set[Path] = set()

    def follow(self, call: str, told: str, paths: list[Path]) -> None:
        match call:
            case "fsync" | "fdatasync":
                self.unsafe.discard(paths[0])
            case "write" | "pwrite64":
                self.unsafe.add(paths[0])
            case "openat" | "creat" if "O_CREAT" in told and paths[0].suffix != ".lock":
                self.unsafe.add(paths[0].parent)
            case "mkdir" | "mkdirat":
                self.unsafe.add(paths[0].parent)
            case "link" | "linkat":
                self.unsafe.add(paths[1].parent)
            case "rename" | "renameat" | "renameat2":
                old, new = paths
                moved = {each for each in self.unsafe if each.is_relative_to(old)}
                self.unsafe -= moved
                self.unsafe |= {new / each.relative_to(old) for each in moved}
                self.unsafe |= {old.parent, new.parent}

    def unsafe_in(self, folder: Path) -> set[Path]:
        """Return what is unsafe of a folder and all below it, locks aside."""
        found = {each for each in self.unsafe if each.is_relative_to(folder)}
        return {each for each in found if not each.name.endswith((".lock", ".tmp"))}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the system calls of a process that makes an index, changes it and keeps it."""
    log = tmp_path / "log"
    traced = ["strace", "-f", "-y", "-s", "4096", "-e", f"trace={_CALLS}", "-o", str(log)]
    if shutil.which("strace") is None or subprocess.run([*traced, "true"], check=False).returncode:
        pytest.skip("this machine has no strace, or lets it trace nothing")
    process = [sys.executable, "-c", CHANGING, str(Path(__file__).with_name("conftest.py"))]
    where = str(tmp_path / "made" / "index")
    subprocess.run([*traced, *process, where], check=True, capture_output=True)
    return log


@pytest.mark.slow
def test_what_is_named_is_flushed_before_and_its_name_after(log: Path, tmp_path: Path) -> None:
    disk, seen = Disk(), {"generations": 0, "pointers": 0, "backups": 0, "acknowledged": 0}
    for call, told, paths in calls(log):
        if call.startswith("rename") and paths[0].name.startswith((".draft-", ".CURRENT", ".all")):
            old, new = paths
            assert disk.unsafe_in(old) == set(), "renamed before it was flushed"
            if new.name == "CURRENT":
                generation = new.parent / "generations"
                assert disk.unsafe_in(generation) == set(), "pointed to before it was flushed"
                assert new.parent / "generations" not in disk.unsafe
                seen["pointers"] += 1
            seen["generations"] += new.parent.name == "generations"
            seen["backups"] += new.name == "all.tar"
        if call == "write" and "acknowledged" in told:
            assert disk.unsafe_in(tmp_path / "made") == set(), "acknowledged before it was flushed"
            assert tmp_path not in disk.unsafe
            seen["acknowledged"] += 1
        disk.follow(call, told, paths)
    assert seen == {"generations": 5, "pointers": 5, "backups": 1, "acknowledged": 6}
