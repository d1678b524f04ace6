"""What a passage stands under: the title of its document and the headings above it.

Their terms are indexed with the passage's, so that it is found by the name of what it is about,
which its own sentences may only refer to. What is read and quoted is the passage alone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rag.sentences import unit
from rag.types import Block, BlockKind, Document, Passage

_LONGEST = 150
"""Code points of a title. What is longer, or ends with a full stop, is the first line of prose."""


def headed(document: Document, passages: Sequence[Passage]) -> list[str]:
    """Return the text of each passage below what it stands under and does not hold, a line each."""
    outline = Outline.of(document)
    title = document.title
    is_title = len(title) <= _LONGEST and not title.endswith(".")
    titles = [title] if is_title else []
    texts = []
    for passage in passages:
        above = dict.fromkeys([*titles, *outline.above(passage.start)])
        texts.append(
            "\n".join([*(each for each in above if each not in passage.text), passage.text])
        )
    return texts


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a document: where each starts, and its words after those that it is below.

    A heading is below the nearest one of a higher rank before it. Indexes of earlier releases know
    no levels, so all their headings rank alike.
    """

    blocks: Sequence[Block]
    starts: Sequence[int]
    paths: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, document: Document) -> "Outline":
        """Read the headings of a document, once for all its places."""
        headings = [each for each in document.blocks if each.kind is BlockKind.HEADING]
        paths: list[tuple[str, ...]] = []
        stack: list[tuple[int, str]] = []
        for block in headings:
            level = max(block.level, 1)
            while stack and stack[-1][0] >= level:
                stack.pop()
            stack.append((level, _heading(document, block)))
            paths.append(tuple(words for _, words in stack))
        return cls(document.blocks, [each.start for each in headings], paths)

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
