"""Paths -> the files to read, each with the id of its document."""

from collections.abc import Iterator
from pathlib import Path

from rag.documents.kinds import SUFFIXES
from rag.errors import PathNotFound


def find(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield (document id, file) for a file, or for each supported file below a folder, sorted.

    A document's id is its path relative to the folder given, or the name of a file given.

    Raises:
        PathNotFound: nothing lies at ``path``.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and file.suffix.lower() in SUFFIXES and not hidden:
                yield file.relative_to(path).as_posix(), file
    elif path.is_file():
        yield path.name, path
    else:
        raise PathNotFound(f"No file or folder at {path}: check the spelling.")
