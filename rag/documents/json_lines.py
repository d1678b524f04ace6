"""JSON Lines, one document a line; or JSON, one such object or a list of them.

An object has ``text``, and may have ``id``, ``title``, ``media_type`` ("text/plain", which it
is if none is given, or "text/markdown") and ``metadata``, a document's over HTTP all the same.
Other members are passed over. What is wrong with one does not keep the others from it.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from rag.documents import naming
from rag.documents.decoding import decode
from rag.documents.limits import MAX_FILE, MEBIBYTE
from rag.errors import UnreadableDocument
from rag.types import Metadata, Scalar

_SURROGATES = re.compile("[\ud800-\udfff]")
_SHAPE = 'an object with "text", a string, and if you like "id", "title" and "media_type"'
_STRINGS = ("text", "title", "media_type")


@dataclass(frozen=True, slots=True)
class Row:
    """A document as JSON gives it; ``id`` is its own, or the number of its line or place."""

    id: str
    text: str
    title: str
    media_type: str
    metadata: Metadata


Placed = tuple[str, Row | UnreadableDocument]
"""Where an object stands, and what it says, or why that cannot be read."""


def read_lines(data: bytes) -> tuple[Iterator[Placed], tuple[str, ...]]:
    """Return the documents of JSON Lines, and notes; blank lines are passed over.

    Raises:
        UnreadableDocument: it is no text.
    """
    text, notes = decode(data)
    return _distinct(_rows(text.split("\n"), is_numbered=True)), notes


def read_stream(stream: BinaryIO) -> Iterator[Placed]:
    """Yield the documents of JSON Lines in UTF-8 as they come, each by an id of its own."""
    return _distinct(_rows(_lines(stream), is_numbered=False))


def read(data: bytes) -> tuple[Iterator[Placed], tuple[str, ...]]:
    """Return the documents of JSON, and notes; that of a single object has no id of its own.

    Raises:
        UnreadableDocument: it is no JSON, or neither such an object nor a list.
    """
    text, notes = decode(data)
    value = _parsed(text)
    if isinstance(value, list):
        return _distinct(_items(value)), notes
    return iter([("the object", replace(_row(value, 0), id=""))]), notes


def _lines(stream: BinaryIO) -> Iterator[str | UnreadableDocument]:
    while line := stream.readline(MAX_FILE):
        if len(line) == MAX_FILE and not line.endswith(b"\n"):
            while (more := stream.readline(MAX_FILE)) and not more.endswith(b"\n"):
                pass
            yield UnreadableDocument(f"it is longer than {MAX_FILE // MEBIBYTE} MiB")
        else:
            try:
                yield line.decode("utf-8-sig")
            except UnicodeDecodeError:
                yield UnreadableDocument("it is not UTF-8")


def _rows(lines: Iterable[str | UnreadableDocument], *, is_numbered: bool) -> Iterator[Placed]:
    for number, line in enumerate(lines, start=1):
        if isinstance(line, UnreadableDocument):
            yield f"line {number}", line
        elif line.strip():
            try:
                row = _row(_parsed(line.rstrip()), number if is_numbered else None)
            except UnreadableDocument as error:
                yield f"line {number}", error
            else:
                yield f"line {number}", row


def _items(values: list[Any]) -> Iterator[Placed]:
    for number, value in enumerate(values, start=1):
        try:
            yield f"item {number}", _row(value, number)
        except UnreadableDocument as error:
            yield f"item {number}", error


def _distinct(placed: Iterable[Placed]) -> Iterator[Placed]:
    seen: set[str] = set()
    for place, row in placed:
        if isinstance(row, Row) and row.id in seen:
            taken = f"it has the id {row.id!r}, as one before it has: give each its own"
            yield place, UnreadableDocument(taken)
        else:
            seen.update([row.id] if isinstance(row, Row) else ())
            yield place, row


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text else ""
        fault = f"{error.msg}: {line}character {error.colno}"
        raise UnreadableDocument(f"it is not JSON ({fault})") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(f"it is not JSON ({error})") from error


def _row(value: Any, number: int | None) -> Row:
    row = value if isinstance(value, dict) else {}
    strings = [row.get(key, "") for key in _STRINGS]
    if "text" not in row or not all(isinstance(each, str) for each in strings):
        raise UnreadableDocument(f"it is not {_SHAPE}")
    if "\0" in strings[0]:
        raise UnreadableDocument('its "text" has NUL characters, which no text has: remove them')
    text, title, media_type = map(_whole, strings)
    own = _id(row.get("id", number))
    return Row(own, text, title, media_type or "text/plain", _metadata(row.get("metadata", {})))


def _id(given: Any) -> str:
    if given is None:
        raise UnreadableDocument('it has no "id", by which a later version would replace it')
    if not isinstance(given, str | int) or isinstance(given, bool):
        raise UnreadableDocument('its "id" is neither a string nor a whole number')
    own = _whole(str(given))
    if wrong := naming.fault(own):
        raise UnreadableDocument(f'its "id" {wrong}')
    return own


def _metadata(given: Any) -> Metadata:
    """Return what is told of a document, by the rules of the HTTP interface."""
    if not isinstance(given, dict) or not all(map(_is_value, given.values())):
        raise UnreadableDocument(
            'its "metadata" is not an object of strings, numbers, truth values, or lists of these'
        )
    return {
        _whole(key): tuple(map(_clean, value)) if isinstance(value, list) else _clean(value)
        for key, value in given.items()
    }


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_value(each) and not isinstance(each, list) for each in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)


def _clean(value: Scalar) -> Scalar:
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    """Return the text with a mark in the place of each half of a character."""
    return _SURROGATES.sub("\ufffd", text)
