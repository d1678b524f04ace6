"""Files -> documents: one, or several where a file holds others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO

from rag.documents import (
    archive,
    epub,
    html,
    json_lines,
    mail,
    naming,
    package,
    pdf,
    sheets,
    slides,
    table,
    word,
)
from rag.documents.decoding import decode
from rag.documents.draft import Draft
from rag.documents.json_lines import Placed
from rag.documents.kinds import (
    ARCHIVE,
    EPUB,
    HTML,
    JSON,
    JSON_LINES,
    MAIL,
    PDF,
    SHEETS,
    SLIDES,
    SUFFIXES,
    TABLE,
    WORD,
    Kind,
)
from rag.documents.limits import MAX_DEPTH, MAX_FILE, MEBIBYTE, Allowance, TooMuch
from rag.documents.parsing import compose, parse
from rag.documents.sniffing import sniff
from rag.errors import MissingExtra, UnreadableDocument
from rag.types import Document

_READERS: dict[Kind, Callable[[bytes, Draft], None]] = {
    HTML: html.read,
    PDF: pdf.read,
    WORD: word.read,
    SLIDES: slides.read,
    SHEETS: sheets.read,
    TABLE: table.read,
    EPUB: epub.read,
}
_TOO_DEEP = f"it is nested more than {MAX_DEPTH} deep: unpack it first"
_ROWS = {JSON: json_lines.read, JSON_LINES: json_lines.read_lines}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one file; ``failed`` says which files within it could not be read, and why.

    A file that could not be read itself is no such record, but an error.
    """

    documents: tuple[Document, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read: the id of its document, its name in messages, and what it lies in."""

    id: str
    name: str
    data: bytes
    depth: int
    allowance: Allowance


def load(document_id: str, file: Path) -> Loaded:
    """Read one file as documents.

    Raises:
        UnreadableDocument: it cannot be read; the message says why and what to do.
    """
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= MAX_FILE else b""
    except OSError as error:
        raise UnreadableDocument(f"{file} cannot be read: {error}.") from error
    _check_size(str(file), size)
    return load_bytes(document_id, str(file), data)


def load_bytes(document_id: str, name: str, data: bytes) -> Loaded:
    """Read the bytes of a file as documents; ``name`` is the file's, with its suffix.

    The files in an archive, the attachments of a mail and the objects of JSON Lines are documents
    of their own: their ids begin with ``document_id`` and a slash.

    Raises:
        UnreadableDocument: they cannot be read; the message says why and what to do.
    """
    _check_size(name, len(data))
    return _load(_File(document_id, name, data, depth=0, allowance=Allowance()))


def load_lines(stream: BinaryIO) -> Iterator[Loaded]:
    """Read JSON Lines as they come, on standard input say; their ids are those of the documents."""
    for placed in json_lines.read_stream(stream):
        yield _load_row(_File("", "standard input", b"", depth=0, allowance=Allowance()), placed)


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE:
        most = MAX_FILE // MEBIBYTE
        raise UnreadableDocument(f"{name} is larger than {most} MiB: split it.")


def _load(file: _File) -> Loaded:
    naming.check(file.id)
    with _told(f"{file.name} cannot be read"):
        kind, notes = sniff(file.name, file.data)
    with _told(f"{file.name} cannot be read as {kind.name}"):
        kind.require()
        if kind.packed:
            package.check(file.data, file.allowance)
        if kind is ARCHIVE:
            return _load_archive(file)
        if kind is MAIL:
            return _load_mail(file, notes)
        if kind in _ROWS:
            rows, more = _ROWS[kind](file.data)
            return _joined(_load_row(file, row, (*notes, *more)) for row in rows)
        document = _document(file, kind, notes)
        file.allowance.write(len(document.text))
        return Loaded((document,))


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Have every error say which file it is of; a library's own are of a damaged file."""
    try:
        yield
    except UnreadableDocument as error:
        raise type(error)(f"{what}: {str(error).rstrip('.')}.") from error
    except MissingExtra as error:  # a file of another kind may be read, so it is this one's fault
        raise UnreadableDocument(f"{what}: {error}.") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise UnreadableDocument(f"{what}: it is damaged ({reason}): save it anew.") from error


def _document(file: _File, kind: Kind, notes: Sequence[str]) -> Document:
    if kind in _READERS:
        return compose(file.id, _drafted(file, kind), kind.media_type, notes)
    text, more = decode(file.data)
    return parse(file.id, text, kind.media_type, (*notes, *more))


def _load_row(file: _File, placed: Placed, notes: Sequence[str] = ()) -> Loaded:
    """Load one object of a file of JSON; one that cannot be read is told by its place."""
    place, row = placed
    try:
        with _told(f"{file.name}, {place}, cannot be read"):
            if isinstance(row, UnreadableDocument):
                raise row
            document_id = "/".join(filter(None, (file.id, row.id)))
            parsed = parse(document_id, row.text, row.media_type, notes, row.title)
            file.allowance.write(len(parsed.text))
            return Loaded((replace(parsed, metadata=row.metadata),))
    except TooMuch:
        raise
    except UnreadableDocument as error:
        return Loaded((), (str(error),))


def _joined(parts: Iterable[Loaded]) -> Loaded:
    """Return what was loaded of a file in parts.

    Raises:
        UnreadableDocument: there are none.
    """
    every = list(parts)
    if not every:
        raise UnreadableDocument("it holds no documents: write a JSON object a line")
    documents = [document for each in every for document in each.documents]
    return Loaded(tuple(documents), tuple(failure for each in every for failure in each.failed))


def _drafted(file: _File, kind: Kind) -> Draft:
    draft = Draft()
    _READERS[kind](package.repacked(file.data) if kind.packed else file.data, draft)
    if not draft.title and kind is TABLE:
        draft.title = PurePath(file.id).name
    return draft


def _load_archive(file: _File) -> Loaded:
    if file.depth == MAX_DEPTH:
        raise UnreadableDocument(_TOO_DEEP)
    loaded = _load_members(file, archive.members(file.data))
    if not loaded.documents and not loaded.failed:
        raise UnreadableDocument("it holds no file of a supported kind: unpack it and see")
    return loaded


def _load_mail(file: _File, notes: Sequence[str]) -> Loaded:
    draft = Draft()
    attached = mail.read(file.data, draft)
    others = [name for name, _ in attached if PurePath(name).suffix.lower() not in SUFFIXES]
    draft.notes += [f"passed over the attachment {name}" for name in others]
    file.allowance.unpack(0, len(attached))
    inner = _load_members(file, [each for each in attached if each[0] not in others])
    own = compose(file.id, draft, MAIL.media_type, notes)
    file.allowance.write(len(own.text))
    return Loaded((own, *inner.documents), inner.failed)


def _load_members(file: _File, members: Iterable[tuple[str, bytes | UnreadableDocument]]) -> Loaded:
    """Load files within a file; those that cannot be read do not keep the others from it.

    Raises:
        TooMuch: together they are beyond a limit; which of them is to blame cannot be said.
    """
    documents: list[Document] = []
    failed: list[str] = []
    for path, data in members:
        name = f"{file.name}/{path}"
        try:
            with _told(f"{name} cannot be read"):
                inner = _inner(file, path, data)
            loaded = _load(inner)
            documents += loaded.documents
            failed += loaded.failed
        except TooMuch:
            raise
        except UnreadableDocument as error:
            failed.append(str(error))
    return Loaded(tuple(documents), tuple(failed))


def _inner(file: _File, path: str, data: bytes | UnreadableDocument) -> _File:
    if isinstance(data, UnreadableDocument):
        raise data
    if file.depth == MAX_DEPTH:
        raise UnreadableDocument(_TOO_DEEP)
    return _File(f"{file.id}/{path}", f"{file.name}/{path}", data, file.depth + 1, file.allowance)
