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

MEND = "'rag doctor --mend' mends what it can, and says what is lost"
"""What to do about damage."""

_PATIENCE = 2.0
"""Seconds to wait for another writer: small changes take less, and large ones are worth saying."""
_BETWEEN_TRIES = 0.02
_DRAFT = ".draft-"
_ASIDE = ".CURRENT"
_PUBLISHED = ".published"
"""There once a generation has served: so a pointer that was lost is told from one never made."""


@contextmanager
def writing(folder: Path, patience: float | None = None) -> Iterator[None]:
    """Be the one writer of an index. Readers never wait.

    Another writer is waited for so many seconds; unset: two.

    The lock ends with its process, however that ends; what killed ones left behind is removed.

    Raises:
        IndexLocked: another process is writing, and did not end within that time.
        IndexUnwritable: there can be no lock in the folder.
    """
    with ExitStack() as held:
        with _changing(folder):
            make(folder)
            lock = held.enter_context((folder / ".lock").open("w"))
            _take(lock.fileno(), folder, _PATIENCE if patience is None else patience)
            for draft in drafts(folder):
                remove(draft)
        yield


def is_being_written(folder: Path) -> bool:
    """Say whether some process is the writer of an index now."""
    try:
        with (folder / ".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


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


def _take(lock: int, folder: Path, patience: float) -> None:
    given_up = monotonic() + patience
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
        if _has_served(folder):
            raise IndexDamaged(f"{pointer} is gone: {MEND}.")
        raise IndexMissing(f"There is no index in {folder}/: 'rag index PATH…' makes one.")
    name = pointer.read_bytes().strip()
    if not (name.isdigit() and name.isascii()):
        if _has_served(folder):
            raise IndexDamaged(f"{pointer} does not name a generation: {MEND}.")
        raise IndexForeign(
            f"{pointer} does not name a generation, so it is not ours: point the setting 'index' "
            "at another folder."
        )
    generation = folder / "generations" / name.decode()
    if not generation.is_dir():
        raise IndexDamaged(f"{generation}, which {pointer} names, is gone: {MEND}.")
    return generation


def published(folder: Path) -> tuple[int, int] | None:
    """Return what every publication changes: time and inode of the pointer; None if there is none.

    A name may recur, where a collection was dropped and made again.
    """
    try:
        pointer = (folder / "CURRENT").stat()
    except OSError:
        return None
    return pointer.st_mtime_ns, pointer.st_ino


def _has_served(folder: Path) -> bool:
    return (folder / _PUBLISHED).is_file() and bool(names(folder))


@contextmanager
def drafted(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give an empty folder to write a generation into, and the name it will have.

    On leaving, the folder is flushed to disk and gets its name; on an error it is removed.

    Raises:
        IndexUnwritable: the disk is full, or takes no files of ours.
    """
    generations = folder / "generations"
    with _changing(folder):
        if not generations.is_dir():
            generations.mkdir()  # not the folder it is in, which may have been dropped meanwhile
            flush(folder)
        draft = Path(mkdtemp(dir=generations, prefix=_DRAFT))
        name = f"{max([0, *map(int, names(folder))]) + 1:06d}"
        try:
            yield draft, name
            draft.chmod(0o755)
            _flush_all(draft)
            draft.rename(generations / name)
        finally:
            discard(draft)
        flush(generations)


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
        draft = folder / _ASIDE
        draft.write_text(name + "\n", encoding="ascii")
        flush(draft)
        draft.replace(folder / "CURRENT")
        (folder / _PUBLISHED).touch()
        flush(folder)
    for other in names(folder):
        if other not in kept:  # what a reader keeps from going now goes the next time
            discard(folder / "generations" / other)


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


def names(folder: Path) -> list[str]:
    """Return the names of the generations that there are, rising."""
    found = (each.name for each in folder.glob("generations/*"))
    return sorted((name for name in found if name.isascii() and name.isdigit()), key=int)


def drafts(folder: Path) -> list[Path]:
    """Return what writers are at work on, or left behind when they were killed."""
    return [*folder.glob(f"generations/{_DRAFT}*"), *folder.glob(_ASIDE)]


def remove(path: Path) -> None:
    """Remove a file, or a folder and all below it."""
    if not path.is_dir():
        path.unlink()
        return
    discard(path)
    if path.exists():
        shutil.rmtree(path)  # which says why it cannot be


def discard(folder: Path) -> None:
    """Remove a folder, or what can be removed of it, if it is there.

    Twice, for tantivy looks once more at what it has just opened, beside us, and may put its lock
    into a folder that was about to be empty.
    """
    for _ in range(2):
        shutil.rmtree(folder, ignore_errors=True)


def make(folder: Path) -> None:
    """Make a folder, and those above it, if need be; a loss of power does not unmake them."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in new:
        flush(each.parent)


def flush(path: Path) -> None:
    """Wait until what a file holds, or which names a folder has, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_all(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        flush(path)
