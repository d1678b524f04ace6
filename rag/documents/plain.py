"""Plain text -> blocks: paragraphs, headings and list items, from the layout of lines."""

import re
from itertools import pairwise

from rag.documents.draft import Draft
from rag.documents.furniture import trailing_credit
from rag.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n\u2028\u2029]*(?:\r\n|[\r\n\u2028\u2029]|\Z)")
_MARKER = re.compile(r"\s*(?:[-*+•‣◦–—]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_TERMINAL = re.compile(r"[.!?…:;。！？](?:[\"'”’»)\]]*)\s*\Z")
_MAX_HEADING_WORDS = 16
_NUMBER = re.compile(r"\s*\d{1,3}((?:\.\d{1,3})*)\.?\s")
_DEEPEST = 6
_WRAPPED = 0.6
"""A line this much as long as its paragraph's longest was broken by wrapping, not by intent."""


def blocks(text: str) -> list[Block]:
    """Return the blocks of a plain text, each trimmed of white space, none overlapping."""
    joined: list[tuple[int, int]] = []
    before = ""
    for start, end in (piece for run in _runs(text) for piece in _split_run(text, run)):
        piece = text[start:end]
        if before and _continues(before, piece):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
        before = piece
    return [
        _block(text, start, end, is_last=i == len(joined) - 1)
        for i, (start, end) in enumerate(joined)
    ]


def write(text: str, draft: Draft) -> None:
    """Add the blocks of a plain text that is part of something else, as the body of a mail is.

    Its headings rank below that of the whole.
    """
    for block in blocks(text):
        draft.add(text[block.start : block.end], block.kind, block.level + 1)


def numbered_level(heading: str) -> int:
    """Return the level that a heading's own number gives it: "2.1 Tides" 2; without a number 1."""
    number = _NUMBER.match(heading)
    return min(1 + number.group(1).count("."), _DEEPEST) if number else 1


def _runs(text: str) -> list[list[tuple[int, int]]]:
    """Group the lines that no blank line parts."""
    runs: list[list[tuple[int, int]]] = [[]]
    for match in _LINE.finditer(text):
        if content := match.group().strip():
            start = match.start() + match.group().index(content[0])
            runs[-1].append((start, start + len(content)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _split_run(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Break a run at list markers and at lines that were ended on purpose."""
    width = max(end - start for start, end in lines)
    pieces = [lines[0]]
    for before, line in pairwise(lines):
        short = before[1] - before[0] < _WRAPPED * width
        ended_early = short and not text[line[0]].islower()
        if starts_item(text[slice(*line)]) or ended_early:
            pieces.append(line)
        else:
            pieces[-1] = (pieces[-1][0], line[1])
    return pieces


def _continues(before: str, after: str) -> bool:
    """Say whether a blank line fell into the middle of a sentence, as links on pages leave it."""
    return after[0].islower() and not ends_sentence(before) and not starts_item(after)


def _block(text: str, start: int, end: int, *, is_last: bool) -> Block:
    content = text[start:end]
    if starts_item(content):
        return Block(start, end, BlockKind.LIST_ITEM)
    heading = (
        not is_last
        and not ends_sentence(content)
        and len(content.split()) <= _MAX_HEADING_WORDS
        and len(content.splitlines()) == 1
        and not trailing_credit(content)
    )
    if heading:
        return Block(start, end, BlockKind.HEADING, numbered_level(content))
    return Block(start, end, BlockKind.PARAGRAPH)


def starts_item(content: str) -> bool:
    """Say whether a line starts with the marker of a list item."""
    return bool(_MARKER.match(content))


def ends_sentence(content: str) -> bool:
    """Say whether a line ends as a sentence does, or as what announces a list does."""
    return bool(_TERMINAL.search(content))
