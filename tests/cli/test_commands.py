"""The command line as a person meets it: real processes, what they print and how they end."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from rag.engine import Engine
from rag.index import Index
from rag.wire import AskResponse

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Rag = Callable[..., subprocess.CompletedProcess[str]]


# What is asked for


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ((), ["serve", "ask", "index", "doctor", "train", "RAG_PORT", "rag.toml"]),
        (("serve",), ["--host", "--port", "--index", "--top-k", "default: 8000"]),
        (("ask",), ["QUESTION", "--json", "--min-confidence"]),
        (("index",), ["PATHS", "--rebuild", "--passage-tokens"]),
        (("doctor",), ["what mends what is wrong"]),
        (("train",), ["encoding", "reader", "calibrator", "rag[train]"]),
    ],
)
def test_every_command_explains_itself(
    command: tuple[str, ...], named: list[str], rag: Rag
) -> None:
    helped = rag(*command, "-h")
    assert (helped.returncode, helped.stderr) == (0, "")
    for each in named:
        assert each in " ".join(helped.stdout.split())


def test_the_version_is_that_of_the_package(rag: Rag) -> None:
    import rag as package

    assert rag("--version").stdout.strip() == f"rag, version {package.__version__}"


def test_ask_shows_sentence_source_and_confidence(rag: Rag, engine: Engine) -> None:
    asked = rag("ask", PRESS)
    answer = engine.ask(PRESS)
    (citation,) = answer.citations
    assert (asked.returncode, asked.stderr) == (0, "")
    shown = asked.stdout
    assert citation.sentence_text in shown
    assert citation.title in shown
    assert f"article.txt, characters {citation.start}–{citation.end}" in shown
    assert f"confidence {answer.confidence:.2f}" in shown


def test_the_words_of_a_question_need_no_quotes(rag: Rag) -> None:
    assert "Toshihiro Kitamura" in rag("ask", *PRESS.split()).stdout


def test_ask_says_why_there_is_no_answer_and_shows_the_nearest(rag: Rag, engine: Engine) -> None:
    asked = rag("ask", PRESS, "--min-confidence", "1")
    assert asked.returncode == 0
    assert "No answer: the likeliest one is not sure enough." in asked.stdout
    for hit in engine.search(PRESS)[:3]:
        assert hit.passage.id in asked.stdout


def test_ask_as_json_is_the_answer_of_http(rag: Rag, server: httpx.Client) -> None:
    asked = rag("ask", PRESS, "--json")
    assert asked.stderr == ""
    AskResponse.model_validate_json(asked.stdout)
    by_http = server.post("/v1/ask", json={"question": PRESS}).json()
    assert json.loads(asked.stdout) | {"timings_ms": None} == by_http | {"timings_ms": None}


def test_flags_go_before_the_environment_and_that_before_the_file(rag: Rag, tmp_path: Path) -> None:
    def passages(*flags: str, **variables: str) -> int:
        return len(json.loads(rag("ask", PRESS, "--json", *flags, **variables).stdout)["passages"])

    (tmp_path / "rag.toml").write_text("top_k = 1", encoding="utf-8")
    assert passages() == 1
    assert passages(RAG_TOP_K="2") == 2
    assert passages("--top-k", "3", RAG_TOP_K="2") == 3


def test_index_says_what_it_did_and_does_nothing_twice(
    rag: Rag, index_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_text("Gold was found in 1848.", encoding="utf-8")
    first = rag("index", "one.txt", "--index", index_folder)
    assert first.returncode == 0
    assert f"{index_folder}/ generation 000001 made 1 document(s), 1 passage(s);" in first.stdout
    assert "1 added, 0 changed, 0 unchanged, 0 removed, 0 failed" in first.stdout
    for stage in ("reading", "encoding", "indexing"):
        assert stage in first.stderr
    second = rag("index", "one.txt", "--index", index_folder)
    assert second.returncode == 0
    assert "generation 000001 is up to date: 1 document(s)" in second.stdout
    assert "0 added, 0 changed, 1 unchanged, 0 removed, 0 failed" in second.stdout
    assert "up to date" not in rag("index", "one.txt", "--rebuild", "--index", index_folder).stdout


def test_index_reports_what_it_could_not_read_and_indexes_the_rest(
    rag: Rag, index_folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "good [1] :smile:.txt").write_bytes(b"\xef\xbb\xbfGold was found in 1848.")
    (source / "bad.txt").write_bytes(b"\x00\xff")
    ran = rag("index", source, "--index", index_folder)
    assert ran.returncode == 1
    assert "1 added, 0 changed, 0 unchanged, 0 removed, 1 failed" in ran.stdout
    assert "note: good [1] :smile:.txt: dropped the byte order mark" in ran.stdout
    assert f"failed: {source}/bad.txt cannot be read" in ran.stdout
    assert list(Index.open(index_folder).documents) == ["good [1] :smile:.txt"]


def test_paths_with_brackets_are_shown_as_they_are(rag: Rag, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index [/b] :smile:"
    folder.mkdir(parents=True)
    (folder / "models").symlink_to(models)
    (tmp_path / "one.txt").write_text("Gold :gold: [bold]was[/] found.", encoding="utf-8")
    assert f"{folder}/ generation 000001" in rag("index", "one.txt", "--index", folder).stdout
    shown = rag("ask", "What was found?", "--index", folder, "--min-confidence", "0").stdout
    assert shown.count("Gold :gold: [bold]was[/] found.") >= 1


# Doctor


def test_doctor_finds_nothing_wrong_with_a_good_set_up(rag: Rag) -> None:
    examined = rag("doctor", "--port", "0")
    assert examined.returncode == 0
    assert examined.stderr == ""
    checks = [line.split(":")[0].split() for line in examined.stdout.splitlines()]
    assert [name for _, name in checks] == [
        "python",
        "encoding",
        "encoder",
        "reader",
        "index",
        "answer",
        "address",
    ]
    assert {mark for mark, _ in checks} == {"ok"}


def test_doctor_says_what_mends_what_is_wrong(rag: Rag, tmp_path: Path) -> None:
    examined = rag("doctor", "--port", "0", "--index", tmp_path, "--encoder", "/nowhere/model")
    assert examined.returncode == 1
    failed = [line for line in examined.stdout.splitlines() if line.startswith("FAIL")]
    assert [line.split(":")[0].split()[1] for line in failed] == ["encoder", "index", "answer"]
    assert "'encoder'" in failed[0]
    assert "'rag index PATH…'" in failed[1]


def test_doctor_sees_a_port_in_use(rag: Rag) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        examined = rag("doctor", "--port", str(taken.getsockname()[1]))
    assert examined.returncode == 1
    assert "FAIL address: Cannot listen on 127.0.0.1" in examined.stdout


# Life of a process


def test_our_own_code_starts_without_a_warning(environment: Mapping[str, str]) -> None:
    asked = subprocess.run(
        [sys.executable, "-W", "error", "-m", "rag", "ask", PRESS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_stops_without_complaint(
    how: signal.Signals, environment: Mapping[str, str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rag", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("Serving ")
        process.send_signal(how)
        assert "Traceback" not in process.stderr.read()
        assert process.wait(timeout=30) in {0, 1, -how}


def test_output_may_be_left_unread(environment: Mapping[str, str]) -> None:
    """As in ``rag ask … --json | head -1``."""
    with subprocess.Popen(
        [sys.executable, "-m", "rag", "ask", PRESS, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_the_help_of_index_lists_what_is_supported(rag: Rag) -> None:
    shown = rag("index", "--help").stdout
    assert "Supported files: .txt, .text, .md" in shown
    assert ".docx" in shown
