"""Measures a system that runs in a process of its own: by orders, by HTTP, and by its memory."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock, Thread
from time import perf_counter
from typing import Any
from urllib.parse import quote

from eval.benchmarks.environments import Environment, Peer
from eval.benchmarks.machine import peak_mb
from eval.benchmarks.systems.protocol import Config

_STARTED_WITHIN = 120.0
"""Seconds that a server may take to its first answer."""

_LOOKED_EVERY = 0.02


_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HAYHOOKS_TRACING_ENABLED": "false",
    "HAYHOOKS_MONITORING_ENABLED": "false",
}


class Failed(Exception):
    """A system could not do what it was asked; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A system ready to run: with what, where, and what it writes to: exported models and a log."""

    peer: Peer
    environment: Environment
    config: Config
    within: Path
    models: Path
    log: Path

    @property
    def folder(self) -> Path:
        """Return the folder that is its own, apart from the index that is asked."""
        return self.config.path.parent

    def command(self, *do: str) -> list[str]:
        """Return the command line that makes it do something."""
        script = f"eval.benchmarks.systems.{self.peer.script}"
        return [str(self.environment.python), "-m", script, json.dumps(asdict(self.config)), *do]

    def variables(self) -> dict[str, str]:
        """Return the environment of its process: no network, no telemetry, so many threads.

        Python keeps what it compiles, as it does by itself: a start would compile it each time.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        chosen = {self.peer.checkpoint: self.config.reader} if self.peer.checkpoint else {}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(self.config.threads))
        ours = {"RAG_MODELS": str(self.models), "PYTHONDONTWRITEBYTECODE": ""}
        return kept | chosen | threads | _OFFLINE | ours


class Worker:
    """A system in a process that takes orders; give it to ``closing``."""

    def __init__(self, contestant: Contestant) -> None:
        self._log = contestant.log
        with self._log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(  # noqa: S603
                contestant.command("work"),
                cwd=contestant.within,
                env=contestant.variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def do(self, order: str, **given: str) -> dict[str, Any]:
        """Give an order and wait for what comes of it.

        Raises:
            Failed: it ended in an error, or the process ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": order, **given}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"{order}: the process ended, see {self._log}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(f"{order}: {answer['error']}")
        return answer

    def peak_mb(self) -> float | None:
        """Return the most memory that the process and its children held, in MB of 10^6 bytes."""
        return peak_mb(self._process.pid)

    def close(self) -> None:
        """End the process."""
        _end(self._process)


class Server:
    """A system that serves HTTP in a process of its own."""

    def __init__(
        self, contestant: Contestant, process: "subprocess.Popen[bytes]", port: int
    ) -> None:
        assert contestant.peer.route is not None
        self._method, self._path, self._key = contestant.peer.route
        self._log = contestant.log
        self._process = process
        self._port = port

    def connect(self) -> HTTPConnection:
        """Return a connection, to be used by one thread at a time."""
        return HTTPConnection("127.0.0.1", self._port, timeout=_STARTED_WITHIN)

    def ask(self, connection: HTTPConnection, question: str) -> bool:
        """Ask over a connection; return whether the answer came, with status 200."""
        if self._method == "GET":
            connection.request("GET", f"{self._path}?{self._key}={quote(question)}")
        else:
            body = json.dumps({self._key: question})
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200  # noqa: PLR2004

    def peak_mb(self) -> float | None:
        """Return the most memory that the process and its children held, in MB of 10^6 bytes."""
        return peak_mb(self._process.pid)

    def wait(self, question: str) -> None:
        """Ask until it answers.

        Raises:
            Failed: it ended, or does not answer in time.
        """
        deadline = perf_counter() + _STARTED_WITHIN
        while perf_counter() < deadline and self._process.poll() is None:
            with suppress(OSError, HTTPException), closing(self.connect()) as connection:
                if self.ask(connection, question):
                    return
            time.sleep(_LOOKED_EVERY)
        raise Failed(f"the server does not answer, see {self._log}")


@contextmanager
def serving(contestant: Contestant) -> Iterator[Server]:
    """Start a system's server, and end it after."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with contestant.log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603
            contestant.command("serve", str(port)),
            cwd=contestant.within,
            env=contestant.variables(),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
        )
    try:
        yield Server(contestant, process, port)
    finally:
        _end(process)


def requests_per_second(
    server: Server, questions: Iterator[str], clients: int, seconds: float
) -> float:
    """Return how many questions a second are answered to so many clients, each asking in turn.

    Every client begins the next question until the time is up; the rate counts all of them, and
    the time until the last is answered.

    Raises:
        Failed: a question was not answered.
    """
    turn = Lock()
    counts = [0] * clients
    failures: list[str] = []

    def client(number: int) -> None:
        with closing(server.connect()) as connection:
            while perf_counter() < deadline and not failures:
                with turn:
                    question = next(questions)
                try:
                    answered = server.ask(connection, question)
                except (OSError, HTTPException) as error:
                    failures.append(repr(error))
                    return
                if not answered:
                    failures.append(f"{question!r} was answered with an error")
                counts[number] += 1

    threads = [Thread(target=client, args=(number,)) for number in range(clients)]
    started = perf_counter()
    deadline = started + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Failed(f"{clients} clients: {failures[0]}")
    return sum(counts) / (perf_counter() - started)


def _end(process: "subprocess.Popen[Any]") -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
