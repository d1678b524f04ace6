"""Document -> units: the sentences of its blocks, which together hold every word of it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sentencex

from rag.types import Block, BlockKind, Document, Span

_MARKUP = re.compile(r"\s*(?:#{1,6}\s+|>\s*|[-*+•‣◦–—]\s+|\(?(?:\d{1,3}[.)]|[a-z]\))\s+)*")
_AFTER_HEADING = re.compile(r"(?:[\r\n][ \t>]*(?:=+|-+)|\s#+)\s*\Z")
_FINAL_ELLIPSIS = re.compile(r"…(?=[\"”’»)]*\s+[\"“‘«(]*[A-ZÀ-ÖØ-Þ])")
_ABBREVIATED = re.compile(r"\b(?:Ms|Mx|Dr|Cllr|Ft|[Aa]pprox)\.\s*\Z")
_MEASURED = re.compile(r"(?<=\d)\s?[gmlsht]\.\s+(?=[A-ZÀ-ÖØ-Þ])")
_HAS_WORD = re.compile(r"[^\W_]")
_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_EDGES = _SPACES + "\ufeff\u200b"
_AS_SPACES = dict.fromkeys(map(ord, _SPACES), " ")
_LONGEST = 1024
"""Code points of a sentence at most: what is longer comes of a bracket that was never closed."""
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
    after = _AFTER_HEADING.search(text, start, end) if kind is BlockKind.HEADING else None
    quoted = trim(text, start, after.start() if after else end)
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


def touched(sentences: Sequence[Span], span: Span) -> list[Span]:
    """Return the sentences that a span lies in, in part or as a whole."""
    return [each for each in sentences if each.overlaps(span)]


def cut(text: str, start: int, end: int) -> int:
    """Return the best place in (start, end] to end a piece of an over-long sentence.

    The last line, clause or word boundary in the second half of the piece, in that order; else
    ``end`` itself, moved so that no combining mark, joiner or CRLF is torn from what it follows.
    """
    half = start + (end - start) // 2
    for boundary in (r"[\r\n](?=[^\r\n])", r"[;:,.!?)\]](?=\s)|[。、，；：](?=\S)", r"\s(?=\S)"):
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


def _sentence_ends(content: str) -> Iterator[int]:
    """Yield where sentences end, as sentencex (rules and abbreviation lists) sees it.

    A block is one run of prose, so the line breaks in it are as good as spaces. sentencex takes
    time quadratic in what it is given, so it is shown a window that moves on by whole sentences,
    and after a list marker it finds no end at all, so it is shown none.
    """
    prose = _FINAL_ELLIPSIS.sub(".", content.translate(_AS_SPACES))
    start = 0
    while start < len(prose):
        marker = _MARKUP.match(prose, start)
        shown, far = marker.end() if marker else start, min(start + _LONGEST, len(prose))
        ends = [end for end in _rule_ends(prose, shown, start + 2 * _LONGEST) if end <= far]
        ends = ends or _rule_ends(prose, shown, far)[:-1] or [cut(content, start, far)]
        yield from ends
        start = ends[-1]


def _rule_ends(prose: str, start: int, end: int) -> list[int]:
    """Return what sentencex finds, but for the abbreviations and units that it takes wrongly."""
    found = sentencex.get_sentence_boundaries("en", prose[start:end])
    ends = {start + int(boundary["end_index"]) for boundary in found}
    torn = {each for each in ends if _ABBREVIATED.search(prose, max(start, each - 16), each)}
    measured = {match.end() for match in _MEASURED.finditer(prose, start, end)}
    return sorted(ends - (torn - {min(end, len(prose))}) | measured)


def _is_glued(text: str, place: int) -> bool:
    if place >= len(text):
        return False
    after, before = text[place], text[place - 1]
    return (
        unicodedata.combining(after) != 0
        or unicodedata.category(after) in {"Mn", "Mc", "Me", "Cf", "Sk"}
        or before == "\u200d"
        or (before == "\r" and after == "\n")
    )
