"""Several processes that serve one address, each with models of its own, over one index.

The parent holds the listening socket, starts them, replaces those that die and ends them; it
answers nothing itself. uvicorn has the like, but it asks its processes twice a second how they are,
cannot say why one could not start, and leaves them behind where it is killed itself.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread

from rag.errors import RagError, WorkerLost
from rag.server.metrics import SHARED
from rag.server.opening import begin, end
from rag.settings import Settings

_log = logging.getLogger(__name__)


def supervise(settings: Settings, listener: socket, ready: Callable[[], None]) -> None:
    """Serve in as many processes as the settings say, until stopped.

    ``ready`` is called once all of them can answer.

    Raises:
        WorkerLost: a worker ended before it could serve.
        Exception: why a worker could not open the index or a model.
    """
    with TemporaryDirectory(prefix="rag-metrics-") as counted:
        os.putenv(SHARED, counted)  # which processes look at that are started from here on
        workers = Workers(settings.share(), listener, ready)
        try:
            with _signals() as heard:
                number = workers.run(heard)
        finally:
            workers.stop()
    signal.raise_signal(number)  # and so end as any program does that is told to


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """A process, and the link that it says over what became of its start; its end ends that."""

    process: SpawnProcess
    link: "Connection[object, Exception | None]"

    @classmethod
    def started(cls, settings: Settings, listener: socket) -> "Worker":
        """Start a process."""
        link, end = Pipe()
        process = get_context("spawn").Process(target=work, args=(settings, listener, end))
        # Ctrl-C goes to every process of a terminal: those that are ours end when they are told.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        end.close()
        return cls(process, link)


class Workers:
    """The processes of one server: first one, and once that serves the others."""

    def __init__(self, settings: Settings, listener: socket, ready: Callable[[], None]) -> None:
        self._settings = settings
        self._listener = listener
        self._ready = ready
        self._is_ready = False
        self._all: list[Worker] = []
        self._serving: list[Worker] = []

    def run(self, heard: "Connection[object, int]") -> int:
        """Keep them serving until a signal is heard; return it.

        Raises: as ``supervise``.
        """
        # What there is to make the first time, an index or exported models, the first one makes.
        self._start(1)
        while True:
            speaking = wait([heard, *(each.link for each in self._all)])
            if heard in speaking:
                return heard.recv()
            for each in [worker for worker in self._all if worker.link in speaking]:
                self._listen(each)

    def stop(self) -> None:
        """End them: what is being answered is answered first, unless a second signal comes."""
        for each in self._all:
            each.process.terminate()
        try:
            for each in self._all:
                each.process.join()
        finally:
            for each in self._all:
                each.process.kill()

    def _start(self, count: int) -> None:
        while len(self._all) < count:
            self._all.append(Worker.started(self._settings, self._listener))

    def _listen(self, worker: Worker) -> None:
        try:
            failure = worker.link.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if failure is not None:
            raise failure
        self._serving.append(worker)
        self._start(self._settings.workers)
        if len(self._serving) == self._settings.workers and not self._is_ready:
            self._is_ready = True
            self._ready()

    def _replace(self, worker: Worker) -> None:
        worker.process.join()
        self._all.remove(worker)
        told = f"Worker {worker.process.pid} ended (exit code {worker.process.exitcode})"
        if worker not in self._serving:
            raise WorkerLost(f"{told} before it could serve: look for why above, or in memory.")
        self._serving.remove(worker)
        _log.warning("%s: another takes its place.", told)
        self._start(self._settings.workers)


def work(
    settings: Settings, listener: socket, link: "Connection[Exception | None, object]"
) -> None:
    """Serve as one of several; the parent is told once questions can be answered, or why not."""
    Thread(target=_end_with, args=(link,), name="parent", daemon=True).start()
    opening = begin(settings)
    from rag.server.app import create_app
    from rag.server.running import server

    def opened(error: Exception | None) -> None:
        end()
        link.send(error and _portable(error))

    app = create_app(opening, opened, settings)
    if app.state.warmup.open():  # so it takes no connection before it can answer
        server(app).run(sockets=[listener])


def _portable(error: Exception) -> Exception:
    """Return an error that can be told to another process."""
    is_known = isinstance(error, RagError | OSError)
    return error if is_known else RuntimeError(f"{type(error).__name__}: {error}")


def _end_with(link: "Connection[object, object]") -> None:
    """End this process when the parent is no more, however that ended."""
    try:
        link.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _signals() -> Iterator["Connection[object, int]"]:
    """Give what the signals that are to stop us are heard by."""
    heard, said = Pipe(duplex=False)
    before = {
        each: signal.signal(each, lambda number, _: said.send(number))
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield heard
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
