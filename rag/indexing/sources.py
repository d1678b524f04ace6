"""What a run is given -> its documents, a file or a line at a time, so that few are in memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from rag.documents import SUPPORTED, Loaded, find, load, load_lines
from rag.errors import DuplicateDocument, InvalidInput, PathNotFound, UnreadableDocument
from rag.indexing.report import Progress
from rag.types import Document


@dataclass(frozen=True, slots=True)
class Source:
    """Files by the ids of their documents, and a stream of JSON Lines, if there is one."""

    files: Mapping[str, Path]
    lines: BinaryIO | None = None

    @classmethod
    def at(
        cls, paths: Iterable[Path], index: Path | None = None, lines: BinaryIO | None = None
    ) -> "Source":
        """Find every supported file at ``paths``; what the folder of the ``index`` holds is none.

        Raises:
            PathNotFound: a path does not exist, a pattern matches nothing, or there is no
                supported file at all.
            DuplicateDocument: two files would have the same id.
        """
        files = by_id(found for path in paths for found in find_apart(path, index))
        if not files and lines is None:
            raise PathNotFound(
                "There is no supported file at the given paths: nothing to index. "
                f"Supported: {SUPPORTED}."
            )
        return cls(files, lines)

    def loaded(self, progress: Progress) -> Iterator[Loaded]:
        """Yield the documents of each file, then of each line, or why there are none."""
        files = (attempt(*each) for each in self.files.items())
        lines = load_lines(self.lines) if self.lines else ()
        done, total = 0, 0 if self.lines else len(self.files)
        for done, each in enumerate(chain(files, lines), start=1):
            yield each
            progress("reading", done, total)
        progress("reading", done, done)

    def some(self, progress: Progress) -> Iterator[Loaded]:
        """Yield what ``loaded`` does, for an index that is to hold nothing else.

        Raises:
            InvalidInput: there was no document: what feeds the run may have failed.
        """
        failed: list[str] = []
        is_empty = True
        for each in self.loaded(progress):
            is_empty = is_empty and not each.documents
            failed += each.failed
            yield each
        if is_empty:
            told = " ".join(failed) or "No document was given."
            raise InvalidInput(f"{told} The index stays as it is.")


def find_apart(path: Path, index: Path | None) -> Iterator[tuple[str, Path]]:
    """Find the files at a path, but those of the index itself, which may lie below it."""
    own = index.resolve() if index else None
    is_within = own is not None and own in [path.resolve(), *path.resolve().parents]
    for document_id, file in find(path):
        if own is None or is_within or own not in file.resolve().parents:
            yield document_id, file


def by_id(found: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """Return files by the ids of their documents; one file may be found twice.

    Raises:
        DuplicateDocument: two files would have the same id.
    """
    files: dict[str, Path] = {}
    for document_id, file in found:
        first = files.setdefault(document_id, file)
        if first is not file and not first.samefile(file):
            raise DuplicateDocument(
                f"{first} and {file} would both be {document_id!r}: index the folder that holds "
                "both, so that their ids differ."
            )
    return files


def attempt(document_id: str, file: Path) -> Loaded:
    """Load a file; where it cannot be read, that is all that came of it."""
    name = str(file).encode("utf-8", "backslashreplace").decode()
    if name != str(file):  # such a name can be neither stored nor shown
        return Loaded((), (f"{name} cannot be read: its name is not UTF-8: rename it.",))
    try:
        return load(document_id, file)
    except UnreadableDocument as error:
        return Loaded((), (str(error),))


def read(paths: Iterable[Path], progress: Progress) -> tuple[list[Document], list[str]]:
    """Load every supported file at ``paths``; return the documents and what failed.

    A file may hold several documents, and some of those may fail alone.

    Raises: as ``Source.at``.
    """
    loaded = list(Source.at(paths).loaded(progress))
    documents = [document for each in loaded for document in each.documents]
    return documents, [failure for each in loaded for failure in each.failed]
