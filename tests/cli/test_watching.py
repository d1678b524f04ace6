"""``rag index --watch``: a real process keeps the index in step with files that change."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import monotonic, sleep

import pytest
import watchfiles

from rag.documents import parse
from rag.engine import indexer
from rag.index import Index, writing
from rag.indexing import Report, Watch
from rag.settings import Settings

PATIENCE = 120
"""Seconds that a test may take, which are many times what it does."""

WATCHING = """
import sys
from rag.cli import main
from rag.index import generations
from rag.indexing import watching
generations._PATIENCE = 0.1
watching._UNTOLD = 10**9
main(["index", "--watch", *sys.argv[1:]])
"""
"""What tells of changes has to do so itself, and who waits for another writer has to go on."""

Texts = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two notes."""
    (tmp_path / "notes").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "notes" / name).write_text(f"This is {name}.", encoding="utf-8")
    return tmp_path


@pytest.fixture
def ours(settings: Settings, folder: Path) -> Settings:
    return settings.apart(folder / "index")


@contextmanager
def watching(
    environment: Mapping[str, str], ours: Settings, *paths: str | Path
) -> Iterator[subprocess.Popen[str]]:
    """Run ``rag index --watch`` until it is told to stop; give it once it watches."""
    flags = ("--index", ours.index, "--models", ours.models_folder)
    with subprocess.Popen(
        [sys.executable, "-c", WATCHING, *map(str, (*paths, *flags))],
        env={**environment, "COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        overdue = Timer(PATIENCE, process.kill)  # which ends its output, so no test waits for ever
        overdue.start()
        try:
            while "Watching for changes" not in (line := process.stdout.readline()):
                assert line
            yield process
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        finally:
            overdue.cancel()
            process.kill()
        assert process.returncode == 130
        assert said.endswith("stopped: the index holds what was told of above.\n")
        assert "Traceback" not in said


def told(process: subprocess.Popen[str]) -> str:
    """Return the next line that it says."""
    assert process.stdout is not None
    return process.stdout.readline()


def texts(ours: Settings) -> Texts:
    return {name: each.text for name, each in Index.open(ours.index).documents.items()}


def comes_to(ours: Settings, expected: Texts) -> None:
    """Wait until the index holds these texts, and no others."""
    begun = monotonic()
    while texts(ours) != expected:
        assert monotonic() - begun < PATIENCE, texts(ours)
        sleep(0.05)


@pytest.mark.slow
def test_what_is_added_changed_deleted_and_moved_shows(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    notes = folder / "notes"
    expected = {"a.txt": "This is a.txt.", "b.txt": "This is b.txt."}
    with watching(environment, ours, notes) as process:
        assert texts(ours) == expected
        (notes / "c.txt").write_text("A new note.", encoding="utf-8")
        assert told(process) == "added c.txt: 3 document(s), 3 passage(s)\n"
        comes_to(ours, expected := expected | {"c.txt": "A new note."})
        (notes / "a.txt").write_text("Another text.", encoding="utf-8")
        assert told(process) == "changed a.txt: 3 document(s), 3 passage(s)\n"
        comes_to(ours, expected := expected | {"a.txt": "Another text."})
        (notes / "b.txt").unlink()
        assert told(process) == "removed b.txt: 2 document(s), 2 passage(s)\n"
        expected.pop("b.txt")
        comes_to(ours, expected)
        (notes / "new/deep").mkdir(parents=True)
        (notes / "new/deep/d.txt").write_text("A deep note.", encoding="utf-8")
        assert told(process).startswith("added new/deep/d.txt")
        (notes / "new/deep/d.txt").write_text("A deeper note.", encoding="utf-8")
        assert told(process).startswith("changed new/deep/d.txt")
        (notes / "new").rename(notes / "moved")
        assert told(process).startswith("added moved/deep/d.txt; removed new/deep/d.txt")
        comes_to(ours, expected | {"moved/deep/d.txt": "A deeper note."})


def test_a_file_that_cannot_be_read_is_told_and_the_watch_goes_on(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    notes = folder / "notes"
    with watching(environment, ours, notes) as process:
        (notes / "a.txt").write_bytes(b"\x00\x01")
        assert told(process).startswith(f"failed: {notes}/a.txt cannot be read")
        (notes / "b.txt").write_text("A later text.", encoding="utf-8")
        assert told(process) == "changed b.txt: 2 document(s), 2 passage(s)\n"
        assert texts(ours) == {"a.txt": "This is a.txt.", "b.txt": "A later text."}
        (notes / "a.txt").write_text("Mended.", encoding="utf-8")
        assert told(process) == "changed a.txt: 2 document(s), 2 passage(s)\n"


@pytest.mark.slow
def test_documents_that_a_file_no_longer_holds_go(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    feed = folder / "feed.jsonl"
    feed.write_text('{"id": 1, "text": "One."}\n{"id": 2, "text": "Two."}\n', encoding="utf-8")
    with watching(environment, ours, folder / "*.jsonl") as process:
        indexer(ours).update([parse("of another", "Stays.")], lambda *_: None)
        feed.write_text('{"id": 2, "text": "Two."}\n{"id": 3, "text": "Three."}\n', "utf-8")
        assert told(process).startswith("added feed.jsonl/3; removed feed.jsonl/1")
        stays = {"of another": "Stays.", "feed.jsonl/2": "Two.", "feed.jsonl/3": "Three."}
        assert texts(ours) == stays
        feed.write_text('{"id": 3, "text": "Three."}\n{"id": \n', "utf-8")
        assert told(process).startswith(f"failed: {feed}, line 2, cannot be read")
        assert texts(ours) == stays
        feed.unlink()
        assert told(process).startswith("removed feed.jsonl/2, feed.jsonl/3")
        assert texts(ours) == {"of another": "Stays."}


@pytest.mark.slow
def test_a_file_named_by_itself_is_followed_though_another_takes_its_place(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    file = folder / "notes/a.txt"
    with watching(environment, ours, file) as process:
        for number in range(2):  # as editors save
            (folder / "notes/.draft").write_text(f"Version {number}.", encoding="utf-8")
            (folder / "notes/.draft").replace(file)
            assert told(process) == "changed a.txt: 1 document(s), 1 passage(s)\n"
        assert texts(ours) == {"a.txt": "Version 1."}


@pytest.mark.slow
def test_a_folder_that_goes_keeps_its_documents_until_it_is_back(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    notes = folder / "notes"
    with watching(environment, ours, notes) as process:
        shutil.move(notes, folder / "away")
        assert told(process).startswith(f"failed: The folder {notes} is gone")
        assert len(texts(ours)) == 2
        (folder / "away/a.txt").unlink()
        shutil.move(folder / "away", notes)
        assert told(process).startswith("removed a.txt")


def test_where_nothing_is_told_files_are_looked_at_now_and_then(
    folder: Path, ours: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on network drives."""

    def silent(*_: object, **__: object) -> Iterator[set[object]]:
        while True:
            yield set()

    monkeypatch.setattr(watchfiles, "watch", silent)
    reports = Watch([folder / "notes"], ours.index).reports(indexer(ours))
    for number in range(3):
        (folder / "notes/a.txt").write_text(f"{number} ships.", encoding="utf-8")
        report = next(reports)
        assert isinstance(report, Report)
        assert "a.txt" in (*report.added, *report.changed)
        assert texts(ours)["a.txt"] == f"{number} ships."


def test_a_folder_that_is_back_before_it_is_missed_is_watched_again(
    folder: Path, ours: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, away = folder / "notes", folder / "away"
    watched: list[tuple[Path, ...]] = []

    def racing(*paths: Path, **_: object) -> Iterator[set[object]]:
        watched.append(paths)
        if not paths:
            shutil.move(away, notes)
        else:
            (notes / "a.txt").write_text("Back.", encoding="utf-8")
        yield from (set() for _ in range(5))
        pytest.fail("It goes on watching nothing.")

    watch = Watch([notes], ours.index)
    shutil.move(notes, away)
    monkeypatch.setattr(watchfiles, "watch", racing)
    report = next(watch.reports(indexer(ours)))
    assert isinstance(report, Report)
    assert report.added + report.changed
    assert watched == [(), (notes,)]


@pytest.mark.slow
def test_two_files_that_come_to_one_id_are_told_once_and_the_watch_goes_on(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    (folder / "more").mkdir()
    (folder / "more/c.txt").write_text("More.", encoding="utf-8")
    with watching(environment, ours, folder / "notes", folder / "more") as process:
        (folder / "more/a.txt").write_text("More.", encoding="utf-8")
        assert "would both be 'a.txt'" in told(process)
        (folder / "more/c.txt").write_text("Yet more.", encoding="utf-8")
        (folder / "more/a.txt").unlink()
        assert told(process) == "changed c.txt: 3 document(s), 3 passage(s)\n"


@pytest.mark.slow
def test_others_may_write_meanwhile_and_are_waited_for(
    folder: Path, ours: Settings, environment: Mapping[str, str]
) -> None:
    with watching(environment, ours, folder / "notes") as process:
        with writing(ours.index):  # free, though the watch goes on
            (folder / "notes/c.txt").write_text("A new note.", encoding="utf-8")
            sleep(3)
            assert "c.txt" not in texts(ours)
        assert told(process) == "added c.txt: 3 document(s), 3 passage(s)\n"
