"""Collects the parts of a document that a parser finds into one text with blocks and pages."""

import re
from dataclasses import dataclass

from rag.documents.limits import MAX_CHARACTERS
from rag.errors import UnreadableDocument
from rag.types import Block, BlockKind

_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\0-\x08\x0e-\x1b\x1f\x7f\xad\ud800-\udfff\ufeff\ufffe\uffff]")
"""Control characters, soft hyphens, stray halves of pairs: nobody sees them, UTF-8 may not."""
_CLOSE = {BlockKind.LIST_ITEM, BlockKind.TABLE}
"""Blocks of these kinds follow one another without a blank line."""
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Extract:
    """What was drafted: the canonical text, its blocks, and where its pages start."""

    text: str
    blocks: tuple[Block, ...]
    pages: tuple[int, ...]


class Draft:
    """A document in the making: a parser adds its parts in the order of reading.

    ``title`` and ``notes`` are the parser's to set. Parts are cleaned here, once for all kinds:
    white space is collapsed within lines, and what nobody sees is left out.
    """

    def __init__(self) -> None:
        self.title = ""
        self.notes: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._pages: list[int] = []
        self._turned = 0

    def add(self, text: str, kind: BlockKind = BlockKind.PARAGRAPH, level: int = 0) -> None:
        """Add a part as a block of its own; nothing where no character of it can be seen.

        Raises:
            UnreadableDocument: the document would grow beyond all bounds.
        """
        text = preformatted(text) if kind is BlockKind.CODE else cleaned(text)
        if not text.strip():
            return
        self._append(self._gap(kind))
        self._pages += [self._length] * self._turned
        self._turned = 0
        level = min(max(level, 1), _DEEPEST) if kind is BlockKind.HEADING else 0
        self._blocks.append(Block(self._length, self._length + len(text), kind, level))
        self._append(text)

    def turn(self) -> None:
        """Start a new page."""
        self._turned += 1

    def finish(self) -> Extract:
        """Return what was drafted; pages without text start where the text goes on or ends."""
        pages = [*self._pages, *[self._length] * self._turned]
        return Extract("".join(self._pieces), tuple(self._blocks), tuple(pages))

    def _gap(self, kind: BlockKind) -> str:
        if not self._blocks:
            return ""
        return "\n" if kind in _CLOSE and self._blocks[-1].kind is kind else "\n\n"

    def _append(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > MAX_CHARACTERS:
            raise UnreadableDocument(f"its text exceeds {MAX_CHARACTERS:,} characters: split it")
        self._pieces.append(piece)


def cleaned(text: str) -> str:
    """Return the text with white space collapsed within its lines, and no blank lines."""
    lines = (line.split() for line in preformatted(text).split("\n"))
    return "\n".join(" ".join(words) for words in lines if words)


def preformatted(text: str) -> str:
    """Return the text with its white space as it is, but for blank lines around it."""
    lines = [line.rstrip() for line in _UNSEEN.sub("", _BREAKS.sub("\n", text)).split("\n")]
    return "\n".join(lines).strip("\n")
