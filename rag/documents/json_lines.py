"""JSON Lines, one document a line; or JSON, one such object or a list of them.

An object has ``text``, and may have ``id``, ``title`` and ``media_type`` ("text/plain", which it
is if none is given, or "text/markdown"). Other members are passed over.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.documents.decoding import decode
from rag.errors import UnreadableDocument

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


def read_lines(data: bytes) -> tuple[list[Row], tuple[str, ...]]:
    """Return the documents of JSON Lines, and notes; blank lines are passed over.

    Raises:
        UnreadableDocument: a line is no such object, or two have the same id.
    """
    text, notes = decode(data)
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return _distinct([_row(_parsed(line, f"line {n}"), n, f"line {n}") for n, line in lines]), notes


def read(data: bytes) -> tuple[list[Row], tuple[str, ...]]:
    """Return the documents of JSON, and notes; that of a single object has no id of its own.

    Raises:
        UnreadableDocument: it is no such object or list, or two have the same id.
    """
    text, notes = decode(data)
    value = _parsed(text, "the file")
    if isinstance(value, list):
        rows = [_row(each, n, f"item {n}") for n, each in enumerate(value, start=1)]
        return _distinct(rows), notes
    return [replace(_row(value, 0, "the file"), id="")], notes


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(f"{where} is not JSON ({error})") from error


def _row(value: Any, number: int, where: str) -> Row:
    row = value if isinstance(value, dict) else {}
    own = row.get("id", number)
    strings = [row.get(key, "") for key in _STRINGS]
    is_sound = "text" in row and isinstance(own, str | int) and not isinstance(own, bool)
    if not is_sound or not all(isinstance(each, str) for each in strings):
        raise UnreadableDocument(f"{where} is not {_SHAPE}")
    text, title, media_type = (_SURROGATES.sub("\ufffd", each) for each in strings)
    return Row(_SURROGATES.sub("\ufffd", str(own)), text, title, media_type or "text/plain")


def _distinct(rows: Sequence[Row]) -> list[Row]:
    if not rows:
        raise UnreadableDocument(f"it holds no documents: write {_SHAPE}")
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise UnreadableDocument(f"it has the id {row.id!r} twice: give each its own")
        seen.add(row.id)
    return list(rows)
