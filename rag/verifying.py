"""Is a receipt still good? Its quote is looked for in the document as it is now."""

import re
from collections.abc import Iterator

from rag.types import Span


def find(text: str, quote: str, start: int, sentence: tuple[str, int] | None = None) -> Span | None:
    """Return where a quote that stood at ``start`` stands in ``text`` now; None if it is gone.

    Where it is not at its old place any more, its ``sentence`` (words, and where they started)
    must stand elsewhere, its lines broken as they may be: it tells the quote from the same words
    in another place. Without one, the words of the quote are enough. The nearest place is taken.
    """
    if text.startswith(quote, start):
        return Span(start, start + len(quote))
    if sentence is None:
        places = list(_places(text, quote, 0, len(text)))
    else:
        words, begins = sentence
        around = re.compile(r"\s+".join(map(re.escape, words.split())))
        places = [
            _nearest(within, match.start() + start - begins)
            for match in around.finditer(text)
            if (within := list(_places(text, quote, match.start(), match.end())))
        ]
    return Span(best := _nearest(places, start), best + len(quote)) if places else None


def _places(text: str, quote: str, start: int, end: int) -> Iterator[int]:
    """Yield where a quote stands in ``text[start:end]``."""
    while (start := text.find(quote, start, end)) >= 0:
        yield start
        start += len(quote)


def _nearest(places: list[int], wanted: int) -> int:
    return min(places, key=lambda place: abs(place - wanted))
