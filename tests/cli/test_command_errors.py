"""Errors on the command line: one clear line that says what is wrong, and exit code 2."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Rag = Callable[..., subprocess.CompletedProcess[str]]


def check_error(ran: subprocess.CompletedProcess[str], *said: str) -> None:
    """Check that a command ended with one clear line and the exit code of our own errors."""
    assert ran.returncode == 2
    (line,) = (line for line in ran.stderr.splitlines() if line.strip())
    assert line.startswith("error: ")
    assert line.endswith(".")
    for each in said:
        assert each in line
    assert ran.stdout == ""


def test_a_missing_index_is_one_clear_line(rag: Rag, tmp_path: Path) -> None:
    ran = rag("ask", PRESS, "--index", tmp_path / "nothing")
    check_error(ran, f"There is no index in {tmp_path}/nothing/", "'rag index PATH…'")


def test_a_damaged_index_is_one_clear_line(rag: Rag, index_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Gold.", encoding="utf-8")
    rag("index", "one.txt", "--index", index_folder)
    (vectors,) = index_folder.glob("generations/000001/segments/000001/vectors.faiss")
    vectors.write_bytes(b"")
    for command in (("ask", PRESS), ("serve", "--port", "0"), ("index", "one.txt")):
        ran = rag(*command, "--index", index_folder)
        assert ran.returncode == 2
        assert "vectors.faiss was altered or cut short: 'rag doctor --mend'" in ran.stderr


def test_an_index_made_with_other_settings_is_one_clear_line(rag: Rag) -> None:
    ran = rag("ask", PRESS, RAG_PASSAGE_TOKENS="100")
    check_error(ran, "passage_tokens 160 -> 100", "'rag index --rebuild'")


def test_a_model_path_that_does_not_exist_is_one_clear_line(rag: Rag) -> None:
    for command in (("ask", PRESS), ("serve", "--port", "0")):
        check_error(rag(*command, "--encoder", "/nowhere/model"), "/nowhere/model", "'encoder'")


def test_a_port_in_use_is_one_clear_line(rag: Rag) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        check_error(rag("serve", "--port", port), f"127.0.0.1:{port}", "--port", "RAG_PORT")


def test_an_unknown_variable_is_one_clear_line(rag: Rag) -> None:
    check_error(rag("ask", PRESS, RAG_TOPK="3"), "'topk' in the environment", "top_k")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("top_k = ", "The file rag.toml cannot be read as TOML"),
        ("topk = 3", "'topk' in the file rag.toml"),
        ("top_k = 0", "'top_k' in the file rag.toml is 0"),
        ("top_k = 'many'", "'top_k' in the file rag.toml is 'many'"),
        ("overlap_tokens = 150", "overlap_tokens is 150"),
    ],
)
def test_a_bad_file_of_settings_is_one_clear_line(
    content: str, said: str, rag: Rag, tmp_path: Path
) -> None:
    (tmp_path / "rag.toml").write_text(content, encoding="utf-8")
    check_error(rag("ask", PRESS), said)


def test_a_wrong_value_is_one_clear_line(rag: Rag) -> None:
    check_error(rag("ask", PRESS, "--top-k", "101"), "'top_k' in the command line is 101")
    check_error(rag("serve", RAG_PORT="x"), "'port' in the environment is 'x'")


def test_a_missing_path_is_one_clear_line(rag: Rag, index_folder: Path) -> None:
    ran = rag("index", "nothing.txt", "--index", index_folder)
    check_error(ran, "No file or folder at nothing.txt")
    assert not (index_folder / "CURRENT").exists()


def test_a_file_in_the_place_of_a_folder_is_one_clear_line(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Gold.", encoding="utf-8")
    ran = rag("index", "one.txt", "--index", "one.txt")
    assert ran.returncode == 2
    assert ran.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "one.txt" in ran.stderr


@pytest.mark.parametrize("question", [" ", "a\x07b", "x" * 4001])
def test_a_question_that_cannot_be_asked_is_one_clear_line(question: str, rag: Rag) -> None:
    check_error(rag("ask", question), "The question ")


def test_a_command_without_its_arguments_shows_its_usage(rag: Rag) -> None:
    for command in ("ask", "index"):
        ran = rag(command)
        assert ran.returncode == 2
        assert ran.stderr.startswith("Usage:")
