"""Documents in, generations out: what is added, kept, replaced, refused and reported."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from rag import engine as engines
from rag.documents import Loaded, load, parse
from rag.engine import Engine
from rag.errors import DuplicateDocument, PathNotFound
from rag.index import Index
from rag.indexing import Indexer, Report, Source, all_missing
from rag.models import OnnxEncoder
from rag.settings import Settings

IndexerAt = Callable[..., Indexer]
Update = Callable[..., Report]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def outcome(report: Report) -> dict[str, list[str]]:
    return {
        "added": sorted(report.added),
        "changed": sorted(report.changed),
        "unchanged": sorted(report.unchanged),
    }


def vectors(index: Index, document_id: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ordinals = [i for i, p in index.passages.items() if p.document_id == document_id]
    return index.vectors.vectors(np.array(ordinals, dtype=np.int64))


def test_the_first_run_adds_everything_under_ids_relative_to_the_folder(
    indexer: Indexer, source: Path, update: Update
) -> None:
    report = update(indexer, [source], silent)
    index = Index.open(indexer.folder)
    everything = ["deep/fox.md", "empty.txt", "gold.txt"]
    assert outcome(report) == {"added": everything, "changed": [], "unchanged": []}
    assert report.is_new
    assert report.manifest == index.manifest
    assert dict(index.documents) == {n: load(n, source / n).documents[0] for n in everything}


def test_every_passage_has_the_vector_of_its_text(
    indexer: Indexer, source: Path, encoder: OnnxEncoder, update: Update
) -> None:
    update(indexer, [source], silent)
    index = Index.open(indexer.folder)
    stored = index.vectors.vectors(np.arange(len(index.passages)))
    expected = encoder.encode([passage.text for passage in index.passages.values()])
    np.testing.assert_allclose(stored, expected, atol=1e-5)
    for passage in index.passages.values():
        text = index.documents[passage.document_id].text
        assert text[passage.start : passage.end] == passage.text


def test_where_nothing_changed_nothing_is_published(
    indexer: Indexer, source: Path, update: Update
) -> None:
    first = update(indexer, [source], silent)
    before = sorted(indexer.folder.rglob("*"))
    second = update(indexer, [source], silent)
    assert outcome(second) == {
        "added": [],
        "changed": [],
        "unchanged": ["deep/fox.md", "empty.txt", "gold.txt"],
    }
    assert not second.is_new
    assert second.manifest == first.manifest
    assert sorted(indexer.folder.rglob("*")) == before


def test_a_changed_document_is_replaced_and_the_others_keep_their_vectors(
    indexer: Indexer, source: Path, update: Update
) -> None:
    update(indexer, [source], silent)
    before = Index.open(indexer.folder)
    (source / "gold.txt").write_text("Silver was found instead.", encoding="utf-8")
    (source / "new.txt").write_text("A new text.", encoding="utf-8")
    encoded = []
    report = update(indexer, [source], lambda *step: encoded.append(step))
    after = Index.open(indexer.folder)
    assert outcome(report) == {
        "added": ["new.txt"],
        "changed": ["gold.txt"],
        "unchanged": ["deep/fox.md", "empty.txt"],
    }
    assert [p.text for p in after.passages.values() if p.document_id == "gold.txt"] == [
        "Silver was found instead."
    ]
    np.testing.assert_array_equal(vectors(after, "deep/fox.md"), vectors(before, "deep/fox.md"))
    assert ("encoding", 2, 2) in encoded  # and no other passage was encoded again


def test_documents_that_are_not_named_again_stay(
    indexer: Indexer, source: Path, update: Update
) -> None:
    update(indexer, [source], silent)
    (source / "gold.txt").unlink()
    other = source.parent / "other.txt"
    other.write_text("Another text.", encoding="utf-8")
    report = update(indexer, [other], silent)
    assert outcome(report) == {"added": ["other.txt"], "changed": [], "unchanged": []}
    documents = Index.open(indexer.folder).documents
    assert list(documents) == ["deep/fox.md", "empty.txt", "gold.txt", "other.txt"]
    assert documents["gold.txt"].text.startswith("Gold was found")


def test_files_that_cannot_be_read_are_reported_and_the_rest_is_indexed(
    indexer: Indexer, source: Path, update: Update
) -> None:
    (source / "binary.txt").write_bytes(b"\x89PNG\x00\x01")
    (source / "cut.txt").write_bytes(b"\xff\xfea")
    (source / "latin.txt").write_bytes("Café".encode("latin-1"))
    (source / "marked.txt").write_bytes(b"\xef\xbb\xbfWith a mark.")
    report = update(indexer, [source], silent)
    assert [each.split(" cannot")[0] for each in report.failed] == [
        str(source / "binary.txt"),
        str(source / "cut.txt"),
    ]
    assert report.notes == (
        "latin.txt: decoded as cp1252, a guess: save it as UTF-8 to be sure",
        "marked.txt: dropped the byte order mark of utf-8",
    )
    assert sorted(Index.open(indexer.folder).documents) == [
        "deep/fox.md",
        "empty.txt",
        "gold.txt",
        "latin.txt",
        "marked.txt",
    ]


def test_a_file_whose_name_is_no_text_is_reported(
    indexer: Indexer, source: Path, update: Update
) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (source / name).write_text("Gold.", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    report = update(indexer, [source], silent)
    assert report.failed == (
        f"{source}/caf\\udce9.txt cannot be read: its name is not UTF-8: rename it.",
    )
    assert len(report.added) == 3


def test_a_file_may_hold_several_documents_and_some_may_fail_alone(
    indexer: Indexer, source: Path, update: Update
) -> None:
    with zipfile.ZipFile(source / "all.zip", "w") as archive:
        archive.writestr("in/one.txt", "One.")
        archive.writestr("two.pdf", b"\0")
    report = update(indexer, [source / "all.zip"], silent)
    assert report.added == ("all.zip/in/one.txt",)
    assert report.failed[0].startswith(f"{source / 'all.zip'}/two.pdf cannot be read: its name")
    assert Index.open(indexer.folder).documents["all.zip/in/one.txt"].text == "One."


def test_the_same_text_with_another_title_or_structure_is_a_change(indexer: Indexer) -> None:
    before, after = (parse("a", "Gold.", title=title) for title in ("Old", "New"))
    indexer.update([before], silent)
    assert indexer.update([after], silent).changed == ("a",)
    assert Index.open(indexer.folder).documents["a"].title == "New"
    assert indexer.update([after], silent).unchanged == ("a",)


def test_a_document_whose_file_became_unreadable_keeps_its_text(
    indexer: Indexer, source: Path, update: Update
) -> None:
    update(indexer, [source], silent)
    (source / "gold.txt").write_bytes(b"\xff\xff")
    report = update(indexer, [source], silent)
    assert len(report.failed) == 1
    assert not report.is_new
    assert Index.open(indexer.folder).documents["gold.txt"].text.startswith("Gold was found")


def test_what_is_not_given_goes_where_that_is_wished_and_nothing_failed(
    indexer: Indexer, source: Path, update: Update
) -> None:
    def pruned() -> Report:
        return indexer.run(Source.at([source]).loaded(silent), silent, all_missing)

    update(indexer, [source], silent)
    (source / "gold.txt").unlink()
    (source / "binary.txt").write_bytes(b"\x89PNG\x00\x01")
    assert pruned().removed == ()
    (source / "binary.txt").unlink()
    (source / "new.txt").write_text("A new text.", encoding="utf-8")
    report = pruned()
    assert (report.added, report.removed) == (("new.txt",), ("gold.txt",))
    assert sorted(Index.open(indexer.folder).documents) == ["deep/fox.md", "empty.txt", "new.txt"]


def test_documents_of_one_id_in_a_run_are_told_and_the_first_counts(indexer: Indexer) -> None:
    first, second = (Loaded((parse("a.txt", text),)) for text in ("First.", "Second."))
    report = indexer.run([first, second], silent)
    assert report.added == ("a.txt",)
    assert report.failed == (
        "A second document with the id 'a.txt' was passed over: give each its own.",
    )
    assert Index.open(indexer.folder).documents["a.txt"].text == "First."


def test_one_file_named_twice_is_one_document(
    indexer: Indexer, source: Path, update: Update
) -> None:
    paths = [source, source / "gold.txt", source / ".." / "source" / "*.txt"]
    assert update(indexer, paths, silent).added == ("deep/fox.md", "empty.txt", "gold.txt")


def test_two_files_with_one_id_are_refused_before_anything_is_written(
    indexer: Indexer, source: Path, update: Update
) -> None:
    twin = source.parent / "elsewhere" / "gold.txt"
    twin.parent.mkdir()
    twin.write_text("Other gold.", encoding="utf-8")
    with pytest.raises(DuplicateDocument, match=r"gold\.txt and .*gold\.txt would both be"):
        update(indexer, [source, twin.parent], silent)
    assert not indexer.folder.exists()


@pytest.mark.parametrize("name", ["missing", "no documents"])
def test_paths_without_documents_are_refused_before_anything_is_written(
    name: str, indexer: Indexer, tmp_path: Path, update: Update
) -> None:
    (tmp_path / "no documents").mkdir()
    (tmp_path / "no documents" / "picture.png").write_bytes(b"")
    with pytest.raises(PathNotFound):
        update(indexer, [tmp_path / name], silent)
    assert not indexer.folder.exists()


def test_the_same_content_has_the_same_fingerprint_whatever_the_order(
    source: Path, tmp_path: Path, indexer_at: IndexerAt, update: Update
) -> None:
    forward, backward = (indexer_at(tmp_path / each) for each in ("one", "other"))
    files = [source / "gold.txt", source / "deep" / "fox.md", source / "empty.txt"]
    for file in files:
        update(forward, [file], silent)
    (source / "gold.txt").rename(source / "kept")
    (source / "gold.txt").write_text("An earlier text.", encoding="utf-8")
    update(backward, files[::-1], silent)
    (source / "kept").rename(source / "gold.txt")
    report = update(backward, files[::-1], silent)
    assert report.manifest.fingerprint == Index.open(tmp_path / "one").manifest.fingerprint


def test_an_empty_file_is_a_document_without_passages(source: Path, index_folder: Path) -> None:
    settings = Settings(index=index_folder)
    report = engines.index(settings, [source / "empty.txt"], silent)
    assert (report.manifest.documents, report.manifest.passages) == (1, 0)
    engine = Engine.open(settings)
    assert engine.document("empty.txt").text == ""
    assert engine.search("Anything?") == ()


def test_progress_tells_each_stage_to_its_end(
    indexer: Indexer, source: Path, update: Update
) -> None:
    steps: list[tuple[str, int, int]] = []
    report = update(indexer, [source], lambda *step: steps.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in steps)) == [
        "reading",
        "encoding",
        "indexing",
    ]
    ends = {stage: (done, total) for stage, done, total in steps}
    passages = report.manifest.passages
    assert ends == {"reading": (3, 3), "encoding": (passages, passages), "indexing": (3, 3)}


def test_two_processes_that_index_at_a_time_lose_nothing(
    index_folder: Path, source: Path, environment: Mapping[str, str]
) -> None:
    command = [sys.executable, "-m", "rag", "index", "--index", str(index_folder)]
    running = [
        subprocess.Popen([*command, str(file)], env=environment, stdout=subprocess.DEVNULL)
        for file in (source / "gold.txt", source / "deep" / "fox.md")
    ]
    assert [process.wait() for process in running] == [0, 0]
    assert sorted(Index.open(index_folder).documents) == ["fox.md", "gold.txt"]
