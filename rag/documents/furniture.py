"""Finds the furniture of news and web pages: what surrounds a text but is not part of it.

Furniture stays in the canonical text and in passages, so that offsets and context hold, but
it never answers.
"""

import re

from rag.types import Block, BlockKind

_CALLS = re.compile(
    r"(?:sign (?:up|in)\b|log ?in\b|subscribe\b|follow (?:topic|us)\b|see more\b|read more\b"
    r"|more (?:on|from|about) this\b|also read\b|share (?:this|on|via)\b|advertisements?\b"
    r"|related (?:stories|articles|topics|links)\b|click here\b|skip to\b|back to top\b"
    r"|download (?:the|our) app\b|newsletters?\b|accept (?:all )?cookies\b|all rights reserved\b"
    r"|(?:photo|image|picture|illustration|video|credit|source)s?\s*:|©)",
    re.IGNORECASE,
)
_MAX_CALL_WORDS = 14
_CREDIT = re.compile(r"(?<=[.!?”’\"'])\s+([A-Z]{2,}(?:[ ,/&-]+[A-Z]{2,}){0,3})\s*\Z")
_WORD = re.compile(r"\w+")
_MIN_CAPTION_WORDS = 8
_STEM = 6
"""Letters by which two words are alike: "exchange" and "exchanging"."""


def mark(text: str, blocks: list[Block]) -> list[Block]:
    """Return the blocks with those that are page furniture marked, agency credits split off."""
    marked: list[Block] = []
    for block in blocks:
        content = text[block.start : block.end]
        before = text[marked[-1].start : marked[-1].end] if marked else ""
        if block.kind is BlockKind.TABLE:  # rows of one table are alike by nature
            marked.append(block)
        elif _is_call(content) or _repeats(before, content):
            marked.append(Block(block.start, block.end, BlockKind.FURNITURE))
        elif block.kind is BlockKind.PARAGRAPH and (credit := trailing_credit(content)):
            cut = block.start + credit.start(1)
            marked.append(Block(block.start, block.start + credit.start(), block.kind))
            marked.append(Block(cut, block.end, BlockKind.FURNITURE))
        else:
            marked.append(block)
    return marked


def _is_call(content: str) -> bool:
    return bool(_CALLS.match(content)) and len(content.split()) <= _MAX_CALL_WORDS


def _repeats(before: str, content: str) -> bool:
    """Say whether a block tells what the one before told, word after word, leaving words out."""
    words, earlier = _stems(content), iter(_stems(before))
    return len(words) >= _MIN_CAPTION_WORDS and all(word in earlier for word in words)


def _stems(content: str) -> list[str]:
    words = _WORD.findall(content.lower())
    return [word if word.isdecimal() else word[:_STEM] for word in words]


def trailing_credit(content: str) -> re.Match[str] | None:
    """Find the name of an agency, in capitals, after the last sentence of a text."""
    is_shouted = content.upper() == content
    return None if is_shouted else _CREDIT.search(content)
