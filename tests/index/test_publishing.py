"""While generations are published, readers keep theirs, and no kill leaves a mixture."""

import pickle
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Index, Manifest, Recipe, writing
from rag.seams import Floats
from rag.types import Document, Passage

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)

VectorsFor = Callable[[Sequence[Passage]], Floats]
Published = Callable[[Path, Mapping[str, str], Budget], Manifest]


def current(folder: Path) -> Path:
    return folder / "generations" / (folder / "CURRENT").read_text("ascii").strip()


# Readers and writers


def test_a_half_written_generation_is_ignored_and_then_removed(
    folder: Path, budget: Budget, published: Published
) -> None:
    before = Index.open(folder)
    draft = folder / "generations" / ".draft-killed"
    shutil.copytree(current(folder), draft)
    (draft / "vectors.faiss").write_bytes(b"half")
    assert Index.open(folder).manifest == before.manifest
    published(folder, {"a.txt": "New."}, budget)
    assert not draft.exists()


def test_a_generation_that_was_never_pointed_to_is_passed_over(
    folder: Path, budget: Budget, published: Published
) -> None:
    before = Index.open(folder).manifest
    shutil.copytree(current(folder), folder / "generations" / "000002")
    assert Index.open(folder).manifest == before
    assert published(folder, {"a.txt": "New."}, budget).generation == "000003"
    assert list(Index.open(folder).documents) == ["a.txt"]


def test_the_generation_before_the_current_one_is_kept_and_no_older(
    folder: Path, budget: Budget, published: Published
) -> None:
    for number in range(3):
        published(folder, {"a.txt": f"Text {number}."}, budget)
    kept = sorted(each.name for each in (folder / "generations").iterdir())
    assert kept == ["000003", "000004"]
    assert Index.open(folder).documents["a.txt"].text == "Text 2."


def test_an_open_reader_keeps_answering_while_newer_generations_are_published(
    folder: Path, budget: Budget, published: Published
) -> None:
    reader = Index.open(folder)
    everything = np.arange(len(reader.passages))

    def state() -> tuple[list[float], list[int], list[str]]:
        terms = reader.lexical.terms("five leaders of the summit")
        return (
            reader.lexical.score(terms, everything).tolist(),
            reader.vectors.search(reader.vectors.vectors(everything)[0], 5).tolist(),
            [passage.text for passage in reader.passages],
        )

    before = state()
    for number in range(2):
        published(folder, {"a.txt": f"Text {number}."}, budget)
    assert not (folder / "generations" / "000001").exists()
    sleep(1)  # tantivy looks for changes of its folder twice a second
    assert state() == before
    assert len(before[2]) > 5


# Whoever is killed, a whole generation remains

CRASHING = """
import os, pickle, sys
from pathlib import Path
from rag.index import publish, writing

folder, left = Path(sys.argv[1]), int(sys.argv[2])
content = pickle.load(sys.stdin.buffer)
EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree"}

def watch(event, _):
    global left
    left -= event in EVENTS
    if left == 0:
        os._exit(137)  # as a kill would: nothing is flushed, nothing cleaned up

sys.addaudithook(watch)
with writing(folder):
    publish(folder, *content)
print(-left)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_file_operation_leaves_the_old_or_the_new(
    folder: Path,
    budget: Budget,
    tmp_path: Path,
    published: Published,
    vectors_for: VectorsFor,
) -> None:
    old = published(folder, {"a.txt": "The old text.", "b.txt": "The old text, again."}, budget)
    documents = [parse("a.txt", "The new text."), parse("b.txt", "The new text, again.")]
    passages = [passage for document in documents for passage in chunk(document, budget)]
    content = pickle.dumps((documents, passages, vectors_for(passages), RECIPE))

    def killed_at(operation: int) -> tuple[subprocess.CompletedProcess[bytes], Index]:
        copy = shutil.copytree(folder, tmp_path / f"killed at {operation}")
        command = [sys.executable, "-c", CRASHING, str(copy), str(operation)]
        ran = subprocess.run(command, input=content, capture_output=True, check=False)
        return ran, Index.open(copy)

    unharmed, _ = killed_at(0)
    operations = int(unharmed.stdout)
    assert operations > 30
    seen = []
    for operation in [*range(1, operations, 3), operations]:
        ran, index = killed_at(operation)
        assert ran.returncode == 137
        word = "old" if index.manifest.generation == old.generation else "new"
        texts = [document.text for document in index.documents.values()]
        assert texts == [f"The {word} text.", f"The {word} text, again."]
        seen.append(word)
    assert seen == sorted(seen, reverse=True)  # old until CURRENT turns, new ever after
    assert set(seen) == {"old", "new"}


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


def test_two_writers_at_a_time_take_turns(tmp_path: Path) -> None:
    """The lock is that of the folder, not of the process: it is tried from another process."""
    trying = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    command = [sys.executable, "-c", trying, str(tmp_path / ".lock")]
    with writing(tmp_path):
        assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
