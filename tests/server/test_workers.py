"""Several processes behind one address: what one writes all know, and who dies is replaced."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from rag import engine as engines
from rag.settings import Settings

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
CONNECTIONS = 6
"""Enough for both workers to be met, nearly always."""


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def descendants(pid: int) -> set[int]:
    """Return the processes that a process started, helpers of Python too."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(each) for task in tasks for each in task.read_text().split()}


def is_worker(pid: int) -> bool:
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()


class Service:
    """A server with several workers, asked over a new connection each time."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Path) -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "://" in line, errors.read_text()
        self.address = next(word for word in line.split() if "://" in word)
        self.process = process
        self.errors = errors

    def workers(self) -> set[int]:
        return {each for each in descendants(self.process.pid) if is_worker(each)}

    def call(self, method: str, path: str, **given: object) -> httpx.Response:
        with httpx.Client(base_url=self.address, timeout=60) as client:
            return client.request(method, path, **given)  # type: ignore[arg-type]

    def add(self, name: str, text: str, base: str = "") -> int:
        documents = [{"id": name, "text": text}]
        return self.call("POST", f"{base}/v1/documents", json={"documents": documents}).status_code

    def everywhere(self, path: str) -> set[int]:
        """Return how a path is answered over several connections that are open at once."""
        clients = [httpx.Client(base_url=self.address, timeout=60) for _ in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            told = {each.status_code for each in pool.map(lambda c: c.get(path), clients)}
        for each in clients:
            each.close()
        return told


@contextmanager
def serving(
    environment: Mapping[str, str], folder: Path, *more: str, workers: int = 2
) -> Iterator[Service]:
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--workers", str(workers)]
    errors = folder.parent / "errors.txt"
    with (
        errors.open("w") as log,
        subprocess.Popen(
            [*command, "--index", str(folder), *more],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Service(process, errors)
        finally:
            process.terminate()


def indexed(folder: Path, models: Path, source: Path) -> Path:
    """Return a new index of a folder of documents."""
    folder.mkdir()
    (folder / "models").symlink_to(models, target_is_directory=True)
    engines.index(Settings(index=folder), [source], lambda *_: None)
    return folder


@pytest.fixture(scope="module")
def seeds() -> Path:
    return Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory,
    models: Path,
    environment: Mapping[str, str],
    seeds: Path,
) -> Iterator[Service]:
    folder = indexed(tmp_path_factory.mktemp("workers") / "index", models, seeds)
    with serving(environment, folder) as started:
        yield started


def test_both_workers_answer(service: Service) -> None:
    assert len(service.workers()) == 2
    for stopped in service.workers():
        os.kill(stopped, signal.SIGSTOP)
        try:
            asked = service.call("POST", "/v1/ask", json={"question": PRESS})
            assert asked.json()["answer"] == "Toshihiro Kitamura"
        finally:
            os.kill(stopped, signal.SIGCONT)


def test_only_workers_hold_models(service: Service) -> None:
    def maps(pid: int, what: str) -> bool:
        return what in Path(f"/proc/{pid}/maps").read_text()

    assert all(maps(each, "onnxruntime") for each in service.workers())
    assert not any(maps(service.process.pid, each) for each in ("onnxruntime", "faiss", "numpy"))


def test_what_one_worker_writes_the_next_request_sees_wherever_it_goes(service: Service) -> None:
    for number in range(8):
        name = f"seen-{number}.txt"
        assert service.add(name, f"Number {number} is a number.") == 201
        assert service.everywhere(f"/v1/documents/{name}") == {200}
        assert service.call("DELETE", f"/v1/documents/{name}").status_code == 200
        assert service.everywhere(f"/v1/documents/{name}") == {404}


def test_changes_sent_to_both_at_once_are_all_made(service: Service) -> None:
    names = [f"together-{number}.txt" for number in range(12)]
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda name: service.add(name, f"{name} is a name."), names)
        assert set(told) == {201}
    for name in names:
        assert service.everywhere(f"/v1/documents/{name}") == {200}


def test_a_collection_made_dropped_and_made_again_is_the_same_to_both(service: Service) -> None:
    base = "/collections/shelf"
    for number in range(4):
        assert service.call("PUT", "/v1/collections/shelf").status_code == 201
        assert service.call("PUT", "/v1/collections/shelf").status_code == 409
        assert service.add(f"{number}.txt", f"Book {number} is here.", base) == 201
        assert service.everywhere(f"{base}/v1/documents/{number}.txt") == {200}
        assert service.everywhere(f"{base}/v1/documents/{number - 1}.txt") == {404}
        assert service.call("DELETE", "/v1/collections/shelf").status_code == 204
    assert service.everywhere(f"{base}/v1/documents/3.txt") == {404}


def test_what_all_workers_did_is_counted_together(service: Service) -> None:
    def counted() -> float:
        text = service.call("GET", "/metrics").text
        rows = re.findall(r'^rag_http_requests_total{.*route="/livez".*} (.*)$', text, re.M)
        return sum(map(float, rows))

    before = counted()
    for _ in range(2):
        assert service.everywhere("/livez") == {200}
    assert {counted() - before for _ in range(CONNECTIONS)} == {2 * CONNECTIONS}


@pytest.mark.slow  # another worker starts
def test_a_worker_that_dies_is_replaced_and_its_counts_are_kept(service: Service) -> None:
    before = service.workers()
    answered = re.compile(r'^rag_answers_total{outcome="answered"} (.*)$', re.M)
    for _ in range(4):
        service.call("POST", "/v1/ask", json={"question": PRESS})
    (counts,) = answered.findall(service.call("GET", "/metrics").text)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(service.workers() - before) == 1)
    for _ in range(4):  # whoever is there answers
        assert service.call("POST", "/v1/ask", json={"question": PRESS}).status_code == 200
    assert f"Worker {killed} ended (exit code -9): another takes its place." in (
        service.errors.read_text()
    )
    for stopped in before - {killed}:  # so the new one answers
        os.kill(stopped, signal.SIGSTOP)
        try:
            asked = service.call("POST", "/v1/ask", json={"question": PRESS})
        finally:
            os.kill(stopped, signal.SIGCONT)
        assert asked.json()["answer"] == "Toshihiro Kitamura"
    (after,) = answered.findall(service.call("GET", "/metrics").text)
    assert float(after) == float(counts) + 5


@pytest.mark.slow  # servers start
@pytest.mark.parametrize(
    ("number", "code", "of_all"),
    [(signal.SIGTERM, -15, False), (signal.SIGINT, 1, False), (signal.SIGINT, 1, True)],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_all_processes(
    number: signal.Signals,
    code: int,
    of_all: bool,
    workers: int,
    environment: Mapping[str, str],
    settings: Settings,
    tmp_path: Path,
) -> None:
    (tmp_path / "index").symlink_to(settings.index)
    with serving(environment, tmp_path / "index", workers=workers) as service:
        started = descendants(service.process.pid)
        assert len(service.workers()) == (workers if workers > 1 else 0)
        if of_all:  # as a terminal does
            os.killpg(service.process.pid, number)
        else:
            service.process.send_signal(number)
        assert service.process.wait(60) == code
        wait_until(lambda: not any(map(is_running, started)))
        assert "Traceback" not in service.errors.read_text()


@pytest.mark.slow  # a server starts
def test_workers_end_with_a_parent_that_was_killed(
    environment: Mapping[str, str], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "index").symlink_to(settings.index)
    with serving(environment, tmp_path / "index") as service:
        started = descendants(service.process.pid)
        service.process.kill()
        wait_until(lambda: not any(map(is_running, started)))


@pytest.mark.slow  # a process starts
def test_an_index_that_cannot_be_opened_ends_the_server_with_one_clear_line(
    environment: Mapping[str, str], models: Path, seeds: Path, tmp_path: Path
) -> None:
    folder = indexed(tmp_path / "index", models, seeds)
    (vectors,) = folder.glob("generations/000001/segments/000001/vectors.faiss")
    vectors.write_bytes(b"")
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--workers", "2"]
    ran = subprocess.run(
        [*command, "--index", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("error: ")
    assert "vectors.faiss was altered or cut short: 'rag doctor --mend'" in line


@pytest.mark.slow  # a process starts
def test_a_worker_that_dies_before_it_serves_ends_the_server(
    environment: Mapping[str, str], settings: Settings
) -> None:
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(
        [*command, "--index", str(settings.index)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(lambda: any(map(is_worker, descendants(process.pid))))
        (worker,) = filter(is_worker, descendants(process.pid))
        os.kill(worker, signal.SIGKILL)
        told, errors = process.communicate(timeout=60)
    assert (process.returncode, told) == (2, "")
    assert errors.startswith(f"error: Worker {worker} ended (exit code -9) before it could serve")


@pytest.mark.slow  # a server starts
def test_where_there_is_no_index_the_workers_begin_with_one_of_no_document(
    environment: Mapping[str, str], models: Path, tmp_path: Path
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "models").symlink_to(models, target_is_directory=True)
    with serving(environment, tmp_path / "index") as service:
        assert service.errors.read_text().count("it begins with no document") == 1
        assert service.add("gold.txt", "Gold was found in 1848.") == 201
        assert service.everywhere("/v1/documents/gold.txt") == {200}
