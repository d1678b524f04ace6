"""The collections of one index folder: a default one, and named ones in folders of their own."""

import re
from contextlib import suppress
from pathlib import Path
from threading import Lock

from rag.collection import Collection
from rag.errors import (
    CollectionExists,
    CollectionNotFound,
    IndexMissing,
    IndexUnusable,
    InvalidName,
)
from rag.index import Index, flush, is_being_written, remove

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_RULE = "names are up to 64 of a-z, 0-9, - and _, the first and last a letter or digit"
_DROPPED = ".dropped-"
_SHELF = "collections"


def place(folder: Path, name: str) -> Path:
    """Return where the collection of a name lies below an index folder, if there is one.

    Raises:
        InvalidName: it is no name for a collection.
    """
    if not _NAME.fullmatch(name):
        raise InvalidName(f"{name!r} is no name for a collection: {_RULE}.")
    return folder / _SHELF / name


def places(folder: Path) -> dict[str, Path]:
    """Return where the named collections of an index lie, by name; damaged ones too."""
    named = (each for each in sorted(folder.glob(f"{_SHELF}/*")) if _NAME.fullmatch(each.name))
    return {each.name: each for each in named if _has_served(each)}


def leftovers(folder: Path) -> list[Path]:
    """Return what processes left behind that were killed as they made or dropped a collection."""
    shelf = folder / _SHELF
    begun = (each for each in shelf.glob("*") if _NAME.fullmatch(each.name) and each.is_dir())
    return [
        *shelf.glob(f"{_DROPPED}*"),
        *(each for each in begun if not (_has_served(each) or is_being_written(each))),
    ]


def _has_served(place: Path) -> bool:
    try:
        Index.current(place)
    except IndexMissing:
        return False
    except IndexUnusable:
        pass  # it is there, whatever is wrong with it
    return True


class Library:
    """Named collections beside a default one; they share its models and settings.

    Each lies in ``collections/<name>/`` below the index folder and is an index like any other.
    Safe to call from several threads.
    """

    def __init__(self, default: Collection) -> None:
        self._default = default
        self._folder = default.folder
        self._open: dict[str, Collection] = {}
        self._lock = Lock()
        for dropped in (self._folder / _SHELF).glob(f"{_DROPPED}*"):
            with suppress(FileNotFoundError):  # another process of the service may be at it
                remove(dropped)

    def names(self) -> list[str]:
        """Return the names of the named collections, sorted."""
        return list(places(self._folder))

    def get(self, name: str | None) -> Collection:
        """Return a collection by name, or the default one; it is opened when first asked for.

        Raises:
            CollectionNotFound: there is none of this name.
            IndexUnusable: it cannot be opened.
        """
        if name is None:
            return self._default
        with self._lock:
            self._require(name)
            if name not in self._open:
                self._open[name] = self._default.over(place(self._folder, name))
            return self._open[name]

    def create(self, name: str) -> Collection:
        """Make an empty collection.

        Raises:
            InvalidName: it is no name for a collection. CollectionExists: there is one already.
        """
        folder = place(self._folder, name)
        with self._lock:
            if self._exists(name):
                raise CollectionExists(
                    f"There is a collection {name!r} already: use it, or drop it."
                )
            self._open[name] = self._default.over(folder, anew=True)
            return self._open[name]

    def drop(self, name: str) -> None:
        """Remove a collection with all its documents; questions under way still get answers.

        Raises:
            CollectionNotFound: there is none of this name.
        """
        with self._lock:
            self._require(name)
            gone = self._folder / _SHELF / f"{_DROPPED}{name}"
            if name in self._open:
                self._open.pop(name).close()
            try:
                place(self._folder, name).rename(gone)
            except FileNotFoundError:  # another process of the service was faster
                self._require(name)
            flush(gone.parent)
            with suppress(FileNotFoundError):
                remove(gone)

    def opened(self) -> list[Collection]:
        """Return the collections that are open: the default one, and what was asked for."""
        return [self._default, *self._open.values()]

    def _require(self, name: str) -> None:
        if not self._exists(name):
            self._open.pop(name, None)
            hint = f"PUT /v1/collections/{name} makes one" if _NAME.fullmatch(name) else _RULE
            raise CollectionNotFound(f"There is no collection {name!r}: {hint}.")

    def _exists(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and _has_served(place(self._folder, name))
