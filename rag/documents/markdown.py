"""Markdown (CommonMark with tables) -> blocks over the raw source, which stays the text."""

import re
from functools import cache
from typing import TYPE_CHECKING

from rag.types import Block, BlockKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LEAVES = {
    "heading_open": BlockKind.HEADING,
    "paragraph_open": BlockKind.PARAGRAPH,
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "table_open": BlockKind.TABLE,
    "html_block": BlockKind.FURNITURE,
    "hr": BlockKind.FURNITURE,
}


def blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown source, markers included, in order.

    Front matter and raw HTML are furniture: they stay in the text but never answer.
    """
    front = _FRONT_MATTER.match(text)
    body = front.end() if front else 0
    starts = _line_starts(text, body)
    found = [Block(0, body, BlockKind.FURNITURE)] if front else []
    depth = 0
    for token in _parser().parse(text[body:]):
        depth += token.nesting if token.type.startswith("list_item") else 0
        kind = _LEAVES.get(token.type)
        if kind and token.map and not (found and starts[token.map[0]] < found[-1].end):
            found.append(_block(token, starts, kind, in_list=depth > 0))
    return found


@cache
def _parser() -> "MarkdownIt":
    """Import the parser when there is Markdown: a server would start later by it."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("inline")


def _block(token: "Token", starts: list[int], kind: BlockKind, *, in_list: bool) -> Block:
    first, last = token.map or (0, 0)
    if in_list and kind is BlockKind.PARAGRAPH:
        kind = BlockKind.LIST_ITEM
    level = int(token.tag[1:]) if kind is BlockKind.HEADING else 0
    return Block(starts[first], starts[last], kind, level)


def _line_starts(text: str, start: int) -> list[int]:
    """Return where each line starts, as the parser counts lines, with the end as a last one."""
    ends = [start + m.end() for m in re.finditer(r"\r\n|\r|\n", text[start:])]
    return [start, *ends, len(text), len(text)]
