"""Keeps an index in step with files: what is added, changed or deleted shows a moment later."""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from pathlib import Path
from time import sleep

from rag.documents import Loaded, fixed, is_closed
from rag.errors import IndexLocked, InvalidInput, NotFound, PathNotFound, RagError
from rag.indexing.indexer import Indexer
from rag.indexing.report import Report, Tally
from rag.indexing.sources import Source, attempt, by_id, find_apart

_QUIET = 200
"""Milliseconds without a change after which the changes before are looked at together."""
_LONGEST = 2_000
"""Milliseconds after which they are looked at though more come."""
_TICK = 1_000
_UNTOLD = 30
"""Ticks after which files are looked at though nothing was told: some network drives never do."""
_RETRY = 1.0
"""Seconds until a change is tried again where another process is writing."""

State = tuple[int, int, int]
"""What of a file tells that it changed: its inode, its size, and when it was last written."""


class Watch:
    """The files at paths as last seen; it misses nothing if it is made before they are indexed."""

    def __init__(self, paths: Sequence[Path], index: Path) -> None:
        """See the files, but those in the folder of the index.

        Raises:
            PathNotFound, DuplicateDocument: as ``Source.at``.
        """
        self._paths = paths
        self._index = index
        self._folders: dict[Path, bool] = {}
        """By folder, whether only what lies directly in it matters."""
        for path in paths:
            folder = fixed(path)
            self._folders[folder] = path.is_file() and self._folders.get(folder, True)
        self._seen = _states(Source.at(paths, index).files)

    def reports(self, indexer: Indexer) -> Iterator[Report | RagError]:
        """Index whatever changes, for ever; yield what was done, or what was wrong, once each.

        A file's documents go with it, and those that it no longer holds go when it changes. Where a
        file cannot be read, those that it held stay.

        Raises:
            IndexUnusable: the index cannot be read, or other settings made it.
            OSError: the system does not tell of so many folders.
        """
        said = ""
        for _ in self._moments():
            try:
                report = self._catch_up(indexer)
            except (InvalidInput, NotFound) as error:
                if str(error) != said:
                    yield error
                said = str(error)
            else:
                said = ""
                if report and (report.is_new or report.failed):
                    yield report

    def _catch_up(self, indexer: Indexer) -> Report | None:
        try:
            found = self._look()
        except FileNotFoundError:  # it went while it was looked at, of which we are told again
            return None
        changed = {each: found[each][0] for each in found if found[each] != self._seen.get(each)}
        closed = tuple(f"{each}/" for each, (file, _) in found.items() if is_closed(file))
        gone = {each for each in self._seen.keys() - found.keys() if not each.startswith(closed)}
        if not changed and not gone:
            return None
        report = _index(indexer, changed, gone)
        self._seen = found
        return report

    def _look(self) -> dict[str, tuple[Path, State]]:
        """Return the files by the ids of their documents, with their states."""
        for folder in self._folders:
            if not folder.is_dir():
                raise PathNotFound(
                    f"The folder {folder} is gone: its documents stay until it is back, or until "
                    "'rag index --prune PATH…' removes them."
                )
        return _states(by_id(each for path in self._paths for each in self._at(path)))

    def _at(self, path: Path) -> list[tuple[str, Path]]:
        try:
            return [*find_apart(path, self._index)]
        except PathNotFound:  # the file that was named, or the last that matched, was deleted
            return []

    def _moments(self) -> Iterator[None]:
        """Yield whenever something may have changed."""
        from watchfiles import watch

        while True:
            watched = [*self._watched()]
            told = watch(
                *watched,
                watch_filter=None,
                debounce=_LONGEST,
                step=_QUIET,
                rust_timeout=_TICK,
                yield_on_timeout=True,
                recursive=False,
                ignore_permission_denied=True,
            )
            try:
                with closing(told):  # left to be collected, it would swallow a Ctrl-C meanwhile
                    for tick, changes in enumerate(told):
                        if changes or tick in {0, _UNTOLD}:  # 0: what changed before we were told
                            yield
                        if changes or tick == _UNTOLD or not self._are_all(watched):
                            break  # folders may have come, or be others by the same name
            except FileNotFoundError:  # a folder went before it could be watched
                sleep(_RETRY)

    def _are_all(self, watched: Sequence[Path]) -> bool:
        """Say whether the folders are watched, and are there: one that is back may not be."""
        return all(each in watched and each.is_dir() for each in self._folders)

    def _watched(self) -> Iterator[Path]:
        """Yield the folders to be told of: each by itself, so that hidden ones cost nothing."""
        for folder, is_flat in self._folders.items():
            for place, below, _ in os.walk(folder):
                yield Path(place)
                below[:] = [] if is_flat else [each for each in below if not each.startswith(".")]


def _states(files: Mapping[str, Path]) -> dict[str, tuple[Path, State]]:
    told = {each: (file, file.stat()) for each, file in files.items()}
    return {
        each: (file, (its.st_ino, its.st_size, its.st_mtime_ns))
        for each, (file, its) in told.items()
    }


def _index(indexer: Indexer, changed: Mapping[str, Path], gone: Set[str]) -> Report:
    """Index files that changed, and remove what those and the ones that are gone hold no more."""
    read: set[str] = set()

    def loaded() -> Iterator[Loaded]:
        for document_id, file in changed.items():
            each = attempt(document_id, file)
            read.update(() if each.failed else [document_id])
            yield each

    def removal(tally: Tally) -> list[str]:
        emptied = read | gone
        return [each for each in tally.missing() if not emptied.isdisjoint(_holders(each))]

    while True:
        try:
            return indexer.run(loaded(), lambda *_: None, removal)
        except IndexLocked:
            sleep(_RETRY)


def _holders(document_id: str) -> Iterator[str]:
    """Yield the ids of the files that a document may be of: its own, and all that it lies below."""
    parts = document_id.split("/")
    return ("/".join(parts[: n + 1]) for n in range(len(parts)))
