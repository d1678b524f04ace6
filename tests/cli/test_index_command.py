"""``rag index``: what it takes, what it refuses, and what is left when it is stopped."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import sleep

import pytest
from click.testing import CliRunner, Result

from rag.cli import main
from rag.index import Index
from rag.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two notes, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("notes/a.md", "notes/deep/b.md", "notes/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"This is {name}.", encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, settings: Settings) -> Run:
    """Return a function that runs ``rag index`` in the folder, with an index there."""

    def ran(*arguments: str, fed: str | None = None) -> Result:
        flags = ["--index", str(folder / "index"), "--models", str(settings.models_folder)]
        runner = CliRunner(env={"COLUMNS": "1000"})
        return runner.invoke(main, ["index", *flags, *arguments], input=fed)

    return ran


def held(folder: Path) -> dict[str, str]:
    """Return the texts of the documents by id."""
    documents = Index.open(folder / "index").documents
    return {name: document.text for name, document in sorted(documents.items())}


# What it takes


def test_a_pattern_is_expanded_with_the_ids_that_its_folder_gives(run: Run, folder: Path) -> None:
    assert "2 added" in run("notes/**/*.md").stdout
    assert list(held(folder)) == ["a.md", "deep/b.md"]
    assert "1 added, 0 changed, 2 unchanged" in run("notes").stdout


def test_a_pattern_that_matches_nothing_is_told_before_anything_is_written(
    run: Run, folder: Path
) -> None:
    ran = run("notes", "notes/*.pdf")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "No supported file matches notes/*.pdf: check the pattern." in ran.stderr
    assert not (folder / "index").exists()


def test_lines_on_standard_input_are_documents_and_a_faulty_one_fails_alone(
    run: Run, folder: Path
) -> None:
    gold = {"id": "x/1", "text": "Gold is here.", "title": "Gold", "metadata": {"year": 1848}}
    silver = {"id": 2, "text": "# Silver", "media_type": "text/markdown", "passed": "over"}
    lines = [json.dumps(gold), "", '{"id": ', '{"text": "whose?"}', json.dumps(silver)]
    ran = run("-", fed="\n".join(lines))
    assert ran.exit_code == 1
    assert "2 added, 0 changed, 0 unchanged, 0 removed, 2 failed" in ran.stdout
    for told in (
        "line 3, cannot be read: it is not JSON",
        'line 4, cannot be read: it has no "id"',
    ):
        assert f"failed: standard input, {told}" in ran.stdout
    assert held(folder) == {"2": "# Silver", "x/1": "Gold is here."}
    indexed = Index.open(folder / "index").documents["x/1"]
    assert (indexed.title, indexed.metadata) == ("Gold", {"year": 1848})
    again = run("notes", "-", fed=json.dumps({**gold, "text": "Gold was here."}))
    assert "3 added, 1 changed, 0 unchanged, 0 removed, 0 failed" in again.stdout
    assert held(folder)["x/1"] == "Gold was here."


def test_a_feed_can_be_pruned_and_rebuilt_too(run: Run, folder: Path) -> None:
    run("notes")
    feed = '{"id": "a.md", "text": "From the feed."}'
    assert "0 added, 1 changed, 0 unchanged, 2 removed" in run("-", "--prune", fed=feed).stdout
    assert held(folder) == {"a.md": "From the feed."}
    run("notes")
    assert "1 added" in run("-", "--rebuild", fed=feed).stdout
    assert held(folder) == {"a.md": "From the feed."}


@pytest.mark.parametrize("how", ["--prune", "--rebuild"])
@pytest.mark.parametrize("fed", ["", "nonsense"])
def test_a_feed_that_gave_nothing_empties_no_index(
    how: str, fed: str, run: Run, folder: Path
) -> None:
    run("notes")
    before = held(folder)
    done = run("-", how, fed=fed)
    assert done.exit_code == 2
    assert "The index stays as it is." in done.stderr
    assert held(folder) == before != {}


def test_the_index_itself_is_not_indexed(run: Run, folder: Path) -> None:
    run("notes")
    assert "3 added, 0 changed, 0 unchanged" in run(".").stdout
    assert "0 added, 0 changed, 3 unchanged" in run(".").stdout
    assert all(name.startswith(("notes/", "a.", "c.", "deep/")) for name in held(folder))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Missing argument 'PATHS...'"),
        (["--upgrade"], "Missing argument 'PATHS...'"),
        (["--rebuild", "--watch"], "Missing argument 'PATHS...'"),
        (["--rebuild", "--prune"], "Missing argument 'PATHS...'"),
        (["--watch", "-"], "Standard input cannot be watched"),
        (["--watch", "notes/gone.md"], "No file or folder at notes/gone.md"),
        (["--rebuild"], "There is no index in"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: Sequence[str], told: str, run: Run, folder: Path
) -> None:
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert told in ran.stderr
    assert not (folder / "index" / "CURRENT").exists()


# Other settings


def test_other_settings_are_refused_with_the_command_that_keeps_every_document(
    run: Run, folder: Path
) -> None:
    run("notes", "-", fed='{"id": "fed", "text": "Only the index has this."}')
    before = held(folder)
    other = ("--passage-tokens", "100")
    refused = run("notes", *other)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "passage_tokens 160 -> 100" in refused.stderr
    assert "'rag index --rebuild'" in refused.stderr
    (folder / "notes/a.md").unlink()
    assert "4 unchanged" in run("--rebuild", *other).stdout
    assert held(folder) == before
    assert Index.open(folder / "index").manifest.recipe.passage_tokens == 100
    assert "2 unchanged" in run("notes", *other).stdout


def test_an_upgrade_goes_before_what_is_given_where_it_is_needed(run: Run, folder: Path) -> None:
    run("notes")
    generation = Index.current(folder / "index")
    assert "is up to date" in run("--upgrade", "notes").stdout
    assert Index.current(folder / "index") == generation
    (folder / "notes/new.md").write_text("This is new.", encoding="utf-8")
    other = ("--passage-tokens", "100")
    assert "1 added, 0 changed, 3 unchanged" in run("--upgrade", "notes", *other).stdout
    assert len(held(folder)) == 4
    assert Index.open(folder / "index").manifest.recipe.passage_tokens == 100


def test_a_rebuild_of_paths_holds_them_alone(run: Run, folder: Path) -> None:
    run("notes")
    run("--rebuild", "notes/c.txt", "--passage-tokens", "100")
    assert list(held(folder)) == ["c.txt"]


# Ctrl-C

SMALL_TURNS = """
import sys
from rag.indexing import turns
turns._TURN, turns._AT_ONCE = 8, 4
from rag.cli import main
main(sys.argv[1:])
"""

TOLD_IN_C = """
import os, signal
import numpy
save = numpy.save

