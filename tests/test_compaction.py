"""A collection is compacted beside questions, and before further changes."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rag import collection as collections
from rag.collection import Collection
from rag.documents import parse
from rag.engine import Engine
from rag.errors import IndexLocked
from rag.index import Index, Manifest, compact
from rag.index import writer as writers
from rag.settings import Settings

QUESTION = "Who built the lighthouse?"


def found(engine: Engine) -> Sequence[str]:
    return [hit.passage.document_id for hit in engine.search(QUESTION, top_k=100)]


@pytest.fixture
def worn(settings: Settings, tmp_path: Path) -> Collection:
    """Return a collection of ten documents, to be compacted as the default settings say."""
    made = Collection.open(settings).over(tmp_path / "index", anew=True)
    made.add([parse(f"{n}.txt", f"Gold was found at place {n}.") for n in range(10)])
    return made


def settled(collection: Collection) -> float:
    """Return how worn a collection is once what goes on beside is done."""
    for thread in threading.enumerate():
        if thread.name == "compaction":
            thread.join()
    return collection.engine.index.manifest.wear


def test_compaction_goes_on_beside_questions_and_before_further_changes(
    worn: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, release = threading.Event(), threading.Event()

    def slowly(*of: Any) -> Manifest:
        begun.set()
        assert release.wait(60)
        return compact(*of)

    monkeypatch.setattr(collections, "compact", slowly)
    worn.remove("0.txt")
    assert settled(worn) == 1 / 9
    assert not begun.is_set()
    worn.remove("1.txt")  # which returns though its compaction does not
    assert begun.wait(60)
    kept = {f"{n}.txt" for n in range(2, 10)}
    assert {*found(worn.engine)} == kept
    assert worn.engine.index.manifest.wear == 2 / 8
    with ThreadPoolExecutor(1) as pool:
        change = pool.submit(worn.remove, "2.txt")
        assert {*found(worn.engine)} == kept
        assert not change.done()
        release.set()
        assert change.result().removed == ("2.txt",)
    assert settled(worn) == 1 / 7
    assert {*found(worn.engine)} == kept - {"2.txt"} == {*Index.open(worn.folder).documents}


def test_a_change_does_not_wait_for_ever(worn: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, release = threading.Event(), threading.Event()

    def slowly(*_: Any) -> None:
        begun.set()
        assert release.wait(60)

    monkeypatch.setattr(collections, "compact", slowly)
    monkeypatch.setattr(collections, "_PATIENCE", 0.1)
    for name in ("0.txt", "1.txt"):
        worn.remove(name)
    assert begun.wait(60)
    with pytest.raises(IndexLocked, match=r"being changed or compacted .*: call again later"):
        worn.add([parse("new.txt", "Salt was found.")])
    release.set()
    settled(worn)
    assert worn.add([parse("new.txt", "Salt was found.")]).added == ("new.txt",)


def test_compaction_that_fails_is_told_and_tried_again(
    worn: Collection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Manifest:
        raise IndexLocked("Another process is writing.")

    monkeypatch.setattr(collections, "compact", fail)
    for name in ("0.txt", "1.txt"):
        worn.remove(name)
    assert settled(worn) == 2 / 8
    assert "to be compacted later: Another process is writing." in caplog.text
    monkeypatch.undo()
    worn.add([parse("new.txt", "Salt was found.")])
    assert settled(worn) == 0
    assert {*found(worn.engine)} == {*(f"{n}.txt" for n in range(2, 10)), "new.txt"}


def test_what_was_compacted_answers_as_before(worn: Collection) -> None:
    worn.add([parse("light.txt", "The lighthouse was built in 1872 by Anna Berg.")])
    before = worn.engine.ask(QUESTION, min_confidence=0)
    assert "Anna Berg" in (before.answer or "")
    for number in range(3):
        worn.remove(f"{number}.txt")
    assert settled(worn) in {0, 1 / 8}  # after the last, or before
    after = worn.engine.ask(QUESTION, min_confidence=0)
    assert (after.answer, after.citations) == (before.answer, before.citations)


def test_large_merges_are_done_beside(worn: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "_LARGE", 8)
    added = worn.add([parse(f"{n}.txt", f"Gold was found at place {n}.") for n in range(10, 20)])
    assert len(added.manifest.segments) == 2
    settled(worn)
    assert len(worn.engine.index.manifest.segments) == 1
    assert len(found(worn.engine)) == 20
