"""The lines of a PDF: what is known of each, and how they join into running text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_COMPOUND = re.compile("\ufffe(?=[A-Z0-9]|\\w+-)")
"""A line broken at the hyphen of a compound, as "state-" before "of-the-art"."""
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it stands on a page; ``top`` and ``bottom`` are baselines.

    Both are one, but where a hyphen joined several lines. ``page`` counts from 0.
    """

    page: int
    text: str
    size: float
    is_bold: bool
    left: float
    top: float
    bottom: float


def mended(text: str) -> str:
    """Return a line without the hyphens that broke its words: PDFium has U+FFFE for each."""
    return _COMPOUND.sub("-", text).replace("\ufffe", "").strip()


def joined(lines: Sequence[str]) -> str:
    """Return lines as one: with spaces between, but not in Chinese and Japanese."""
    text = ""
    for line in lines:
        is_spaced = text and not (_CJK.match(text[-1]) and _CJK.match(line[:1]))
        text += f" {line}" if is_spaced else line
    return text
