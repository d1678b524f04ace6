"""Generations are never changed: what the next one has in common with them are the same files."""

import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from rag.documents import parse
from rag.index import Index, Manifest, remove
from rag.indexing import Indexer
from rag.types import Document

Indexing = Callable[[Path], Indexer]
Published = Callable[[Path, Mapping[str, str]], Manifest]
Sound = Callable[[Index, Mapping[str, str]], None]

BASE = {f"{number}.txt": f"Gold was found at place {number}." for number in range(20)}
CHANGES: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "add": ({"new.txt": "A fox lives in the wood."}, ()),
    "replace": ({"3.txt": "Salt was found instead."}, ()),
    "remove": ({}, ("3.txt",)),
    "merge": ({f"new {n}.txt": f"A fox {n} lives in the wood." for n in range(4)}, ()),
    "rewrite": ({}, tuple(f"{number}.txt" for number in range(12))),
}


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def parsed(texts: Mapping[str, str]) -> list[Document]:
    return [parse(name, text) for name, text in texts.items()]


def current(folder: Path) -> Path:
    return folder / "generations" / Index.current(folder)


def files(generation: Path) -> dict[str, Path]:
    """Return every file of a generation that is part of it; tantivy's locks are not."""
    found = (file for file in generation.rglob("*") if file.is_file() and file.suffix != ".lock")
    return {file.relative_to(generation).as_posix(): file for file in found}


def hashes(generation: Path) -> dict[str, str]:
    return {name: sha256(f.read_bytes()).hexdigest() for name, f in files(generation).items()}


def answers(index: Index) -> tuple[list[float], list[int], list[str], list[int]]:
    everything = np.array(list(index.passages), dtype=np.int64)
    terms = index.lexical.terms("gold fox salt")
    return (
        index.lexical.score(terms, everything).tolist(),
        index.vectors.search(np.full(16, 0.25, dtype=np.float32), 9).tolist(),
        [passage.text for passage in index.passages.values()],
        index.lexical.search(terms, 100).tolist(),
    )


@pytest.fixture
def based(tmp_path: Path, indexing: Indexing) -> Indexer:
    """Return the indexer of a collection in two segments, something of each of which is gone."""
    ours = indexing(tmp_path / "index")
    ours.update(parsed(BASE), silent)
    early = {"early.txt": "Early.", "old.txt": "An old text.", "odd.txt": "An odd text."}
    ours.update(parsed(early), silent, removed=["19.txt"])
    ours.update([], silent, removed=["odd.txt"])
    assert len(Index.open(ours.folder).manifest.segments) == 2
    return ours


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_the_generation_before_it_as_it_was(name: str, based: Indexer) -> None:
    given, removed = CHANGES[name]
    before = current(based.folder)
    reader = Index.open(based.folder)
    held, told = hashes(before), answers(reader)
    report = based.update(parsed(given), silent, removed=removed)
    assert report.is_new
    assert hashes(before) == held
    assert answers(reader) == told
    assert answers(Index.open(based.folder)) != told


@pytest.mark.parametrize("name", CHANGES)
def test_every_file_of_a_generation_is_named_with_its_hash(name: str, based: Indexer) -> None:
    given, removed = CHANGES[name]
    manifest = based.update(parsed(given), silent, removed=removed).manifest
    held = hashes(current(based.folder))
    assert held.keys() == {*manifest.files, "manifest.json", "manifest.copy.json"}
    assert held["manifest.json"] == held["manifest.copy.json"]
    assert {key: held[key] for key in manifest.files} == manifest.files


def test_what_did_not_change_is_the_same_file(based: Indexer) -> None:
    before = files(current(based.folder))
    (first, second) = Index.open(based.folder).manifest.segments
    based.update(parsed({"3.txt": "Salt was found instead."}), silent)
    after = files(current(based.folder))
    shared = {name for name in before.keys() & after.keys() if before[name].samefile(after[name])}
    untouched = {name for name in before if name.startswith(f"segments/{first}/")}
    assert len(untouched) == 5
    assert untouched < shared
    assert any(name.startswith("lexical/") for name in shared)
    assert not any(name.startswith(f"segments/{second}/") and name not in shared for name in before)
    assert all(after[name].stat().st_nlink == 2 for name in shared)
    own = {name for name in after if name.startswith("segments/")} - shared
    assert {name.split("/")[1] for name in own} == {current(based.folder).name}


def test_where_files_cannot_be_linked_they_are_copied(
    based: Indexer, monkeypatch: pytest.MonkeyPatch, sound: Sound
) -> None:
    def refuse(_: Path, target: Path) -> None:
        raise OSError(f"no links to {target}")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    texts = {each: document.text for each, document in Index.open(based.folder).documents.items()}
    for given, removed in CHANGES.values():
        before = current(based.folder)
        held = hashes(before)
        based.update(parsed(given), silent, removed=removed)
        texts = {k: v for k, v in {**texts, **given}.items() if k not in removed}
        sound(Index.open(based.folder), texts)
        assert hashes(before) == held
        assert all(file.stat().st_nlink == 1 for file in files(current(based.folder)).values())


def test_another_index_in_the_same_place_is_not_taken_for_the_one_before(
    tmp_path: Path, indexing: Indexing, sound: Sound
) -> None:
    """As where an index that was made elsewhere is put in the place of the present one."""
    texts = {
        place: [{f"{n}.txt": f"{word} number {n}." for n in range(9)}, {"z.txt": f"A {word}."}]
        for place, word in {"index": "Gold", "other": "Salt"}.items()
    }
    for place, turns in texts.items():
        for turn in turns:
            indexing(tmp_path / place).update(parsed(turn), silent)
    reader = Index.open(tmp_path / "index")
    remove(tmp_path / "index")
    (tmp_path / "other").rename(tmp_path / "index")
    followed = Index.open(tmp_path / "index", reader)
    assert followed.manifest.segments == reader.manifest.segments
    sound(followed, {**texts["other"][0], **texts["other"][1]})


def test_an_index_is_not_called_damaged_where_newer_ones_took_its_place(
    folder: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access

    def slowly(path: Path, mode: int) -> bool:
        monkeypatch.setattr(os, "access", access)
        for text in ("First.", "Second."):  # two changes, so that the one to be opened goes
            published(folder, {"a.txt": text})
        return access(path, mode)

    before = current(folder)
    monkeypatch.setattr(os, "access", slowly)  # it is called half-way through opening
    index = Index.open(folder)
    assert not before.exists()
    assert index.documents["a.txt"].text == "Second."
