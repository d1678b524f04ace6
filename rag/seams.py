"""Every seam of the project: what can be swapped, and the least each part must do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.types import Hit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Tokenizer(Protocol):
    """Counts the tokens of a text, and finds the prefix that a number of them covers."""

    def count(self, text: str) -> int:
        """Return how many tokens ``text`` takes."""

    def prefix(self, text: str, tokens: int) -> int:
        """Return how many code points of ``text`` its first ``tokens`` tokens cover."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose inner product is their similarity."""

    @property
    def fingerprint(self) -> str:
        """Name the weights and their use: equal fingerprints give comparable vectors."""

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer that decides what of a text the encoder sees."""

    @property
    def max_tokens(self) -> int:
        """Return how many tokens of a text the encoder sees; the rest would be cut off."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text, of shape (len(texts), dimension)."""


@dataclass(frozen=True, slots=True, eq=False)
class SpanLogits:
    """What a reader says of one stretch of a document, in units it points at (tokens, sentences).

    ``offsets`` (units, 2) are the places of the units in the document; ``start`` and ``end``
    (units,) score each of them as the first and last of an answer; ``null`` scores "no answer
    here". The evidence of a span from unit i to unit j is ``start[i] + end[j] - null``.
    ``segments`` (units,) number the sentences that the units belong to, -1 for none: an answer
    lies in one of them, and takes up to ``longest`` units. ``hits`` are the passages that the
    stretch was read for, best first; every answer lies in one at least.
    """

    hits: tuple[Hit, ...]
    offsets: Ints
    segments: Ints
    start: Floats
    end: Floats
    null: float
    longest: int


class SpanScorer(Protocol):
    """A reader: scores where in the passages the answer to a question starts and ends."""

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        """Return the logits of what was read for the hits: each stretch, or each window of one."""
