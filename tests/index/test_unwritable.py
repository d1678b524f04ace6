"""Where the disk takes no change, that is said, and what served goes on serving."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag.documents import parse
from rag.errors import IndexUnwritable
from rag.index import Index
from rag.indexing import Indexer

UNSHARED = ["unshare", "-rm", "bash", "-c"]

FILLING = """
import os, runpy, sys
from pathlib import Path
from rag.chunking import Budget
from rag.documents import parse
from rag.errors import IndexUnwritable
from rag.index import Index
from rag.indexing import Indexer
from rag.tokens import TiktokenTokenizer

shared = runpy.run_path(sys.argv[1])
folder = Path(sys.argv[2])
tokens = TiktokenTokenizer.named("rag16k")
budget = Budget(tokens, 160, 48, tokens, 160)
indexer = Indexer(folder / "index", shared["HashEncoder"](tokens), budget, shared["RECIPE"])
quiet = lambda *_: None

def free():
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize

indexer.update([parse("a.txt", "Gold was found.")], quiet)
long = parse("long.txt", "".join(f"Sentence {n} of a long text. " for n in range(2500)))
refused = 0
for room in range(0, free(), 8192):
    (folder / "filling").write_bytes(bytes(free() - room))
    try:
        indexer.update([long], quiet)
    except IndexUnwritable as error:
        refused += 1
        assert "index/ (" in str(error) and "make room on its disk" in str(error), error
        index = Index.open(folder / "index")
        assert [*index.documents] == ["a.txt"], [*index.documents]
        assert index.lexical.search(["gold"], 5).tolist() == [0]
        assert [each.name for each in (folder / "index" / "generations").glob(".*")] == []
        (folder / "filling").unlink()
    else:
        break
print(refused, *Index.open(folder / "index").documents)
"""

Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def test_a_full_disk_is_said_wherever_it_is_met(tmp_path: Path) -> None:
    """The less room there is, the earlier a write fails: every writer meets the end once."""
    mount = f"mount -t tmpfs -o size=2m none {tmp_path}"
    if subprocess.run([*UNSHARED, mount], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets no one mount a small disk")
    conftest = Path(__file__).with_name("conftest.py")
    (script := tmp_path.parent / f"{tmp_path.name}.py").write_text(FILLING, encoding="utf-8")
    ran = subprocess.run(
        [*UNSHARED, f"{mount} && {sys.executable} {script} {conftest} {tmp_path}"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    refused, *documents = ran.stdout.split()
    assert int(refused) > 10
    assert documents == ["a.txt", "long.txt"]


def test_a_file_that_may_grow_no_more_is_said(
    folder: Path, indexing: Indexing, sound: Sound, hard_texts: Mapping[str, str]
) -> None:
    index = Index.open(folder)
    texts = {name: document.text for name, document in index.documents.items()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(IndexUnwritable, match="File too large"):
            indexing(folder).update([parse("long.txt", hard_texts["long.txt"])], silent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    for opened in (index, Index.open(folder), Index.open(folder, index)):
        sound(opened, texts)
    assert list((folder / "generations").glob(".draft-*")) == []


def test_a_read_only_folder_is_said(tmp_path: Path, pristine: Path) -> None:
    folder = shutil.copytree(pristine, tmp_path / "index")
    mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
    if subprocess.run([*UNSHARED, mount], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets no one mount a folder read-only")
    writing = "import sys; from pathlib import Path; from rag.index import writing; "
    writing += "writing(Path(sys.argv[1])).__enter__()"
    ran = subprocess.run(
        [*UNSHARED, f'{mount} && {sys.executable} -c "{writing}" {folder}'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert f"IndexUnwritable: Cannot write to {folder}/ (Read-only file system)" in ran.stderr


@pytest.mark.parametrize("name", ["a file", "a file/below"])
def test_a_file_in_the_place_of_the_folder_is_said(
    name: str, tmp_path: Path, indexing: Indexing
) -> None:
    (tmp_path / "a file").write_text("text", encoding="utf-8")
    with pytest.raises(IndexUnwritable, match=r"a file.*/ \((File exists|Not a directory)\)"):
        indexing(tmp_path / name).update([parse("a.txt", "Gold.")], silent)


def test_what_fails_elsewhere_is_not_said_of_the_disk(folder: Path, indexing: Indexing) -> None:
    before = Index.open(folder).manifest
    document = parse("a.txt", "Gold.")
    for wrong in (BrokenPipeError("of what shows progress"), KeyboardInterrupt()):

        def fail(_stage: str, _done: int, _total: int, wrong: BaseException = wrong) -> None:
            raise wrong

        with pytest.raises(type(wrong)):
            indexing(folder).update([document], fail)
        assert Index.open(folder).manifest == before
