"""A zip archive -> its members, one at a time."""

import stat
from collections.abc import Iterator
from pathlib import PurePosixPath
from zipfile import ZipInfo

from rag.documents import package
from rag.documents.kinds import SUFFIXES
from rag.errors import UnreadableDocument


def members(data: bytes) -> Iterator[tuple[str, bytes | UnreadableDocument]]:
    """Yield the path and the bytes of every member of a supported kind, or why it has none.

    As in a folder, what is hidden or of another kind is passed over, and so are links.
    """
    seen: set[str] = set()
    with package.opened(data) as archive:
        for info in archive.infolist():
            path = info.filename.replace("\\", "/")
            if not _is_wanted(info, PurePosixPath(path)):
                continue
            try:
                _check_name(path, seen)
                yield path, package.content(archive, info)
            except UnreadableDocument as error:
                yield path, error
            seen.add(path)


def _is_wanted(info: ZipInfo, path: PurePosixPath) -> bool:
    is_hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    is_system = path.parts[:1] == ("__MACOSX",)
    is_skipped = info.is_dir() or is_hidden or is_link or is_system
    return path.suffix.lower() in SUFFIXES and not is_skipped


def _check_name(path: str, seen: set[str]) -> None:
    parts = PurePosixPath(path).parts
    if ".." in parts or path.startswith("/") or ":" in parts[0]:
        raise UnreadableDocument("its name leads out of the archive, as attacks do: rename it")
    if path in seen:
        raise UnreadableDocument("the archive holds it twice: pack it anew")
