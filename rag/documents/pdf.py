"""PDF -> a document with pages: paragraphs and headings, from where and how large lines stand."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mode

from rag.documents import pdf_furniture
from rag.documents.draft import Draft
from rag.documents.limits import MAX_CHARACTERS, MAX_PAGES, PDF_MEMORY, PDF_SECONDS
from rag.documents.pdf_lines import Line, joined, mended
from rag.documents.plain import ends_sentence, numbered_level, starts_item
from rag.errors import UnreadableDocument
from rag.types import BlockKind

_PROCESS = Path(__file__).with_name("pdf_process.py")
_FAULTS = {
    "password": "it is protected by a password: save it without one",
    "pages": f"it has more than {MAX_PAGES:,} pages: split it",
    "characters": f"its text exceeds {MAX_CHARACTERS:,} characters: split it",
}
_PATIENCE = 10
"""Seconds on the clock for each of processor time: the machine may have other work."""
_LARGER = 1.1
"""Times the size of the text: a line so much larger is a heading."""
_APART = 1.3
"""Times the usual distance of lines: those further apart belong to different paragraphs."""
_INDENTED = 0.8
"""Times the size of the text: a line moved in by this much starts a paragraph."""
_SHORT = 0.7
_MAX_HEADING_WORDS = 16
_MAX_HEADING_LINES = 3
_LISTED = 10
"""Pages without text that a note names one by one."""


@dataclass(frozen=True, slots=True)
class _Type:
    """How a document is set: size of its text, distance of its lines, sizes of its headings."""

    size: float
    pitch: float
    larger: tuple[float, ...]


def read(data: bytes, draft: Draft) -> None:
    """Draft a PDF page by page; running heads, feet and page numbers are furniture.

    Raises:
        UnreadableDocument: it is damaged, protected, endless, or has no text.
    """
    pages = _pages(data)
    running = pdf_furniture.running(pages)
    setting = _type([line for page in pages for line in page])
    for page in pages:
        draft.turn()
        for lines in _paragraphs(page, running, setting):
            if lines[0] in running:
                draft.add(lines[0].text, BlockKind.FURNITURE)
            else:
                _add(draft, lines, setting)
    _note_scans(draft, [n for n, page in enumerate(pages, start=1) if not page], len(pages))


def _pages(data: bytes) -> list[list[Line]]:
    limits = (MAX_PAGES, MAX_CHARACTERS, PDF_SECONDS, PDF_MEMORY)
    command = [sys.executable, "-P", str(_PROCESS), *map(str, limits)]
    try:
        done = subprocess.run(  # noqa: S603  # our own file, run by our own interpreter
            command, input=data, capture_output=True, timeout=_PATIENCE * PDF_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument("reading it takes too long: print it to a new PDF") from error
    if done.returncode != 0:
        raise UnreadableDocument(
            "reading it takes too much memory or time, or breaks the parser: print it to a new PDF"
        )
    values = [json.loads(line) for line in done.stdout.splitlines()]
    fault = next((value for value in values if isinstance(value, str)), None)
    if fault:
        raise UnreadableDocument(_FAULTS.get(fault, f"it is damaged ({fault}): copy it anew"))
    return [
        [Line(page, mended(text), *looks) for text, *looks in lines]
        for page, lines in enumerate(values)
    ]


def _type(lines: Sequence[Line]) -> _Type:
    """Find out how most of the text is set."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    size = max(sizes, key=lambda each: (sizes[each], -each), default=0.0)
    pitches = [round(a.bottom - b.top, 1) for a, b in pairwise(lines) if a.size == b.size == size]
    pitch = mode([each for each in pitches if each > 0] or [size * _LARGER])
    larger = {line.size for line in lines if line.size > size * _LARGER}
    return _Type(size, pitch, tuple(sorted(larger, reverse=True)))


def _paragraphs(page: Sequence[Line], running: frozenset[Line], setting: _Type) -> list[list[Line]]:
    found: list[list[Line]] = []
    for line in page:
        alone = line in running or (found and found[-1][-1] in running)
        if not found or alone or _starts(found[-1], line, setting):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _starts(paragraph: Sequence[Line], line: Line, setting: _Type) -> bool:
    """Say whether a line starts a paragraph after the lines before it."""
    before = paragraph[-1]
    if before.size != line.size or starts_item(line.text):
        return True
    ended = ends_sentence(before.text)
    distance = before.bottom - line.top
    if distance <= 0:  # a new column, or another line of a table
        return ended or not line.text[0].islower()
    pitch = setting.pitch * line.size / setting.size
    indented = line.left - before.left > _INDENTED * line.size
    short = len(before.text) < _SHORT * max(len(each.text) for each in paragraph)
    return distance > _APART * pitch or _heads(paragraph, line) or (ended and (indented or short))


def _heads(paragraph: Sequence[Line], line: Line) -> bool:
    return all(each.is_bold for each in paragraph) and not line.is_bold


def _add(draft: Draft, lines: Sequence[Line], setting: _Type) -> None:
    text = joined([line.text for line in lines])
    level = _level(text, lines, setting)
    if level:
        draft.add(text, BlockKind.HEADING, level)
    else:
        kind = BlockKind.LIST_ITEM if starts_item(text) else BlockKind.PARAGRAPH
        draft.add(text, kind)


def _level(text: str, lines: Sequence[Line], setting: _Type) -> int:
    """Return the level of a heading, by its size and then by its own number; else 0."""
    is_long = len(text.split()) > _MAX_HEADING_WORDS or len(lines) > _MAX_HEADING_LINES
    is_point = starts_item(text) and not text[0].isdigit()
    if is_long or is_point or ends_sentence(text) or not any(map(str.isalpha, text)):
        return 0
    if lines[0].size in setting.larger:
        return max(setting.larger.index(lines[0].size) + 1, numbered_level(text))
    is_bold = all(line.is_bold for line in lines)
    return len(setting.larger) + numbered_level(text) if is_bold else 0


def _note_scans(draft: Draft, empty: Sequence[int], count: int) -> None:
    """Say which pages have no text.

    Raises:
        UnreadableDocument: none has any.
    """
    if len(empty) == count:
        raise UnreadableDocument(
            f"none of its {count} page(s) holds text, as in a scan: recognise its text (OCR) first"
        )
    if empty:
        named = ", ".join(map(str, empty[:_LISTED])) + (" …" if len(empty) > _LISTED else "")
        draft.notes.append(f"{len(empty)} page(s) without text, perhaps scanned: {named}")
