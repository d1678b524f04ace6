"""While generations are published, readers keep theirs, and no kill leaves a mixture."""

import pickle
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from rag.documents import parse
from rag.index import Addition, Index, Manifest, Recipe, remove
from rag.indexing import Indexer
from rag.types import Document

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)

Adding = Callable[[Mapping[str, str]], Addition]
Indexing = Callable[[Path], Indexer]
Killing = Callable[..., Callable[..., int]]
Published = Callable[[Path, Mapping[str, str]], Manifest]
Sound = Callable[[Index, Mapping[str, str]], None]


def current(folder: Path) -> Path:
    return folder / "generations" / (folder / "CURRENT").read_text("ascii").strip()


# Readers and writers


def test_a_half_written_generation_is_ignored_and_then_removed(
    folder: Path, published: Published
) -> None:
    before = Index.open(folder)
    draft = folder / "generations" / ".draft-killed"
    shutil.copytree(current(folder), draft)
    next(draft.rglob("vectors.faiss")).write_bytes(b"half")
    assert Index.open(folder).manifest == before.manifest
    published(folder, {"a.txt": "New."})
    assert not draft.exists()


def test_a_generation_that_was_never_pointed_to_is_passed_over(
    folder: Path, published: Published
) -> None:
    before = Index.open(folder).manifest
    shutil.copytree(current(folder), folder / "generations" / "000003")
    assert Index.open(folder).manifest == before
    assert published(folder, {"a.txt": "New."}).generation == "000004"
    assert list(Index.open(folder).documents) == ["a.txt"]


def test_the_pointer_is_replaced_and_never_written_in_place(
    folder: Path, published: Published
) -> None:
    with (folder / "CURRENT").open(encoding="ascii") as held:
        published(folder, {"a.txt": "New."})
        assert held.read() == "000002\n"
    assert (folder / "CURRENT").read_text("ascii") == "000003\n"


def test_the_generation_before_the_current_one_is_kept_and_no_older(
    folder: Path, published: Published
) -> None:
    for number in range(3):
        published(folder, {"a.txt": f"Text {number}."})
    kept = sorted(each.name for each in (folder / "generations").iterdir())
    assert kept == ["000004", "000005"]
    assert Index.open(folder).documents["a.txt"].text == "Text 2."


def test_an_open_reader_keeps_answering_while_newer_generations_are_published(
    folder: Path, published: Published
) -> None:
    reader = Index.open(folder)
    everything = np.array(list(reader.passages), dtype=np.int64)

    def state() -> tuple[list[float], list[int], list[str]]:
        terms = reader.lexical.terms("five leaders of the summit")
        return (
            reader.lexical.score(terms, everything).tolist(),
            reader.vectors.search(reader.vectors.vectors(everything)[0], 5).tolist(),
            [passage.text for passage in reader.passages.values()],
        )

    before = state()
    for number in range(2):
        published(folder, {"a.txt": f"Text {number}."})
    assert not reader.folder.exists()
    sleep(1)  # tantivy looks for changes of its folder twice a second
    assert state() == before
    assert len(before[2]) > 5


# Whoever is killed, a whole generation remains

CRASHING = """
import pickle, sys
from pathlib import Path
from conftest import RECIPE
from forking import crashing
from rag.index import Index, Writer, point, writing

addition, removed = pickle.loads(Path(sys.argv[1]).read_bytes())

def change(folder):
    folder = Path(folder)
    with writing(folder):
        writer, before = Writer(folder, RECIPE), Index.open(folder)
        if addition.entries or removed:
            index = writer.write(before, addition, removed)
        else:
            index = writer.merge(before, anew=True)
        point(folder, index.manifest.generation)

crashing(change)
"""
BASE = {f"{number}.txt": f"Gold was found at place {number}." for number in range(12)}
LATER = {"x.txt": "An early text.", "y.txt": "A text that came later."}
CHANGES: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "add": ({"new.txt": "A fox."}, ()),
    "replace": ({"3.txt": "Salt was found instead.", "x.txt": "A late text."}, ()),
    "remove": ({}, ("3.txt",)),
    "merge": ({f"new {number}.txt": f"Fox {number}." for number in range(3)}, ()),
    "rewrite": ({"0.txt": "Salt was found instead."}, tuple(f"{n}.txt" for n in range(1, 9))),
    "compact": ({}, ()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_writer_killed_at_any_file_operation_leaves_the_old_or_the_new(
    name: str, swift: Path, adding: Adding, indexing: Indexing, killing: Killing, sound: Sound
) -> None:
    ours = indexing(swift / "index")
    for texts in ({**BASE, "gone.txt": "It goes."}, LATER):
        ours.update([parse(*each) for each in texts.items()], lambda *_: None)
    ours.update([], lambda *_: None, removed=["gone.txt"])
    given, removed = CHANGES[name]
    old = {**BASE, **LATER}
    new = {key: text for key, text in {**old, **given}.items() if key not in removed}
    (swift / "change").write_bytes(pickle.dumps((adding(given), removed)))
    killed = killing(CRASHING, swift / "change")

    def killed_at(operation: int) -> tuple[int, bool]:
        """Return how many operations there were, if it was not killed, and whether it is done."""
        folder = shutil.copytree(swift / "index", swift / "killed")
        operations = killed(operation, folder)
        index = Index.open(folder)
        is_new = index.manifest.generation != "000003"
        sound(index, new if is_new else old)
        if operation % 5 == 0:
            indexing(folder).update([parse("after.txt", "It goes on.")], lambda *_: None)
            after = {"after.txt": "It goes on."}
            sound(Index.open(folder, index), {**(new if is_new else old), **after})
            assert len(list((folder / "generations").iterdir())) == 2
        remove(folder)
        return operations, is_new

    operations, is_new = killed_at(0)
    assert is_new
    assert operations > 50
    seen = [killed_at(operation)[1] for operation in range(1, operations + 1)]
    assert seen == sorted(seen)  # old until CURRENT turns, new ever after
    assert set(seen) == {False, True}


def start_indexing(source: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "rag", "index", str(source)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def write_version(source: Path, version: int) -> None:
    for number in range(20):
        text = "".join(f"Sentence {n} of version {version}. " for n in range(10))
        (source / f"{number}.txt").write_text(text, encoding="utf-8")


def versions(documents: Mapping[str, Document]) -> Iterator[int]:
    for document in documents.values():
        yield int(document.text.split("version ")[1].split(".")[0])


@pytest.mark.slow
def test_an_indexing_process_killed_at_any_time_leaves_a_whole_generation(
    index_folder: Path, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    ours = {**environment, "RAG_INDEX": str(index_folder)}
    write_version(source, 0)
    begun = monotonic()
    assert start_indexing(source, ours).wait() == 0
    takes = monotonic() - begun
    moments = random.Random(20261122)
    present = 0
    for version in range(1, 9):
        write_version(source, version)
        with start_indexing(source, ours) as process:
            sleep(moments.uniform(0.4, 1.1) * takes)
            process.send_signal(signal.SIGKILL)
        index = Index.open(index_folder)
        (found,) = set(versions(index.documents))
        assert found in {present, version}
        assert len(index.documents) == 20
        present = found
    assert start_indexing(source, ours).wait() == 0
    assert set(versions(Index.open(index_folder).documents)) == {8}
