"""An index with its named collections -> one file that vouches for itself.

It is a tar archive (pax, POSIX.1-2001) that any tar unpacks into an index folder. First comes
``backup.json``, which names the collections. Of each follow ``CURRENT``, the manifest with its
copy, and the files that the manifest names, by name, each with the sha256 it gives.
"""

import json
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any

from rag.errors import IndexDamaged, InvalidBackup
from rag.index.generations import MEND, current, flush
from rag.index.manifest import COPY, NAME, Manifest, sealed
from rag.indexing import Progress
from rag.library import places

HEADER = "backup.json"
FORMAT = "rag-backup"
VERSION = 1

_BLOCK = 1 << 20

Held = Mapping[str | None, Manifest]
"""The manifest of each collection of a backup; that of the default one under ``None``."""


def back_up(folder: Path, file: Path, progress: Progress) -> Held:
    """Write an index and its named collections into one file, which is there once it is whole.

    Of each collection it is the generation that serves as it is read, while writers go on. A
    backup of the same name is replaced.

    Raises:
        InvalidBackup: something else has the name.
        IndexUnusable: there is no index, or it is damaged.
        OSError: the disk takes no such file.
    """
    if file.exists() and not _is_backup(file):
        raise InvalidBackup(f"{file} is there and no backup: give another name.")
    folders: dict[str | None, Path] = {None: folder}
    folders.update(places(folder).items())
    current(folder)
    with _aside(file) as stream, tarfile.open(fileobj=stream, mode="w|", bufsize=_BLOCK) as archive:
        _add(archive, HEADER, _header(list(folders)))
        return {name: _collect(archive, name, each, progress) for name, each in folders.items()}


def place(collection: str | None) -> str:
    """Return where in an archive a collection lies: as below an index folder."""
    return f"collections/{collection}/" if collection else ""


def seal(told: Mapping[str, Any]) -> str:
    """Return the sha256 over what a header tells."""
    return sha256(json.dumps(told).encode()).hexdigest()


def names(manifest: Manifest) -> list[str]:
    """Return the names of the files of a generation that an archive holds, in its order."""
    return [NAME, COPY, *sorted(manifest.files)]


def _header(collections: Sequence[str | None]) -> bytes:
    told = {
        "format": FORMAT,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "collections": collections,
    }
    return json.dumps({**told, "sha256": seal(told)}, indent=2).encode() + b"\n"


def _is_backup(file: Path) -> bool:
    try:
        with tarfile.open(file, "r:") as archive:
            first = archive.next()
    except (tarfile.TarError, OSError):
        return False
    return first is not None and first.name == HEADER


@contextmanager
def _aside(file: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to, which takes the name of another once it is whole and on disk."""
    descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
    flush(file.parent)


def _collect(
    archive: tarfile.TarFile, collection: str | None, folder: Path, progress: Progress
) -> Manifest:
    """Add the generation of a collection that serves, every byte verified."""
    with _opened(folder) as (generation, manifest, streams):
        sizes = {name: os.fstat(stream.fileno()).st_size for name, stream in streams.items()}
        content, total = streams[NAME].read(), sum(sizes.values()) - sizes[NAME]
        _add(archive, f"{place(collection)}CURRENT", f"{generation.name}\n".encode())
        done = 0
        for name in names(manifest):
            into = f"{place(collection)}generations/{generation.name}/{name}"
            if name in {NAME, COPY}:
                _add(archive, into, content)
                continue
            found = _copy(archive, into, streams[name], sizes[name])
            if found != manifest.files[name]:
                raise IndexDamaged(f"{generation / name} was altered or cut short: {MEND}.")
            done += sizes[name]
            progress("copying", done, total)
        return manifest


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Path, Manifest, Mapping[str, IO[bytes]]]]:
    """Open every file of the generation that serves, so that none goes away as it is read."""
    with ExitStack() as opened:
        while True:
            generation = current(folder)
            try:
                manifest = sealed(generation)
                streams = {
                    name: opened.enter_context((generation / name).open("rb"))
                    for name in (NAME, *manifest.files)
                }
                break
            except (OSError, IndexDamaged) as error:
                if current(folder) == generation:
                    raise IndexDamaged(f"{generation} is not whole ({error}): {MEND}.") from error
        yield generation, manifest, streams


class _Hashing:
    """A stream that adds up what is read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.sum = sha256()

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        content = self._stream.read(size)
        self.sum.update(content)
        return content


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    _copy(archive, name, BytesIO(content), len(content))


def _copy(archive: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> str:
    """Add a file to an archive; return the sha256 of what was added."""
    member = tarfile.TarInfo(name)
    member.size = size
    hashing: Any = _Hashing(stream)
    archive.addfile(member, hashing)
    return str(hashing.sum.hexdigest())
