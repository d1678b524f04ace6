"""What is published when: large additions in turns, an index made anew as a whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rag.documents import Loaded, parse
from rag.errors import IndexMismatch
from rag.index import Index
from rag.indexing import Indexer
from rag.indexing import turns as module

TURN = 4
MANY = {f"{number:02}.txt": f"Gold was found at place {number}." for number in range(10)}

Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]


@pytest.fixture
def ours(tmp_path: Path, indexing: Indexing, monkeypatch: pytest.MonkeyPatch) -> Indexer:
    monkeypatch.setattr(module, "_TURN", TURN)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    made = indexing(tmp_path / "index")
    made.update([parse("old.txt", "An old text."), parse("gone.txt", "It goes.")], silent)
    return made


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def watched(indexer: Indexer, *, rebuild: bool = False) -> list[tuple[int, list[str]]]:
    """Index many documents; return what served as each turn was done, with how many were."""
    seen: list[tuple[int, list[str]]] = []

    def progress(stage: str, done: int, _total: int) -> None:
        if stage in {"indexing", "building"}:
            seen.append((done, list(Index.open(indexer.folder).documents)))

    documents = [parse(*each) for each in MANY.items()]
    indexer.update(documents, progress, removed=["gone.txt"], rebuild=rebuild)
    return seen


def test_a_large_addition_serves_turn_by_turn(ours: Indexer, sound: Sound) -> None:
    before = ["old.txt", "gone.txt"]
    assert watched(ours) == [
        (4, [*before, *list(MANY)[:4]]),
        (8, [*before, *list(MANY)[:8]]),
        (10, ["old.txt", *MANY]),
    ]
    sound(Index.open(ours.folder), {"old.txt": "An old text.", **MANY})


def test_an_addition_that_is_broken_off_keeps_what_it_did(ours: Indexer, sound: Sound) -> None:
    def stop(stage: str, done: int, _total: int) -> None:
        if (stage, done) == ("indexing", 8):
            raise KeyboardInterrupt

    documents = [parse(*each) for each in MANY.items()]
    with pytest.raises(KeyboardInterrupt):
        ours.update(documents, stop)
    kept = {"old.txt": "An old text.", "gone.txt": "It goes.", **dict(list(MANY.items())[:8])}
    sound(Index.open(ours.folder), kept)
    report = ours.update(documents, silent)
    assert (len(report.unchanged), report.added) == (8, ("08.txt", "09.txt"))
    sound(Index.open(ours.folder), {**kept, **MANY})


def test_a_rebuild_serves_once_it_is_whole(ours: Indexer, sound: Sound) -> None:
    before = ["old.txt", "gone.txt"]
    assert watched(ours, rebuild=True) == [(done, before) for done in (4, 8, 10)]
    sound(Index.open(ours.folder), MANY)
    assert len(list((ours.folder / "generations").iterdir())) == 2


def test_an_index_of_another_recipe_is_refused_before_anything_is_read(ours: Indexer) -> None:
    before = Index.open(ours.folder).manifest
    other = replace(ours, recipe=replace(ours.recipe, encoder_fingerprint="1" * 64))
    with pytest.raises(IndexMismatch, match="'rag index --rebuild'"):
        other.run(unread(), silent)
    assert Index.open(ours.folder).manifest == before


def unread() -> Iterator[Loaded]:
    pytest.fail("something was read")
    yield Loaded(())


def test_an_index_is_made_anew_of_its_own_texts_as_a_whole(ours: Indexer, sound: Sound) -> None:
    ours.update([parse(*each) for each in MANY.items()], silent)
    other = replace(ours, recipe=replace(ours.recipe, encoder_fingerprint="1" * 64))
    texts = {"old.txt": "An old text.", "gone.txt": "It goes.", **MANY}

    def stop(stage: str, done: int, _total: int) -> None:
        sound(Index.open(ours.folder), texts)
        if (stage, done) == ("building", 8):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.remake(stop)
    assert Index.open(ours.folder).manifest.recipe == ours.recipe
    report = other.remake(silent)
    assert (report.unchanged, report.is_new) == (tuple(texts), True)
    index = Index.open(ours.folder)
    assert index.manifest.recipe == other.recipe
    sound(index, texts)
    assert len(list((ours.folder / "generations").iterdir())) == 2


def test_an_upgrade_makes_anew_what_was_made_otherwise_and_nothing_else(
    ours: Indexer, sound: Sound
) -> None:
    before = Index.open(ours.folder).manifest
    ours.upgrade(silent)
    assert Index.open(ours.folder).manifest == before
    other = replace(ours, recipe=replace(ours.recipe, encoder_fingerprint="1" * 64))
    other.upgrade(silent)
    index = Index.open(ours.folder)
    assert index.manifest.recipe == other.recipe
    sound(index, {"old.txt": "An old text.", "gone.txt": "It goes."})


def test_an_index_that_is_to_hold_documents_is_made_anew_if_need_be(ours: Indexer) -> None:
    documents = [parse(*each) for each in MANY.items()]
    other = replace(ours, recipe=replace(ours.recipe, encoder_fingerprint="1" * 64))
    assert other.hold(documents, silent).added == tuple(MANY)
    assert list(Index.open(ours.folder).documents) == list(MANY)
    assert not other.hold(documents, silent).is_new


def test_metadata_that_only_python_finds_equal_are_a_change(ours: Indexer) -> None:
    plain = parse("a.txt", "Gold.")
    for value in (1, True, 1.0):
        document = replace(plain, metadata={"n": value})
        assert ours.update([document], silent).is_new
        assert not ours.update([document], silent).is_new
        held = Index.open(ours.folder).documents["a.txt"].metadata["n"]
        assert (held, type(held)) == (value, type(value))


def test_what_is_given_is_not_removed(ours: Indexer, sound: Sound) -> None:
    document = parse("old.txt", "A new text.")
    report = ours.update([document], silent, removed=["old.txt", "never.txt", "gone.txt"])
    assert (report.changed, report.removed) == (("old.txt",), ("gone.txt",))
    sound(Index.open(ours.folder), {"old.txt": "A new text."})


def test_removing_what_is_not_there_changes_nothing(ours: Indexer) -> None:
    before = Index.open(ours.folder).manifest
    report = ours.update([], silent, removed=["never.txt"])
    assert (report.removed, report.is_new, report.manifest) == ((), False, before)
