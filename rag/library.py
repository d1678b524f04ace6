"""The collections of one index folder: a default one, and named ones in folders of their own."""

import re
import shutil
from pathlib import Path
from threading import Lock

from rag.collection import Collection
from rag.errors import CollectionExists, CollectionNotFound, InvalidName

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_DROPPED = ".dropped-"


class Library:
    """Named collections beside a default one; they share its models and settings.

    Each lies in ``collections/<name>/`` below the index folder and is an index like any other.
    Safe to call from several threads.
    """

    def __init__(self, default: Collection) -> None:
        self._default = default
        self._folder = default.folder / "collections"
        self._open: dict[str, Collection] = {}
        self._lock = Lock()
        for dropped in self._folder.glob(f"{_DROPPED}*"):
            shutil.rmtree(dropped)

    def names(self) -> list[str]:
        """Return the names of the named collections, sorted."""
        folders = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(each.name for each in folders if self._exists(each.name))

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
                self._open[name] = self._default.over(self._place(name))
            return self._open[name]

    def create(self, name: str) -> Collection:
        """Make an empty collection.

        Raises:
            InvalidName: it is no name for a collection. CollectionExists: there is one already.
        """
        if not _NAME.fullmatch(name):
            raise InvalidName(
                f"{name!r} is no name for a collection: take up to 64 of a-z, 0-9, - and _, the "
                "first and last a letter or digit."
            )
        with self._lock:
            if self._exists(name):
                raise CollectionExists(
                    f"There is a collection {name!r} already: use it, or drop it."
                )
            self._open[name] = self._default.over(self._place(name), anew=True)
            return self._open[name]

    def drop(self, name: str) -> None:
        """Remove a collection with all its documents; questions under way still get answers.

        Raises:
            CollectionNotFound: there is none of this name.
        """
        with self._lock:
            self._require(name)
            gone = self._folder / f"{_DROPPED}{name}"
            self._place(name).rename(gone)
            self._open.pop(name, None)
            shutil.rmtree(gone)

    def opened(self) -> list[Collection]:
        """Return the collections that are open: the default one, and what was asked for."""
        return [self._default, *self._open.values()]

    def _require(self, name: str) -> None:
        if not self._exists(name):
            self._open.pop(name, None)
            raise CollectionNotFound(
                f"There is no collection {name!r}: PUT /v1/collections/{name} makes one."
            )

    def _exists(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and (self._place(name) / "CURRENT").is_file()

    def _place(self, name: str) -> Path:
        return self._folder / name
