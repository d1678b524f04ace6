"""Indexing and asking reach no other machine: not in Python, not in native code, not quietly."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

SEEDS = Path(__file__).parent.parent / "seeds"
PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
ENDED_BY_THE_HOOK = 86
CUT_OFF = ("unshare", "--map-root-user", "--net")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(environment: Mapping[str, str], index_folder: Path, tmp_path: Path) -> Run:
    """Return a function that runs a program over an empty index, with an empty home."""
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    places = {
        "RAG_INDEX": str(index_folder),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
    }
    odd = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    plain = {name: value for name, value in environment.items() if name not in odd}

    def start(command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env={**plain, **places, **more}, capture_output=True, text=True, check=False
        )

    return start


def rag(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rag", *arguments]


def check_it_works(run: Run, *before: str, **more: str) -> None:
    """Index the seeds and ask a question of them."""
    indexed = run([*before, *rag("index", str(SEEDS))], **more)
    assert (indexed.returncode, "1 added" in indexed.stdout) == (0, True), indexed.stderr
    asked = run([*before, *rag("ask", PRESS)], **more)
    assert (asked.returncode, "Toshihiro Kitamura" in asked.stdout) == (0, True), asked.stderr


def test_indexing_and_asking_open_no_connection_in_python(run: Run) -> None:
    check_it_works(run)


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
        "import httpx; httpx.get('http://192.0.2.1/', timeout=1)",
    ],
)
def test_the_hook_ends_a_process_that_reaches_out(program: str, run: Run) -> None:
    ended = run([sys.executable, "-c", program])
    assert ended.returncode == ENDED_BY_THE_HOOK
    assert ended.stderr.startswith("a socket reached for ")


def test_the_hook_lets_a_process_talk_to_itself(run: Run) -> None:
    program = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(("localhost", server.getsockname()[1])).close()
"""
    assert run([sys.executable, "-c", program]).returncode == 0


def test_indexing_and_asking_work_on_a_machine_without_a_network(run: Run) -> None:
    if run([*CUT_OFF, "true"]).returncode:
        pytest.skip("this machine lets no one cut off the network (unshare --net)")
    check_it_works(run, *CUT_OFF)


@pytest.mark.slow  # what reports in the background does so after ten seconds
def test_native_code_opens_no_connection_either(run: Run, tmp_path: Path) -> None:
    """onnxruntime reports its sessions to its makers unless told not to, past Python's hooks."""
    if shutil.which("strace") is None or run(["strace", "-o", os.devnull, "true"]).returncode:
        pytest.skip("this machine has no strace, or lets no one trace")
    check_it_works(run)
    program = f"""
import time
from rag.engine import Engine
from rag.settings import load
Engine.open(load()).ask({PRESS!r})
time.sleep(20)
"""
    trace = tmp_path / "trace"
    traced = ["strace", "-f", "-e", "trace=%network", "-o", str(trace)]
    assert run([*traced, sys.executable, "-c", program]).returncode == 0
    calls = trace.read_text("utf-8", errors="replace").splitlines()
    assert [call for call in calls if "AF_INET" in call] == []


def test_nothing_is_left_behind_in_home_or_temporary_folders(run: Run, tmp_path: Path) -> None:
    check_it_works(run)
    assert list((tmp_path / "home").rglob("*")) == []
    assert list((tmp_path / "temporary").rglob("*")) == []


@pytest.mark.slow  # torch and sentence-transformers take seconds to import, and to export
def test_a_model_is_exported_without_a_network_too(run: Run, tmp_path: Path) -> None:
    if run([*CUT_OFF, "true"]).returncode:
        pytest.skip("this machine lets no one cut off the network (unshare --net)")
    check_it_works(run, *CUT_OFF, RAG_INDEX=str(tmp_path / "fresh"))
