"""Plain text -> blocks: paragraphs, headings and list items, from the layout of lines."""

import re
from itertools import pairwise

from rag.documents.furniture import trailing_credit
from rag.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n\u2028\u2029]*(?:\r\n|[\r\n\u2028\u2029]|\Z)")
_MARKER = re.compile(r"\s*(?:[-*+•‣◦–—]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_TERMINAL = re.compile(r"[.!?…:;。！？](?:[\"'”’»)\]]*)\s*\Z")
_MAX_HEADING_WORDS = 16
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
        Block(start, end, _kind(text, start, end, is_last=i == len(joined) - 1))
        for i, (start, end) in enumerate(joined)
    ]


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
        if _MARKER.match(text[slice(*line)]) or ended_early:
            pieces.append(line)
        else:
            pieces[-1] = (pieces[-1][0], line[1])
    return pieces


def _continues(before: str, after: str) -> bool:
    """Say whether a blank line fell into the middle of a sentence, as links on pages leave it."""
    return after[0].islower() and not _TERMINAL.search(before) and not _MARKER.match(after)


def _kind(text: str, start: int, end: int, *, is_last: bool) -> BlockKind:
    content = text[start:end]
    if _MARKER.match(content):
        return BlockKind.LIST_ITEM
    heading = (
        not is_last
        and not _TERMINAL.search(content)
        and len(content.split()) <= _MAX_HEADING_WORDS
        and len(content.splitlines()) == 1
        and not trailing_credit(content)
    )
    return BlockKind.HEADING if heading else BlockKind.PARAGRAPH
