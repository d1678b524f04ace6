"""What a passage stands under: the title of its document and the headings above it.

Their terms are indexed with the passage's, so that it is found by the name of what it is about,
which its own sentences may only refer to; and it is read below them. What is quoted is the passage
alone.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.sentences import unit
from rag.types import Block, BlockKind, Document, Passage

_LONGEST = 150
"""Code points of a title. What is longer, or ends with a full stop, is the first line of prose."""

_MOST = 200
"""Code points of what is read before a passage: a fifth of what the reader sees at once."""

_REMEMBERED = 16
"""Documents whose headings are kept for the next question."""


def headed(document: Document, passages: Sequence[Passage]) -> list[str]:
    """Return the text of each passage below what it stands under and does not hold, a line each."""
    outline = Outline.of(document)
    return ["\n".join([*outline.over(each.start, each.text), each.text]) for each in passages]


class Heads:
    """Says what a passage of some documents is read below."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._outline = lru_cache(_REMEMBERED)(lambda name: Outline.of(documents[name]))

    def of(self, passage: Passage) -> str:
        """Return what is to be read before a passage, which may be nothing."""
        return self._outline(passage.document_id).head(passage.start, passage.text)


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands above the places of a document: its title, and the headings in it.

    Of each heading ``starts`` has the place, and ``paths`` its words after those that it is below:
    the nearest of a higher rank before it. Indexes of earlier releases know no levels, so all their
    headings rank alike. The ``title`` is empty where it is the first line of prose.
    """

    title: str
    blocks: Sequence[Block]
    starts: Sequence[int]
    paths: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, document: Document) -> "Outline":
        """Read the headings of a document, once for all its places."""
        title = document.title
        is_title = len(title) <= _LONGEST and not title.endswith(".")
        headings = [each for each in document.blocks if each.kind is BlockKind.HEADING]
        paths: list[tuple[str, ...]] = []
        stack: list[tuple[int, str]] = []
        for block in headings:
            level = max(block.level, 1)
            while stack and stack[-1][0] >= level:
                stack.pop()
            stack.append((level, _heading(document, block)))
            paths.append(tuple(words for _, words in stack))
        starts = [each.start for each in headings]
        return cls(title if is_title else "", document.blocks, starts, paths)

    def head(self, start: int, text: str) -> str:
        """Return what the text that starts there is read below, each a sentence of its own.

        Of what would be too long the nearest headings are kept.
        """
        head = ""
        for line in reversed(self.over(start, text)):
            longer = f"{line}. {head}"
            if len(longer) > _MOST:
                break
            head = longer
        return head

    def over(self, start: int, text: str) -> list[str]:
        """Return title and headings that the text that starts there stands under and lacks."""
        lines = dict.fromkeys([self.title, *self.above(start)])
        return [line for line in lines if line not in text]

    def above(self, place: int) -> tuple[str, ...]:
        """Return the headings that a place stands under, outermost first; not the one it is in."""
        nearest = bisect_right(self.starts, place) - 1
        if nearest < 0:
            return ()
        own = self.blocks[bisect_right(self.blocks, place, key=lambda block: block.start) - 1]
        is_inside = own.start == self.starts[nearest]
        path = self.paths[nearest][:-1] if is_inside else self.paths[nearest]
        return tuple(filter(None, path))


def _heading(document: Document, block: Block) -> str:
    """Return the words of a heading, without the markers of Markdown around them."""
    words = unit(document.text, block.start, block.end, block.kind).sentence
    return " ".join(document.text[words.start : words.end].split()) if words else ""
