"""``rag mcp`` as a process: what it writes, how it ends; and what starts without its library."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

GREET = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ASK = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {
        "name": "ask",
        "arguments": {"question": "Who is the press secretary of Japan’s Foreign Ministry?"},
    },
}


class Wire:
    """The two ends of a process, which must write nothing but messages of the protocol."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def send(self, *messages: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        for message in messages:
            self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert message["jsonrpc"] == "2.0"
        return message

    def end(self) -> tuple[int, str, str]:
        """Close its input; return how it ended, and the rest of what it wrote."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def running(environment: Mapping[str, str], *arguments: str | Path) -> Iterator[Wire]:
    command = [sys.executable, "-m", "rag", "mcp", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, text=True, encoding="utf-8"
    ) as process:
        try:
            yield Wire(process)
        finally:
            process.kill()


def test_it_writes_messages_alone_and_ends_with_its_input(environment: Mapping[str, str]) -> None:
    with running(environment) as wire:
        wire.send(GREET)
        assert wire.receive()["result"]["serverInfo"]["name"] == "rag"
        wire.send(READY, ASK)
        answer = wire.receive()["result"]["structuredContent"]
        assert answer["answer"] == "Toshihiro Kitamura"
        wire.process.stdin.write("no message\n")  # type: ignore[union-attr]
        wire.send(LIST)
        assert len(wire.receive()["result"]["tools"]) == 3
        assert wire.end() == (0, "", "")


def test_it_answers_while_index_and_models_are_loading(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The calibration is a pipe, so the engine is not open until that is fed."""
    pipe = tmp_path / "calibration.json"
    os.mkfifo(pipe)
    with running(environment, "--calibration", pipe) as wire:
        wire.send(GREET)
        assert wire.receive()["id"] == 0
        wire.send(READY, ASK, LIST)
        assert wire.receive()["id"] == 1
        pipe.write_bytes(files("rag").joinpath("assets/calibration.json").read_bytes())
        answer = wire.receive()
        assert answer["id"] == 2
        assert answer["result"]["structuredContent"]["answer"] == "Toshihiro Kitamura"


def test_a_missing_index_is_told_to_each_call_and_to_the_log(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    with running(environment, "--index", tmp_path) as wire:
        wire.send(GREET)
        wire.receive()
        for _ in range(2):
            wire.send(ASK)
            result = wire.receive()["result"]
            assert result["isError"] is True
            assert "'rag index PATH…' makes one" in result["content"][0]["text"]
        code, out, err = wire.end()
    assert (code, out) == (0, "")
    assert err.startswith("error: There is no index in ")
    assert "Traceback" not in err


def test_ctrl_c_ends_it_though_it_waits_for_input(environment: Mapping[str, str]) -> None:
    with running(environment) as wire:
        wire.send(GREET)
        wire.receive()
        wire.process.send_signal(signal.SIGINT)
        assert wire.process.wait(timeout=60) == -signal.SIGINT


def test_a_wrong_setting_is_said_as_by_every_command(environment: Mapping[str, str]) -> None:
    with running({**environment, "RAG_TOP_K": "0"}) as wire:
        code, out, err = wire.end()
    assert (code, out) == (2, "")
    assert err.startswith("error: Setting 'top_k' in the environment is '0'")


# Without its library


def run(environment: Mapping[str, str], program: str, *arguments: str) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_without_its_library_it_says_what_to_install(environment: Mapping[str, str]) -> None:
    program = "import sys; sys.modules['mcp'] = None; from rag.cli import main; main()"
    code, out, err = run(environment, program, "mcp")
    assert (code, out) == (2, "")
    assert err == "error: The library for MCP is not installed: pip install 'rag[mcp]'\n"


@pytest.mark.parametrize("part", ["rag.cli", "rag.server", "rag.mcp", "rag.engine"])
def test_its_library_is_not_loaded_before_a_client_comes(
    part: str, environment: Mapping[str, str]
) -> None:
    program = f"import sys, {part}; print(sorted({{'mcp', 'mcp_types'}} & set(sys.modules)))"
    assert run(environment, program) == (0, "[]\n", "")


def test_it_explains_itself(environment: Mapping[str, str]) -> None:
    program = "from rag.cli import main; main()"
    code, out, err = run(environment, program, "mcp", "--help")
    assert (code, err) == (0, "")
    for each in ("stdin", "--collection", "--index", "--top-k", "/mcp", "rag[mcp]"):
        assert each in out
