"""An index that cannot be used is refused: what is wrong is named, with what mends it."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents import parse
from rag.engine import Engine
from rag.errors import (
    IndexDamaged,
    IndexForeign,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    IndexNewer,
    IndexOlder,
    IndexUnusable,
    IndexUnwritable,
)
from rag.index import Index, remove
from rag.indexing import Indexer
from rag.settings import Settings

Damage = Callable[[Path], None]
Indexing = Callable[[Path], Indexer]


def current(folder: Path) -> Path:
    return folder / "generations" / (folder / "CURRENT").read_text("ascii").strip()


@pytest.mark.parametrize("damage", ["truncate", "alter", "unlink"], indirect=True)
def test_every_damaged_file_is_named_with_what_mends_it(
    damage: Damage, pristine: Path, tmp_path: Path
) -> None:
    names = [f.relative_to(pristine) for f in current(pristine).rglob("*") if f.is_file()]
    holding = [name for name in names if name.suffix != ".lock" and ".copy" not in name.name]
    assert {name.name for name in holding if name.parent.parent.name == "segments"} == {
        "documents.jsonl",
        "texts.jsonl",
        "passages.jsonl",
        "ordinals.npy",
        "vectors.faiss",
    }
    assert len(holding) > 2 * 5 + 6  # two segments, terms and manifest
    for number, name in enumerate(holding):
        folder = shutil.copytree(pristine, tmp_path / str(number))
        damage(folder / name)
        with pytest.raises(IndexDamaged, match=r"rag doctor --mend") as refused:
            Index.open(folder)
        assert str(folder / name) in str(refused.value)


def rewritten(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    file = current(folder) / "manifest.json"
    content = json.loads(file.read_text("utf-8"))
    change(content)
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")


@pytest.mark.parametrize(
    "key", ["fingerprint", "content", "recipe", "segments", "ordinals", "stale", "files", "sha256"]
)
def test_a_manifest_that_lacks_a_key_is_damaged(key: str, folder: Path) -> None:
    rewritten(folder, lambda content: content.pop(key))
    with pytest.raises(IndexDamaged, match=r"manifest\.json .*rag doctor --mend"):
        Index.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("passages", "7"),
        ("passages", 10**6),
        ("recipe", []),
        ("files", {}),
        ("segments", {}),
        ("stale", 0),
        ("surprise", 1),
    ],
)
def test_a_manifest_that_was_edited_is_damaged(key: str, value: object, folder: Path) -> None:
    rewritten(folder, lambda content: content.update({key: value}))
    with pytest.raises(IndexDamaged, match=r"manifest\.json"):
        Index.open(folder)


def test_a_newer_format_is_refused_without_being_called_damaged(folder: Path) -> None:
    rewritten(folder, lambda content: content.update({"version": 3, "layout": "unknown here"}))
    with pytest.raises(IndexNewer, match=r"format 3.*up to 2: upgrade, or 'rag index --rebuild"):
        Index.open(folder)


@pytest.mark.parametrize(
    "content", ['{"name": "left-pad", "version": "1.3.0"}', "[]", "{}", '"text"', '{"version": 1}']
)
def test_the_manifest_of_another_program_is_foreign(content: str, folder: Path) -> None:
    (current(folder) / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexForeign, match="'index'"):
        Index.open(folder)


@pytest.mark.parametrize("content", [b"not json", b"\xff\xfe", b"", b"{"])
def test_a_manifest_that_is_no_json_is_damaged(content: bytes, folder: Path) -> None:
    (current(folder) / "manifest.json").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"manifest\.json"):
        Index.open(folder)


@pytest.mark.parametrize("damage", ["alter"], indirect=True)
def test_damage_to_what_is_new_is_seen_though_the_rest_is_known(
    damage: Damage, folder: Path, indexing: Indexing
) -> None:
    before = Index.open(folder)
    indexing(folder).update([parse("new.txt", "New.")], lambda *_: None)
    new = [f for f in current(folder).rglob("*") if f.stat().st_nlink == 1 and f.suffix == ".jsonl"]
    assert len(new) == 3
    for file in new:
        kept = file.read_bytes()
        damage(file)
        with pytest.raises(IndexDamaged, match=file.name):
            Index.open(folder, before)
        file.write_bytes(kept)
    assert "new.txt" in Index.open(folder, before).documents


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: remove(current(folder)),
        lambda folder: (folder / "CURRENT").write_bytes(b"junk"),
        lambda folder: os.truncate(current(folder) / "manifest.json", 99),
        lambda folder: rewritten(folder, lambda content: content.update({"version": 3})),
    ],
)
def test_whatever_is_wrong_a_rebuild_mends_it(
    damage: Callable[[Path], object], folder: Path, indexing: Indexing
) -> None:
    damage(folder)
    ours = indexing(folder)
    with pytest.raises(IndexUnusable):
        ours.update([parse("a.txt", "Gold.")], lambda *_: None)
    ours.update([parse("a.txt", "Gold.")], lambda *_: None, rebuild=True)
    assert list(Index.open(folder).documents) == ["a.txt"]


@pytest.mark.parametrize("content", [b"junk", b"", b"../../etc", b"\xff\x00", b"1.0", "²".encode()])
def test_a_pointer_with_junk_is_damage_or_foreign(
    content: bytes, folder: Path, tmp_path: Path
) -> None:
    (folder / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"CURRENT .*rag doctor --mend"):
        Index.open(folder)
    (tmp_path / "CURRENT").write_bytes(content)  # where nothing has ever served
    with pytest.raises(IndexForeign, match="CURRENT"):
        Index.open(tmp_path)


def test_a_pointer_that_was_lost_is_told_from_one_never_made(
    folder: Path, indexing: Indexing
) -> None:
    (folder / "CURRENT").unlink()
    with pytest.raises(IndexDamaged, match=r"CURRENT is gone: 'rag doctor --mend'"):
        Index.open(folder)
    with pytest.raises(IndexDamaged, match=r"CURRENT is gone: 'rag doctor --mend'"):
        indexing(folder).update([], lambda *_: None)
    (folder / ".published").unlink()  # as where the first run was killed before it ended
    indexing(folder).update([parse("a.txt", "Gold.")], lambda *_: None)
    assert list(Index.open(folder).documents) == ["a.txt"]


def test_a_pointer_to_a_removed_generation_is_damage(folder: Path) -> None:
    remove(current(folder))
    with pytest.raises(IndexDamaged, match=r"generations/000002.*rag doctor --mend"):
        Index.open(folder)


@pytest.mark.parametrize("name", ["nowhere", "a file", "empty", "odd"])
def test_where_there_is_no_index_that_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("text", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / "CURRENT").mkdir(parents=True)
    with pytest.raises(IndexMissing, match=r"rag index PATH"):
        Index.open(tmp_path / name)


def test_an_index_with_another_recipe_is_refused_with_what_mends_it(settings: Settings) -> None:
    other = settings.model_copy(update={"passage_tokens": 64, "overlap_tokens": 16})
    with pytest.raises(IndexMismatch, match=r"passage_tokens 160 -> 64.*'rag index --rebuild'"):
        Engine.open(other)


def test_every_refusal_is_an_unusable_index() -> None:
    kinds = (IndexDamaged, IndexForeign, IndexMismatch, IndexMissing, IndexNewer, IndexOlder)
    for kind in (*kinds, IndexLocked, IndexUnwritable):
        assert issubclass(kind, IndexUnusable)
