"""The contest: indexing, asking and serving, the systems in turn and in blocks."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter

import click

from eval.benchmarks.corpus import handed
from eval.benchmarks.running import Contestant, Failed, Worker, requests_per_second, serving
from eval.benchmarks.scoring import Sheet
from rag.evaluation.gold import GoldQuestion


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: questions, by blocks, in rounds; articles; load over HTTP."""

    questions: int
    block: int = 10
    rounds: int = 3
    articles: int = 60
    clients: tuple[int, ...] = (1, 16, 64)
    seconds: float = 4.0


QUICK = Effort(questions=10, rounds=1, articles=2, clients=(1, 16), seconds=0.5)


@dataclass(frozen=True, slots=True)
class Runner:
    """A system that takes part: its sheet, how it is started, and two processes of it.

    ``worker`` indexes and retrieves; ``asked`` answers, and has not met the question before.
    """

    sheet: Sheet
    contestant: Contestant
    worker: Worker
    asked: Worker


@dataclass(frozen=True, slots=True)
class Contest:
    """What all systems are asked, how much of it, and the folder of the texts.

    No process is asked anything twice, since a system may remember what it found: ``load`` is asked
    over HTTP, and must hold more than a server answers while it runs.
    """

    questions: Sequence[GoldQuestion]
    load: Sequence[str]
    effort: Effort
    folder: Path

    def run(self, sheets: Sequence[Sheet]) -> None:
        """Measure all systems that are ready, each failure being written on the system's sheet."""
        ready = [(sheet, sheet.contestant) for sheet in sheets if sheet.contestant]
        runners = [Runner(sheet, of, Worker(of), Worker(of)) for sheet, of in ready]
        try:
            self._index(runners)
            self._ask(runners)
        finally:
            for runner in runners:
                runner.worker.close()
                runner.asked.close()
        for turn in range(self.effort.rounds):
            _each(runners, "serving", turn, self._served)

    def _index(self, runners: Sequence[Runner]) -> None:
        _each(runners, "loading", 0, lambda runner: runner.worker.do("warm"))
        for turn in range(self.effort.rounds):
            _each(runners, "indexing", turn, self._news_indexed)
        _each(runners, "opening", 0, self._opened)

    def _news_indexed(self, runner: Runner) -> None:
        indexed = runner.sheet.indexed
        indexed.append(self._indexed(runner, "news", f"news-{len(indexed)}"))

    def _opened(self, runner: Runner) -> None:
        self._indexed(runner, "asked", runner.contestant.config.path.name)
        runner.worker.do("open")
        if runner.sheet.peer.route:
            runner.asked.do("open")

    def _indexed(self, runner: Runner, name: str, to: str) -> float:
        """Index texts and return the passages a second."""
        texts = handed(self.folder, name, passages=runner.sheet.peer.given)
        folder = runner.contestant.folder / to
        done = runner.worker.do("index", texts=str(texts), folder=str(folder))
        return float(done["passages"] / done["seconds"])

    def _ask(self, runners: Sequence[Runner]) -> None:
        reading = [runner for runner in runners if runner.sheet.peer.route]
        for first in range(0, len(self.questions), self.effort.block):
            turn, block = first // self.effort.block, self.questions[first:][: self.effort.block]
            _each(runners, "retrieving", turn, partial(self._block_retrieved, block=block))
            _each(reading, "asking", turn, partial(self._block_asked, block=block))

    def _block_retrieved(self, runner: Runner, block: Sequence[GoldQuestion]) -> None:
        for each in block:
            found = runner.worker.do("retrieve", question=each.question)
            runner.sheet.retrieved[each.id] = found

    def _block_asked(self, runner: Runner, block: Sequence[GoldQuestion]) -> None:
        for each in block:
            runner.sheet.asked[each.id] = runner.asked.do("ask", question=each.question)

    def _served(self, runner: Runner) -> None:
        """Time the start to the first answer, and questions a second from then on.

        It is started twice, and the second time counts: whether the files of a system are in memory
        or have to come from the disk would hang on who ran before it.
        """
        sheet, contestant = runner.sheet, runner.contestant
        questions = cycle(self.load)
        if sheet.peer.route is None:
            for _ in range(2):
                started = perf_counter()
                with closing(Worker(contestant)) as worker:
                    worker.do("open")
                    worker.do("retrieve", question=next(questions))
                    taken = perf_counter() - started
                    sheet.peak_mb = worker.peak_mb()
            sheet.started.append(taken)
            return
        with serving(contestant) as server:
            server.wait(next(questions))
        started = perf_counter()
        with serving(contestant) as server:
            server.wait(next(questions))
            sheet.started.append(perf_counter() - started)
            for clients in self.effort.clients:
                rate = requests_per_second(server, questions, clients, self.effort.seconds)
                sheet.rates.setdefault(clients, []).append(rate)
            sheet.peak_mb = server.peak_mb()


def _each(runners: Sequence[Runner], phase: str, turn: int, do: Callable[[Runner], object]) -> None:
    """Let every system do something that has not failed, another one first each turn."""
    first = turn % max(1, len(runners))
    for runner in (*runners[first:], *runners[:first]):
        if runner.sheet.failures:
            continue
        click.echo(f"{phase} {turn + 1}: {runner.sheet.peer.name}", err=True)
        try:
            do(runner)
        except Failed as failed:
            runner.sheet.failures.append(f"{phase}: {failed}")