def saved(*arguments):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        save(*arguments)
    except KeyboardInterrupt:
        raise TypeError("expected str, bytes or os.PathLike object, not BufferedWriter")

numpy.save = saved
"""
"""What NumPy does with Ctrl-C while it looks whether it writes to a path."""


@pytest.fixture
def many(folder: Path) -> Path:
    """Return a folder of many notes."""
    (folder / "many").mkdir()
    for number in range(240):
        text = f"Note {number} tells of {number * 7} ships."
        (folder / "many" / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder / "many"


def start(
    environment: Mapping[str, str], *arguments: str | Path, first: str = ""
) -> subprocess.Popen[str]:
    """Start ``rag index`` in a process of its own, in turns of eight passages."""
    return subprocess.Popen(
        [sys.executable, "-c", first + SMALL_TURNS, "index", *map(str, arguments)],
        env={**environment, "COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str], index: Path, generation: str) -> str:
    """Send SIGINT once a generation is written; return what was said on stderr."""
    while not (index / "generations" / generation).is_dir():
        assert process.poll() is None
        sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    return said


@pytest.mark.slow
def test_what_was_done_when_it_was_stopped_stays_and_the_rest_follows(
    run: Run, folder: Path, many: Path, settings: Settings, environment: Mapping[str, str]
) -> None:
    index = folder / "index"
    flags = ("--index", index, "--models", settings.models_folder)
    with start(environment, many, *flags) as process:
        said = stop(process, index, "000004")
    done = Index.open(index)
    assert 24 <= len(done.documents) < 240
    assert list(done.documents) == [f"{n:03}.txt" for n in range(len(done.documents))]
    (number,) = [int(word) for word in said.split("stopped: ")[1].split() if word.isdigit()]
    assert len(done.documents) - 8 <= number <= len(done.documents)
    assert "can be asked; the same command goes on from there." in said
    told = f"{240 - len(done.documents)} added, 0 changed, {len(done.documents)} unchanged"
    assert told in run("many").stdout
    assert not list((index / "generations").glob(".draft-*"))
    whole = folder / "whole"
    run("many", "--index", str(whole))
    ours, other = Index.open(index), Index.open(whole)
    assert dict(ours.documents) == dict(other.documents)
    assert ours.manifest.fingerprint == other.manifest.fingerprint
    assert {p.id for p in ours.passages.values()} == {p.id for p in other.passages.values()}


@pytest.mark.slow
def test_a_rebuild_that_is_stopped_leaves_the_index_as_it_was(
    run: Run, folder: Path, many: Path, settings: Settings, environment: Mapping[str, str]
) -> None:
    run("notes")
    before = held(folder)
    flags = ("--index", folder / "index", "--models", settings.models_folder)
    with start(environment, "--rebuild", many, *flags) as process:
        said = stop(process, folder / "index", "000004")
    assert "stopped: the index is as it was; the same command starts again." in said
    assert (held(folder), Index.current(folder / "index")) == (before, "000001")
    assert "240 added" in run("--rebuild", "many").stdout
    assert len(held(folder)) == 240
    assert len(list((folder / "index" / "generations").iterdir())) == 2


@pytest.mark.slow
def test_ctrl_c_stops_though_a_library_makes_another_error_of_it(
    folder: Path, many: Path, settings: Settings, environment: Mapping[str, str]
) -> None:
    flags = ("--index", folder / "index", "--models", settings.models_folder)
    with start(environment, many, *flags, first=TOLD_IN_C) as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert "stopped: the index is as it was; the same command starts again." in said
