"""An index of an earlier format is refused with what to do, and loses nothing in moving on."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from rag.documents import parse
from rag.engine import Engine
from rag.errors import IndexDamaged, IndexOlder
from rag.index import Index
from rag.indexing import Indexer
from rag.settings import Settings
from rag.types import Document

Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def as_version_1(document: Document) -> dict[str, Any]:
    """Return a document's line of documents.jsonl, as the first release wrote it."""
    return {
        "id": document.id,
        "title": document.title,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "notes": document.notes,
        "blocks": [(block.start, block.end, block.kind) for block in document.blocks],
        "text": document.text,
    }


@pytest.fixture
def documents(hard_texts: Mapping[str, str]) -> dict[str, Document]:
    parsed = parse("a.md", "# Title\n\nText *in* it.", "text/markdown", ("dropped a mark",))
    flat = tuple(replace(block, level=0) for block in parsed.blocks)  # it knew of no levels
    marked = replace(parsed, blocks=flat)
    texts = {**hard_texts, "long.txt": "Short."}
    return {"a.md": marked, **{name: parse(name, text) for name, text in texts.items()}}


@pytest.fixture
def old(tmp_path: Path, indexing: Indexing, documents: Mapping[str, Document]) -> Path:
    """Return an index of format version 1."""
    folder = tmp_path / "index"
    generation = folder / "generations" / "000007"
    generation.mkdir(parents=True)
    lines = [json.dumps(as_version_1(each), ensure_ascii=False) for each in documents.values()]
    content = "".join(f"{line}\n" for line in lines).encode()
    (generation / "documents.jsonl").write_bytes(content)
    for name in ("passages.jsonl", "vectors.faiss"):
        (generation / name).write_bytes(b"in an old format")
    hashes = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in generation.iterdir()}
    manifest: dict[str, Any] = {
        "format": "rag-index",
        "version": 1,
        "generation": "000007",
        "created": "2026-11-01T00:00:00+00:00",
        "fingerprint": "0" * 64,
        "recipe": asdict(indexing(folder).recipe),
        "documents": len(documents),
        "passages": 1,
        "files": hashes,
    }
    seal = hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    (generation / "manifest.json").write_text(json.dumps({**manifest, "sha256": seal}), "utf-8")
    (folder / "CURRENT").write_text("000007\n", encoding="ascii")
    return folder


def test_it_is_refused_with_what_to_do(old: Path) -> None:
    for opening in (Index.open, lambda folder: Engine.open(Settings(index=folder))):
        with pytest.raises(IndexOlder, match=r"format 1: 'rag index --rebuild' carries its"):
            opening(old)


def test_indexing_leaves_it_as_it_is(old: Path, indexing: Indexing) -> None:
    with pytest.raises(IndexOlder, match="'rag index --rebuild'"):
        indexing(old).update([parse("new.txt", "A new text.")], silent)
    assert (old / "CURRENT").read_text("ascii") == "000007\n"


def remake(indexer: Indexer) -> None:
    indexer.remake(silent)


def upgrade(indexer: Indexer) -> None:
    indexer.upgrade(silent)


@pytest.mark.parametrize("make", [remake, upgrade])
def test_its_documents_are_carried_over(
    make: Callable[[Indexer], None],
    old: Path,
    indexing: Indexing,
    documents: Mapping[str, Document],
    sound: Sound,
) -> None:
    make(indexing(old))
    index = Index.open(old)
    assert index.manifest.generation == "000008"
    assert dict(index.documents) == documents
    sound(index, {name: document.text for name, document in documents.items()})


def test_a_rebuild_carries_nothing_over(old: Path, indexing: Indexing) -> None:
    indexing(old).update([parse("new.txt", "A new text.")], silent, rebuild=True)
    assert list(Index.open(old).documents) == ["new.txt"]


@pytest.mark.parametrize("damage", ["gone", "cut short", "altered"])
def test_damaged_documents_are_not_carried_over(damage: str, old: Path, indexing: Indexing) -> None:
    file = old / "generations" / "000007" / "documents.jsonl"
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(content[:200] if damage == "cut short" else content.replace(b"F", b"G"))
    with pytest.raises(IndexDamaged, match=r"documents\.jsonl .*rag index --rebuild"):
        indexing(old).remake(silent)
    assert (old / "CURRENT").read_text("ascii") == "000007\n"
