"""Measures the server itself: memory of each process, questions a second, how long one waits.

    python -m eval.benchmarks.serving

The article's questions are asked of its index, by so many clients at once, each of which asks its
next question when it has its answer; no question is refused, however long it waits. Each has a
number behind it that none had before, so that none is answered from memory. CPU is that of
all processes of the server, and tells the most where the machine is busy with other work. Leaves
serving.json and serving.md in --out.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import click
import onnxruntime

from eval.benchmarks.environments import ROOT
from eval.benchmarks.machine import conditions, load_average
from eval.benchmarks.measuring import quantiles
from rag.engine import index
from rag.settings import load

_ARTICLE = ROOT / "seeds" / "article.txt"
_GOLD = ROOT / "eval" / "gold" / "article.jsonl"
_ASKED = count()
_TICK = os.sysconf("SC_CLK_TCK")

Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effort:
    """What is measured, and for how many seconds each."""

    workers: tuple[int, ...] = (1, 2)
    clients: tuple[int, ...] = (1, 16, 64)
    seconds: float = 15.0


_QUICK = Effort(clients=(2,), seconds=0.5)


@dataclass(frozen=True, slots=True)
class Served:
    """A server at a port, and the process that was started for it."""

    process: "subprocess.Popen[str]"
    port: int

    def processes(self) -> list[int]:
        """Return the processes that answer: its workers, or itself."""
        pid = self.process.pid
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
        return [each for each in children if "spawn_main" in _command(each)] or [pid]

    def cpu(self) -> float:
        """Return the seconds of CPU time that they took."""
        return sum(map(_cpu, self.processes()))

    def memory(self) -> list[Numbers]:
        """Return the memory of each: all of it, and its part of what it shares with others."""
        return [
            {name.lower() + "_mb": _megabytes(each, name) for name in ("Rss", "Pss")}
            for each in self.processes()
        ]


@click.command()
@click.option("--quick", is_flag=True, help="Few clients for a moment; no figures to keep.")
@click.option("--out", default=ROOT / "eval/benchmarks", type=click.Path(path_type=Path))
def main(out: Path, *, quick: bool) -> None:
    """Measure the server with one worker and with several."""
    effort = _QUICK if quick else Effort()
    rows = [json.loads(line) for line in _GOLD.read_text(encoding="utf-8").splitlines()]
    questions = [row["question"] for row in rows]
    before = conditions(onnxruntime)
    with TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        settings = load().apart(place)
        index(settings, [_ARTICLE], lambda *_: None)
        cells = [
            _measured(place, settings.models_folder, workers, questions, effort)
            for workers in effort.workers
        ]
    result = {
        **before,
        "load_after": load_average(),
        "seconds": effort.seconds,
        "servers": cells,
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "serving.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "serving.md").write_text(shown := table(result), encoding="utf-8")
    click.echo(shown, nl=False)


def table(result: Numbers) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| workers | clients | questions/s | p50, ms | p95, ms | CPU ms a question |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for server in result["servers"]:
        lines += [
            f"| {server['workers']} | {each['clients']} | {each['per_s']:.1f} | "
            f"{each['ms']['p50']:.0f} | {each['ms']['p95']:.0f} | {each['cpu_ms']:.0f} |"
            for each in server["loads"]
        ]
    lines += ["", "| workers | memory of each: RSS / PSS, MB |", "| --- | --- |"]
    for server in result["servers"]:
        sizes = (f"{each['rss_mb']:.0f} / {each['pss_mb']:.0f}" for each in server["memory"])
        lines.append(f"| {server['workers']} | {', '.join(sizes)} |")
    return "\n".join(lines) + "\n"


def _measured(
    place: Path, models: Path, workers: int, questions: list[str], effort: Effort
) -> Numbers:
    with _serving(place, models, workers) as server:
        _load(server, questions, effort.clients[0], effort.seconds / 5)  # what is lazy is loaded
        loads = [_load(server, questions, each, effort.seconds) for each in effort.clients]
        return {"workers": workers, "loads": loads, "memory": server.memory()}


@contextmanager
def _serving(place: Path, models: Path, workers: int) -> Iterator[Served]:
    settings = ("--index", str(place), "--models", str(models), "--workers", str(workers))
    patient = ("--deadline", "3600", "--max-waiting", "1000")
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", *settings, *patient]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        try:
            yield Served(process, urlsplit(address).port or 0)
        finally:
            process.terminate()


def _load(server: Served, questions: list[str], clients: int, seconds: float) -> Numbers:
    """Ask until the time is up, and measure until the last answer is there."""
    taken: list[float] = []
    failed: list[int] = []

    def client(number: int) -> None:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=600)) as connection:
            for question in cycle(questions[number:] + questions[:number]):
                begun = perf_counter()
                if begun > until or failed:
                    return
                body = json.dumps({"question": f"{question} [{next(_ASKED)}]"})
                connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
                with connection.getresponse() as answer:
                    answer.read()
                taken.append(perf_counter() - begun)
                if answer.status != 200:  # noqa: PLR2004
                    failed.append(answer.status)

    threads = [Thread(target=client, args=(number % len(questions),)) for number in range(clients)]
    cpu, started = server.cpu(), perf_counter()
    until = started + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise click.ClickException(f"{clients} clients: a question was answered with {failed[0]}")
    return {
        "clients": clients,
        "per_s": len(taken) / (perf_counter() - started),
        "ms": {name: 1e3 * value for name, value in quantiles(taken).items()},
        "cpu_ms": 1e3 * (server.cpu() - cpu) / len(taken),
    }


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")


def _cpu(pid: int) -> float:
    """Return the seconds that a process was at work, in user and system mode (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _megabytes(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
