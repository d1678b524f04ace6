"""A published index is read back as it was written, and told apart by its fingerprint."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Addition, Index, Manifest, Recipe, Writer, compact, is_due, point
from rag.index import writer as writers
from rag.indexing import Indexer
from rag.types import Document

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)

Adding = Callable[[Mapping[str, str]], Addition]
Published = Callable[[Path, Mapping[str, str]], Manifest]
Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def test_documents_and_passages_come_back_as_they_were(
    tmp_path: Path, adding: Adding, hard_texts: Mapping[str, str]
) -> None:
    addition = adding(hard_texts)
    documents = {document.id: document for document, _ in addition.entries}
    passages = [passage for _, cut in addition.entries for passage in cut]
    assert len(documents["long.txt"].text) > 1_000_000
    written = Writer(tmp_path, RECIPE).write(None, addition)
    point(tmp_path, written.manifest.generation)
    for index in (written, Index.open(tmp_path)):
        assert dict(index.documents) == documents
        assert list(index.documents) == list(documents)
        assert dict(index.passages) == dict(enumerate(passages))
        assert index.manifest == written.manifest
        held = index.vectors.vectors(np.arange(len(passages)))
        np.testing.assert_array_equal(held, addition.vectors)
        assert len(index.lexical) == len(passages)
    manifest = written.manifest
    assert (manifest.documents, manifest.passages) == (len(documents), len(passages))


def test_notes_and_metadata_come_back_too(tmp_path: Path, indexing: Indexing) -> None:
    noted = parse("a.md", "# Title\n\nText.", "text/markdown", ("dropped a mark",))
    document = replace(noted, metadata={"n": 1, "x": 0.5, "is": True, "of": ("a", 2), "é": ""})
    indexing(tmp_path).update([document], silent)
    index = Index.open(tmp_path)
    assert index.documents == {"a.md": document}
    record = index.documents.record("a.md")
    assert record is not None
    assert (record.notes, record.metadata) == (document.notes, document.metadata)
    assert (record.characters, record.passages) == (len(document.text), len(index.passages))


def test_what_is_not_there_is_not_found(pristine: Path) -> None:
    index = Index.open(pristine)
    for name in ("gone.txt", "", "PLAIN.TXT"):
        assert name not in index.documents
        assert index.documents.record(name) is None
        with pytest.raises(KeyError):
            index.documents[name]
    living = set(index.passages)
    dead = set(range(-1, index.manifest.ordinals + 1)) - living
    assert len(dead) == 4  # before the first, after the last, one replaced, one removed
    for ordinal in dead:
        assert ordinal not in index.passages
        with pytest.raises(KeyError):
            index.passages[ordinal]


@hypothesis_settings(max_examples=20)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        st.text(st.characters(exclude_categories=["Cs"])),
        max_size=4,
    )
)
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    published: Published,
    texts: dict[str, str],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    published(folder, texts)
    index = Index.open(folder)
    assert {name: document.text for name, document in index.documents.items()} == texts
    for passage in index.passages.values():
        assert texts[passage.document_id][passage.start : passage.end] == passage.text


def test_the_fingerprint_tells_content_and_recipe_apart(
    tmp_path: Path, budget: Budget, indexing: Indexing
) -> None:
    def fingerprint(document: Document, recipe: Recipe) -> str:
        entries = [(document, chunk(document, budget))]
        vectors = indexing(tmp_path).encoder.encode([p.text for _, cut in entries for p in cut])
        made = Writer(tmp_path, recipe).write(None, Addition(entries, vectors))
        return made.manifest.fingerprint

    document = parse("a.txt", "Some text.")
    prints = {
        fingerprint(document, RECIPE),
        fingerprint(parse("a.txt", "Some text!"), RECIPE),
        fingerprint(parse("b.txt", "Some text."), RECIPE),
        fingerprint(parse("a.txt", "Some text.", "text/markdown"), RECIPE),
        fingerprint(replace(document, title="Another"), RECIPE),
        fingerprint(replace(document, metadata={"n": 1}), RECIPE),
        fingerprint(document, replace(RECIPE, passage_tokens=80)),
        fingerprint(document, replace(RECIPE, encoder_fingerprint="1" * 64)),
    }
    assert len(prints) == 8
    # another name of the same weights is the same index
    assert fingerprint(document, replace(RECIPE, encoder="other")) in prints


# Segments


def test_documents_without_passages_outlive_those_with(tmp_path: Path, indexing: Indexing) -> None:
    ours = indexing(tmp_path)
    ours.update([parse("a.txt", "Gold."), parse("empty.txt", "")], silent)
    ours.update([], silent, removed=["a.txt"])
    assert list(Index.open(tmp_path).documents) == ["empty.txt"]
    ours.update([parse("b.txt", "Gold.")], silent)
    assert list(Index.open(tmp_path).documents) == ["empty.txt", "b.txt"]


@pytest.mark.parametrize("sizes", [range(12, 0, -1), range(1, 13), [1] * 20, [9, 1, 1, 9, 4, 3]])
def test_there_are_few_segments_whatever_the_sizes_of_what_is_added(
    sizes: Sequence[int], swift: Path, adding: Adding
) -> None:
    writer, copied = Writer(swift, RECIPE), 0
    index: Index | None = None
    for number, size in enumerate(sizes):
        known = set(index.manifest.segments) if index else set()
        texts = {f"{number}-{each}.txt": f"Gold {number} {each}." for each in range(size)}
        index = writer.write(index, adding(texts))
        assert len(index.manifest.segments) <= log2(len(index.passages)) + 1
        copied += sum(len(part) for part in index.parts if part.segment.name not in known)
    assert copied <= sum(sizes) * (log2(sum(sizes)) + 1)


def test_removing_little_writes_no_passage_again(tmp_path: Path, indexing: Indexing) -> None:
    ours = indexing(tmp_path)
    ours.update([parse(f"{n}.txt", f"Gold {n}.") for n in range(20)], silent)
    before = ours.update([], silent, removed=["3.txt"]).manifest
    after = ours.update([parse("4.txt", "Silver.")], silent).manifest
    assert before.segments == {"000001": [3]}
    assert after.segments == {"000001": [3, 4], "000003": []}
    assert (before.stale, after.stale) == (1, 2)


def test_compaction_writes_all_anew_without_what_is_gone(
    tmp_path: Path, indexing: Indexing, sound: Sound
) -> None:
    ours = indexing(tmp_path)
    kept = {f"{n}.txt": f"Gold {n}." for n in range(12)}
    ours.update([parse(*each) for each in kept.items()], silent)
    before = ours.update([parse("12.txt", "Silver.")], silent, removed=["0.txt", "7.txt"]).manifest
    assert (before.stale, before.wear) == (2, 2 / 11)
    reader = Index.open(tmp_path)
    assert compact(tmp_path, 0.2, reader) == before
    after = compact(tmp_path, 0.1, reader)
    assert (after.stale, after.wear, after.segments) == (0, 0, {"000003": []})
    assert (after.fingerprint, after.ordinals) == (before.fingerprint, before.ordinals)
    index = Index.open(tmp_path, reader)
    sound(index, {**{k: v for k, v in kept.items() if k[0] not in "07"}, "12.txt": "Silver."})
    assert list(index.passages) == list(reader.passages)
    assert index.parts[0].segment.records == tuple(reader.documents.records())


def test_large_merges_are_left_to_compaction(
    tmp_path: Path, indexing: Indexing, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_LARGE", 6)
    ours = indexing(tmp_path)
    texts: dict[str, str] = {}
    sizes = (5, 1, 1, 4, 3, 2)
    for number, size in enumerate(sizes):
        more = {f"{number}-{n}.txt": f"Gold {number} {n}." for n in range(size)}
        report = ours.update([parse(*each) for each in more.items()], silent)
        texts |= more
    held = [len(part) for part in Index.open(tmp_path).parts]
    assert held == [5, 6, 5]  # and not 16, as small ones would be
    reader = Index.open(tmp_path)
    assert is_due(reader, 1)
    manifest = compact(tmp_path, 1, reader)
    assert manifest.segments == {f"{len(sizes) + 1:06}": []}
    assert manifest.fingerprint == report.manifest.fingerprint
    assert not is_due(Index.open(tmp_path), 1)
    sound(Index.open(tmp_path, reader), texts)


def test_an_empty_collection_can_be_compacted(tmp_path: Path, indexing: Indexing) -> None:
    indexing(tmp_path).update([], silent)
    assert compact(tmp_path, 0).documents == 0
    ours = indexing(tmp_path)
    ours.update([parse("a.txt", "Gold.")], silent)
    ours.update([], silent, removed=["a.txt"])
    assert compact(tmp_path, 0).segments == {}
    ours.update([parse("b.txt", "Salt.")], silent)
    assert list(Index.open(tmp_path).documents) == ["b.txt"]


def test_a_change_compacts_at_once_where_more_is_gone_than_lives(
    tmp_path: Path, indexing: Indexing
) -> None:
    ours = indexing(tmp_path)
    ours.update([parse(f"{n}.txt", f"Gold {n}.") for n in range(8)], silent)
    removing = [ours.update([], silent, removed=[f"{n}.txt"]).manifest for n in range(6)]
    assert [each.stale for each in removing] == [1, 2, 3, 4, 0, 1]
    assert removing[4].segments == {"000006": []}


def test_an_empty_collection_has_no_segment(tmp_path: Path, indexing: Indexing) -> None:
    ours = indexing(tmp_path)
    ours.update([parse("a.txt", "Gold.")], silent)
    manifest = ours.update([], silent, removed=["a.txt"]).manifest
    assert (manifest.segments, manifest.documents, manifest.passages) == ({}, 0, 0)
    index = Index.open(tmp_path)
    assert index.vectors.search(np.ones(16, dtype=np.float32), 5).tolist() == []
    assert index.lexical.search(["gold"], 5).tolist() == []
    assert len(ours.update([parse("a.txt", "Gold.")], silent).manifest.segments) == 1


def test_a_read_only_index_can_be_read(pristine: Path, tmp_path: Path) -> None:
    mount = f"mount --bind {pristine} {pristine} && mount -o remount,bind,ro {pristine}"
    if subprocess.run(["unshare", "-rm", "bash", "-c", mount], check=False).returncode:  # noqa: S607
        pytest.skip("this machine lets no one mount a folder read-only")
    reader = "import sys; from pathlib import Path; from rag.index import Index; "
    reader += "index = Index.open(Path(sys.argv[1])); "
    reader += "print(index.lexical.search(index.lexical.terms('on Fridays'), 3))"
    command = f'{mount} && ! touch {pristine}/x && {sys.executable} -c "{reader}" {pristine}'
    ran = subprocess.run(
        ["unshare", "-rm", "bash", "-c", command],  # noqa: S607
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[0]")
    assert list(tmp_path.iterdir()) == []
