"""Document -> units: the sentences of its blocks, which together hold every word of it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import sentencex

from rag.types import Block, BlockKind, Document, Span

_MARKUP = re.compile(r"\s*(?:#{1,6}\s+|>\s*|[-*+•‣◦]\s+|\(?\d{1,3}[.)]\s+)*")
_HAS_WORD = re.compile(r"[^\W_]")
_EDGES = " \t\r\n\f\v\u00a0\u2028\u2029\ufeff\u200b"
_BREAKS = dict.fromkeys(map(ord, "\r\n\u2028\u2029"), " ")
_WHOLE = {BlockKind.HEADING, BlockKind.TABLE, BlockKind.CODE, BlockKind.FURNITURE}
_SILENT = {BlockKind.FURNITURE, BlockKind.CODE}


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch that chunking keeps whole where it can; units of a block partition it.

    ``sentence`` is what may be quoted of it: trimmed of white space and list markers, or None
    where it holds no word or belongs to page furniture.
    """

    start: int
    end: int
    sentence: Span | None
    kind: BlockKind


def units(document: Document) -> Iterator[Unit]:
    """Yield the units of a document in order."""
    for block in document.blocks:
        for start, end in _boundaries(document.text, block):
            yield unit(document.text, start, end, block.kind)


def unit(text: str, start: int, end: int, kind: BlockKind) -> Unit:
    """Make the unit of ``text[start:end]``, with the sentence in it trimmed."""
    quoted = trim(text, start, end)
    silent = kind in _SILENT or not _HAS_WORD.search(text, quoted.start, quoted.end)
    return Unit(start, end, None if silent else quoted, kind)


def trim(text: str, start: int, end: int) -> Span:
    """Return ``text[start:end]`` without white space at its edges or markup before it."""
    if marker := _MARKUP.match(text, start, end):
        start = marker.end()
    content = text[start:end]
    start += len(content) - len(content.lstrip(_EDGES))
    end -= len(content) - len(content.rstrip(_EDGES))
    return Span(start, max(start, end))


def cut(text: str, start: int, end: int) -> int:
    """Return the best place in (start, end] to end a piece of an over-long sentence.

    The last line, clause or word boundary in the second half of the piece, in that order; else
    ``end`` itself, moved so that no combining mark, joiner or CRLF is torn from what it follows.
    """
    half = start + (end - start) // 2
    for boundary in (r"[\r\n](?=[^\r\n])", r"[;:,.!?。、，；：)\]](?=\s|\w)", r"\s(?=\S)"):
        places = [m.end() for m in re.finditer(boundary, text[half:end])]
        if places:
            return half + places[-1]
    while end > half + 1 and _is_glued(text, end):
        end -= 1
    return end


def _boundaries(text: str, block: Block) -> Iterator[tuple[int, int]]:
    content = text[block.start : block.end]
    ends = [] if block.kind in _WHOLE else _sentence_ends(content)
    start = 0
    for end in [*ends, len(content)]:
        if end > start:
            yield block.start + start, block.start + end
            start = end


def _sentence_ends(content: str) -> list[int]:
    """Return where sentences end, as sentencex (rules and abbreviation lists) sees it.

    A block is one run of prose, so the line breaks in it are as good as spaces.
    """
    found = sentencex.get_sentence_boundaries("en", content.translate(_BREAKS))
    return [end for end in (int(b["end_index"]) for b in found) if content[:end].strip()]


def _is_glued(text: str, place: int) -> bool:
    if place >= len(text):
        return False
    after, before = text[place], text[place - 1]
    return (
        unicodedata.combining(after) != 0
        or unicodedata.category(after) in {"Mn", "Me", "Cf", "Sk"}
        or before == "\u200d"
        or (before == "\r" and after == "\n")
    )
