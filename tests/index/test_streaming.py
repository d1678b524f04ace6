"""A run holds few documents at a time, encodes them side by side, and lets others write."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from rag.documents import Loaded, parse
from rag.errors import IndexLocked, IndexMismatch
from rag.index import Index, generations
from rag.indexing import Indexer, turns
from rag.seams import Encoder, Floats

TURN, AT_ONCE = 8, 2

Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]


@pytest.fixture
def ours(swift: Path, indexing: Indexing, monkeypatch: pytest.MonkeyPatch) -> Indexer:
    monkeypatch.setattr(turns, "_TURN", TURN)
    monkeypatch.setattr(turns, "_AT_ONCE", AT_ONCE)
    made = indexing(swift / "index")
    return replace(made, encoder=Uneven(made.encoder), workers=3)


class Uneven:
    """An encoder that takes its time, now longer, now shorter."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._random = random.Random(7)
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.tokenizer = encoder.tokenizer
        self.max_tokens = encoder.max_tokens
        self.at_work = self.most_at_work = self.calls = 0

    def encode(self, texts: Sequence[str]) -> Floats:
        self.calls += 1
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        sleep(self._random.uniform(0, 0.01))
        self.at_work -= 1
        return self._encoder.encode(texts)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def one_by_one(texts: Mapping[str, str]) -> Iterator[Loaded]:
    return (Loaded((parse(*each),)) for each in texts.items())


def many(number: int) -> dict[str, str]:
    return {f"{each:03}.txt": f"Gold was found at place {each}." for each in range(number)}


def test_what_is_read_runs_ahead_of_what_serves_by_little(ours: Indexer) -> None:
    read = published = furthest = 0

    def loaded() -> Iterator[Loaded]:
        nonlocal read, furthest
        for each in one_by_one(many(100)):
            read += 1
            furthest = max(furthest, read - published)
            yield each

    def progress(stage: str, done: int, _total: int) -> None:
        nonlocal published
        published = done if stage == "indexing" else published

    ours.run(loaded(), progress)
    assert (read, published) == (100, 100)
    assert TURN < furthest <= TURN + AT_ONCE * (turns._AHEAD * ours.workers + 1)


def test_side_by_side_they_keep_their_order_and_get_their_own_vectors(
    ours: Indexer, sound: Sound
) -> None:
    long = "".join(f"Sentence {n} of a long text says {n * n}. " for n in range(400))
    texts = {**many(20), "long.txt": long, "empty.txt": "", **{f"z{n}.txt": "" for n in range(20)}}
    ours.run(one_by_one(texts), silent)
    index = Index.open(ours.folder)
    assert list(index.documents) == list(texts)
    sound(index, texts)
    assert isinstance(ours.encoder, Uneven)
    assert ours.encoder.most_at_work > 1
    expected = ours.encoder.encode([passage.text for passage in index.passages.values()])
    held = index.vectors.vectors(np.array(list(index.passages), dtype=np.int64))
    np.testing.assert_array_equal(held, expected)


def test_what_fails_while_encoding_ends_the_run_and_leaves_no_thread(ours: Indexer) -> None:
    class Failing(Uneven):
        def encode(self, texts: Sequence[str]) -> Floats:
            if self.calls == 10:
                raise MemoryError("no room for the model")
            return super().encode(texts)

    failing = replace(ours, encoder=Failing(ours.encoder))
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no room for the model"):
        failing.run(one_by_one(many(100)), silent)
    assert threading.active_count() == before
    held = list(Index.open(ours.folder).documents)
    assert held == list(many(len(held)))
    assert ours.run(one_by_one(many(100)), silent).unchanged == tuple(held)


def test_where_writing_fails_no_thread_is_left_either(ours: Indexer) -> None:
    def broken(stage: str, _done: int, _total: int) -> None:
        if stage == "indexing":
            raise BrokenPipeError

    before = threading.active_count()
    with pytest.raises(BrokenPipeError):
        ours.run(one_by_one(many(100)), broken)
    assert threading.active_count() == before


def between(texts: Mapping[str, str], after: int, act: Callable[[], object]) -> Iterable[Loaded]:
    """Yield documents, and do something else after so many."""
    for number, each in enumerate(one_by_one(texts)):
        if number == after:
            act()
        yield each


def test_others_write_between_turns_and_nothing_is_lost(ours: Indexer, sound: Sound) -> None:
    ours.run(one_by_one({"old.txt": "An old text.", "x.txt": "Early."}), silent)
    other = {"other.txt": "Of another.", "090.txt": "Of another, and replaced."}

    def act() -> None:
        ours.update([parse(*each) for each in other.items()], silent, removed=["x.txt"])

    ours.run(between(many(100), 60, act), silent)
    sound(Index.open(ours.folder), {"old.txt": "An old text.", **other, **many(100)})


def test_what_is_pruned_is_what_was_there_at_the_start(ours: Indexer) -> None:
    ours.run(one_by_one({"old.txt": "An old text."}), silent)

    def act() -> None:
        ours.update([parse("other.txt", "Of another.")], silent)

    report = ours.run(between(many(9), 4, act), silent, lambda tally: list(tally.missing()))
    assert report.removed == ("old.txt",)
    assert sorted(Index.open(ours.folder).documents) == [*many(9), "other.txt"]


def test_settings_that_another_changes_meanwhile_end_the_run(ours: Indexer) -> None:
    other = replace(ours, recipe=replace(ours.recipe, encoder_fingerprint="1" * 64))

    def act() -> None:
        other.update([parse("other.txt", "Of another.")], silent, rebuild=True)

    ours.run(one_by_one({"old.txt": "An old text."}), silent)
    with pytest.raises(IndexMismatch):
        ours.run(between(many(100), 60, act), silent)
    assert list(Index.open(ours.folder).documents) == ["other.txt"]


def test_a_rebuild_keeps_others_from_writing_what_it_would_lose(
    ours: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_PATIENCE", 0.05)

    def act() -> None:
        with pytest.raises(IndexLocked):
            ours.update([parse("other.txt", "Of another.")], silent)

    ours.rebuild(between(many(9), 4, act), silent)
    ours.update([parse("other.txt", "Of another.")], silent)
    assert list(Index.open(ours.folder).documents) == [*many(9), "other.txt"]
