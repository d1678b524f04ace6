"""Paths -> the files to read, each with the id of its document."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rag.documents.kinds import SUFFIXES, SUPPORTED
from rag.errors import PathNotFound

_WILD = re.compile(r"[*?\[]")


def find(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield (document id, file) for a file, or for each supported file below a folder, sorted.

    A document's id is its path relative to the folder given, or the name of a file given. For a
    pattern (``notes/**/*.md``), the folder is the part before the first wildcard. What is hidden is
    passed over; a folder that may not be looked into stands for what is below it.

    Raises:
        PathNotFound: nothing lies at ``path``, or it is a pattern that matches nothing.
    """
    if path.is_dir():
        yield from _supported(path, path.rglob("*"))
    elif path.is_file():
        yield path.name, path
    elif _WILD.search(str(path)):
        yield from _matching(path)
    else:
        raise PathNotFound(f"No file or folder at {path}: check the spelling.")


def fixed(path: Path) -> Path:
    """Return the folder that files at a path are looked for in, and their ids relative to."""
    if path.is_dir():
        return path
    return next(each for each in path.parents if each.is_dir() or not _WILD.search(str(each)))


def _matching(pattern: Path) -> Iterator[tuple[str, Path]]:
    try:
        pattern = pattern.expanduser()
    except RuntimeError as error:
        raise PathNotFound(f"{pattern} names nobody's home ({error}): mend it.") from error
    folder = fixed(pattern)
    try:
        matches = [*folder.glob(str(pattern.relative_to(folder)))]
    except ValueError as error:
        raise PathNotFound(f"{pattern} is no pattern of paths ({error}): mend it.") from error
    folders = [each for each in matches if each.is_dir() and not each.is_symlink()]
    below = (file for each in folders for file in each.rglob("*"))
    found = [*_supported(folder, {*matches, *below})]
    if not found:
        raise PathNotFound(
            f"No supported file matches {pattern}: check the pattern. Supported: {SUPPORTED}."
        )
    yield from found


def _supported(folder: Path, found: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for file in sorted(found):
        name = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if not hidden and (is_closed(file) or _is_supported(file)):
            yield name.as_posix(), file


def is_closed(path: Path) -> bool:
    """Whether a path is a folder that may not be looked into; read as a file, it tells so."""
    try:
        is_folder = path.is_dir() and not path.is_symlink()
    except PermissionError:  # it lies in such a folder
        return False
    return is_folder and not os.access(path, os.R_OK | os.X_OK)


def _is_supported(file: Path) -> bool:
    try:
        return file.suffix.lower() in SUFFIXES and file.is_file()
    except PermissionError:  # its folder is closed
        return False
