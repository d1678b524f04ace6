"""A backup -> the index and collections it holds, verified to the last byte before any is seen.

Nothing of an archive is trusted: its members must be the plain files that it should hold, in
their order, and no other; names, owners and rights are never taken from it.
"""

import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, TypeGuard

from rag import backup
from rag.backup import Held
from rag.errors import (
    CollectionExists,
    IndexMissing,
    IndexNewer,
    IndexUnusable,
    InvalidBackup,
    InvalidName,
    PathNotFound,
)
from rag.index import inspect
from rag.index.generations import current, drafted, point, remove, writing
from rag.index.manifest import COPY, NAME, Manifest, sealed
from rag.indexing import Progress
from rag.library import place

_BLOCK = 1 << 20
_LARGEST = 256 << 20
_UNREADABLE = (tarfile.TarError, OSError, EOFError, ValueError, LookupError, OverflowError)
_FILE = re.compile(r"(?:segments/[\w-]+|lexical)/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_NUMBER = re.compile(rb"\d{1,18}\n")


def restore(file: Path, folder: Path, progress: Progress, *, force: bool = False) -> Held:
    """Make an index and its named collections what a backup holds of them.

    All is written beside what serves and verified before any of it is. Only with ``force`` a
    collection that holds documents is replaced; those that the backup does not hold stay.

    Raises:
        InvalidBackup: it is no backup, was altered or cut short, or is of a later release.
        CollectionExists: there are documents already.
        IndexLocked: another process is writing.
    """
    if not file.is_file():
        raise PathNotFound(f"No file at {file}: check the path.")
    with file.open("rb") as stream, ExitStack() as locks:
        archive = _Archive(file, stream, progress)
        places = {name: place(folder, name) if name else folder for name in archive.collections()}
        with _undone_if_it_fails([each for each in places.values() if not each.exists()]):
            for each in places.values():
                locks.enter_context(writing(each))
                if not force:
                    _require_empty(each)
            with ExitStack() as drafts:
                entered = {n: drafts.enter_context(drafted(each)) for n, each in places.items()}
                held = {name: _unpack(archive, name, *draft) for name, draft in entered.items()}
                archive.require_end()
        for name, each in places.items():
            point(each, held[name].generation)
    return held


def _require_empty(folder: Path) -> None:
    try:
        documents = sealed(current(folder)).documents
    except IndexMissing:
        return
    except IndexUnusable as error:
        raise CollectionExists(
            f"{folder}/ holds an index already, though a damaged one ({error}). 'rag restore "
            "--force' replaces it."
        ) from error
    if documents:
        raise CollectionExists(
            f"{folder}/ holds {documents} document(s) already: 'rag restore --force' replaces "
            "them, or name another folder in the setting 'index'."
        )


@contextmanager
def _undone_if_it_fails(new: Sequence[Path]) -> Iterator[None]:
    """Remove folders that were made for nothing."""
    try:
        yield
    except BaseException:
        for each in new:
            if each.exists():
                remove(each)
        raise


def _unpack(archive: "_Archive", collection: str | None, draft: Path, name: str) -> Manifest:
    """Write what an archive holds of a collection into a draft, and verify what was written."""
    root = backup.place(collection)
    number = archive.content(f"{root}CURRENT")
    if not _NUMBER.fullmatch(number):
        raise archive.altered(f"{root}CURRENT")
    root = f"{root}generations/{number.decode().strip()}/"
    (draft / NAME).write_bytes(archive.content(root + NAME))
    manifest = _manifest(archive, draft, root + NAME)
    if archive.content(root + COPY) != (draft / NAME).read_bytes():
        raise archive.altered(root + COPY)
    for file, expected in sorted(manifest.files.items()):
        (draft / file).parent.mkdir(parents=True, exist_ok=True)
        if archive.copy(root + file, draft / file) != expected:
            raise archive.altered(root + file)
    manifest = replace(manifest, generation=name)
    manifest.write(draft)
    if found := inspect(draft, manifest).faults:
        raise archive.altered(f"{root}, where {found[0].what}")
    return manifest


def _manifest(archive: "_Archive", draft: Path, member: str) -> Manifest:
    try:
        manifest = sealed(draft)
    except IndexNewer as error:
        raise InvalidBackup(
            f"{archive.file} holds an index of a later release: upgrade, then restore it."
        ) from error
    except IndexUnusable as error:
        raise archive.altered(member) from error
    segments = {file.split("/")[1] for file in manifest.files if file.startswith("segments/")}
    if segments != manifest.segments.keys() or not all(map(_FILE.fullmatch, manifest.files)):
        raise archive.altered(member)
    return manifest


class _Archive:
    """A backup as it is read: member after member, each the one that must come."""

    def __init__(self, file: Path, stream: IO[bytes], progress: Progress) -> None:
        self.file = file
        self._stream = stream
        self._progress = progress
        self._size = file.stat().st_size
        try:
            self._tar = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115  # reads, no more
        except _UNREADABLE as error:
            raise self._foreign() from error

    def collections(self) -> list[str | None]:
        """Return which collections there are, the default one first."""
        try:
            told = json.loads(self.content(backup.HEADER))
            format_, version = told["format"], told["version"]
        except (InvalidBackup, ValueError, LookupError, TypeError, RecursionError) as error:
            raise self._foreign() from error
        if format_ != backup.FORMAT or not isinstance(version, int):
            raise self._foreign()
        if version > backup.VERSION:
            raise InvalidBackup(
                f"{self.file} is of backup format {version}, and this release reads up to "
                f"{backup.VERSION}: upgrade."
            )
        sealed_as = told.pop("sha256", None)
        collections = told.get("collections")
        if sealed_as != backup.seal(told) or not _are_names(collections):
            raise self.altered(backup.HEADER)
        return [*collections]

    def content(self, name: str) -> bytes:
        """Return what the next member holds, which must have the name and not be large."""
        source = self._next(name)
        content = self._read(source, _LARGEST)
        if self._read(source, 1):
            raise self.altered(name)
        return content

    def copy(self, name: str, target: Path) -> str:
        """Write what the next member holds, which must have the name; return its sha256."""
        source, added = self._next(name), sha256()
        with target.open("xb") as written:
            while block := self._read(source, _BLOCK):
                added.update(block)
                written.write(block)
                self._progress("restoring", self._stream.tell(), self._size)
        return added.hexdigest()

    def require_end(self) -> None:
        """Check that nothing follows."""
        if (more := self._member()) is not None:
            raise self.altered(more.name)
        self._progress("restoring", self._size, self._size)

    def altered(self, member: str) -> InvalidBackup:
        """Return an error about a member."""
        return InvalidBackup(
            f"{self.file} was altered or cut short, at {member!r}: take another backup."
        )

    def _unreadable(self) -> InvalidBackup:
        return InvalidBackup(f"{self.file} was altered or cut short: take another backup.")

    def _foreign(self) -> InvalidBackup:
        return InvalidBackup(f"{self.file} is no backup: name one that 'rag backup' wrote.")

    def _next(self, name: str) -> IO[bytes]:
        member = self._member()
        if member is None or member.name != name:
            raise self.altered(name)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.issparse():
            raise self.altered(name)
        source = self._tar.extractfile(member)
        if source is None:
            raise self.altered(name)
        return source

    def _member(self) -> tarfile.TarInfo | None:
        try:
            return self._tar.next()
        except _UNREADABLE as error:
            raise self._unreadable() from error

    def _read(self, source: IO[bytes], size: int) -> bytes:
        try:
            return source.read(size)
        except _UNREADABLE as error:
            raise self._unreadable() from error


def _are_names(collections: Any) -> TypeGuard[list[str | None]]:
    """Say whether these are a default collection and named ones, each once."""
    if not isinstance(collections, list) or collections[:1] != [None]:
        return False
    try:
        for each in collections[1:]:
            place(Path(), each)
    except (InvalidName, TypeError):
        return False
    return len({*collections}) == len(collections)
