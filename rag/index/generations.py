"""Generations of an index: folders complete in themselves, published by one atomic rename.

``index/CURRENT`` names the generation that serves; ``index/generations/<n>/`` holds it. A reader
sees the old generation or the new one, never a mixture, whenever the writer is killed. What a
generation has in common with the one before it are hard links, so that a small change is cheap.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

from rag.errors import (
    IndexDamaged,
    IndexForeign,
    IndexLocked,
    IndexMissing,
    IndexUnusable,
    IndexUnwritable,
)

_PATIENCE = 2.0
"""Seconds to wait for another writer: small changes take less, and large ones are worth saying."""
_BETWEEN_TRIES = 0.02


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one writer of an index. Readers never wait.

    The lock ends with its process, however that ends; what killed ones left behind is removed.

    Raises:
        IndexLocked: another process is writing, and did not end within two seconds.
        IndexUnwritable: there can be no lock in the folder.
    """
    with ExitStack() as held:
        with _changing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((folder / ".lock").open("w"))
            _take(lock.fileno(), folder)
            for draft in folder.glob("generations/.draft-*"):
                shutil.rmtree(draft)
        yield


@contextmanager
def _changing(folder: Path) -> Iterator[None]:
    """Say what to do where the disk refuses a change."""
    try:
        yield
    except OSError as error:
        raise IndexUnwritable(
            f"Cannot write to {folder}/ ({error.strerror or error}): make room on its disk, or "
            "let this user write there; the index that served goes on serving."
        ) from error


def _take(lock: int, folder: Path) -> None:
    given_up = monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if monotonic() > given_up:
                raise IndexLocked(
                    f"Another process is writing to {folder}/: call again when it has ended."
                ) from error
            sleep(_BETWEEN_TRIES)
        else:
            return


def current(folder: Path) -> Path:
    """Return the folder of the generation that serves.

    Raises:
        IndexMissing: there is none. IndexForeign, IndexDamaged: it is not as it was left.
    """
    pointer = folder / "CURRENT"
    if not pointer.is_file():
        raise IndexMissing(f"There is no index in {folder}/: 'rag index PATH…' makes one.")
    name = pointer.read_bytes().strip()
    if not (name.isdigit() and name.isascii()):
        raise IndexForeign(
            f"{pointer} does not name a generation, so it is not ours: point the setting 'index' "
            "at another folder."
        )
    generation = folder / "generations" / name.decode()
    if not generation.is_dir():
        raise IndexDamaged(
            f"{generation}, which {pointer} names, is gone: 'rag index --rebuild PATH…' builds a "
            "new one from your documents."
        )
    return generation


@contextmanager
def drafted(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give an empty folder to write a generation into, and the name it will have.

    On leaving, the folder is flushed to disk and gets its name; on an error it is removed.

    Raises:
        IndexUnwritable: the disk is full, or takes no files of ours.
    """
    generations = folder / "generations"
    with _changing(folder):
        generations.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=generations, prefix=".draft-"))
        name = f"{max([0, *map(int, _names(generations))]) + 1:06d}"
        try:
            yield draft, name
            _flush(draft)
            draft.chmod(0o755)
            draft.rename(generations / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _flush_one(generations)


def point(folder: Path, name: str) -> None:
    """Make a generation the one that serves.

    Of the others, all are removed but the one that served, which a reader may still be opening.

    Raises:
        IndexUnwritable: the disk is full, or takes no files of ours.
    """
    try:
        kept = {name, current(folder).name}
    except IndexUnusable:  # there is none, or none that could be opened
        kept = {name}
    with _changing(folder):
        draft = folder / ".CURRENT"
        draft.write_text(name + "\n", encoding="ascii")
        _flush_one(draft)
        draft.replace(folder / "CURRENT")
        _flush_one(folder)
    for other in _names(folder / "generations"):
        if other not in kept:  # what a reader keeps from going now goes the next time
            shutil.rmtree(folder / "generations" / other, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Give every file below a folder, locks aside, a second name below another; copy if need be."""
    for file in source.rglob("*"):
        if file.is_file() and file.suffix != ".lock":
            other = target / file.relative_to(source)
            other.parent.mkdir(parents=True, exist_ok=True)
            try:
                other.hardlink_to(file)
            except OSError:  # a file system without hard links
                shutil.copy2(file, other)


def _names(generations: Path) -> list[str]:
    return sorted(each.name for each in generations.iterdir() if each.name.isdigit())


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _flush_one(path)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
