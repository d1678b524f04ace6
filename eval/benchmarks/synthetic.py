"""Passages that no one wrote, made as large as need be: words by Zipf's law, vectors in clusters.

The vectors are shaped after those of all-MiniLM-L6-v2: on 1,600 passages of BBC news a pair has a
cosine of .09 (standard deviation .12), the nearest neighbour .69, the tenth .40, and the variance
lies in 71 dimensions (participation ratio); of the first 1,600 here it is .09 (.14), .71, .44 and
47. Each is a mean direction, plus a topic that 100 passages share, a story that 5 share, and a part
of its own, all drawn with variances that fall as 1/(k + 6) e^(-k/150) by dimension k.
"""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from rag.index import Addition, Entry
from rag.seams import Floats
from rag.types import Block, BlockKind, Document, Passage, Span

DIMENSION = 384
WORDS = 90
"""Words of a passage, in sentences of 15."""

_FUNCTIONAL = 0.4
"""Share of function words, about that of English."""

_VOCABULARY = 60_000
_SENTENCE = 15
_OF_A_DOCUMENT = 4
_TOPIC, _STORY = 100, 5
_SHARES = (0.20, 0.42, 0.38)
"""Of a vector's variance: topic, story, its own."""
_MEAN = 0.3
_FUNCTION_WORDS = (
    *("the", "of", "and", "to", "in", "a", "that", "is", "was", "for", "it", "with"),
    *("as", "on", "be", "at", "by", "this", "had", "not"),
)
_ONSETS = (
    *("b", "br", "ch", "d", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p"),
    *("pr", "qu", "r", "s", "sh", "sk", "st", "t", "th", "tr", "v", "w", "z"),
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")


def _word(rank: int) -> str:
    """Return a word that can be said, another for each rank."""
    syllables = ""
    rank += len(_ONSETS) * len(_VOWELS)
    while rank:
        rank, syllable = divmod(rank, len(_ONSETS) * len(_VOWELS))
        syllables += _ONSETS[syllable % len(_ONSETS)] + _VOWELS[syllable // len(_ONSETS)]
    return syllables + "n"


class Collection:
    """Passages 0, 1, 2 …; the same seed gives the same, however they are asked for."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        spectrum = np.arange(DIMENSION)
        variances = np.exp(-spectrum / 150) / (spectrum + 6)
        self._scale = np.sqrt(variances / variances.sum()).astype(np.float32)
        self._mean = _MEAN * self._draw("mean", 0, 1)[0] / np.linalg.norm(self._scale)
        content = map(_word, range(_VOCABULARY))
        self._words = np.array([*_FUNCTION_WORDS, *content], dtype=object)
        weights = 1 / (np.arange(_VOCABULARY) + 2.7)  # Zipf and Mandelbrot
        self._chances = np.cumsum(weights / weights.sum())

    def vectors(self, first: int, count: int) -> Floats:
        """Return the unit vectors of some passages, of shape (count, dimension)."""
        numbers = np.arange(first, first + count)
        drawn = [self._drawn("topic", numbers // _TOPIC), self._drawn("story", numbers // _STORY)]
        drawn.append(self._drawn("own", numbers))
        mixed = self._mean + sum(
            np.sqrt(share * (1 - _MEAN**2)) * part
            for share, part in zip(_SHARES, drawn, strict=True)
        )
        made = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return np.asarray(made, dtype=np.float32)

    def addition(self, first: int, count: int) -> Addition:
        """Return some passages as they are added to an index, four to a document."""
        starts = range(first, first + count, _OF_A_DOCUMENT)
        entries = [self._entry(n, min(_OF_A_DOCUMENT, first + count - n)) for n in starts]
        return Addition(entries, self.vectors(first, count))

    def question(self, number: int) -> str:
        """Return six content words of a passage."""
        content = [w for w in self._text(number).split() if w not in _FUNCTION_WORDS]
        chosen = np.random.default_rng([self._seed, 4, number]).choice(len(content), 6, False)
        return " ".join(content[place].strip(".") for place in chosen)

    def _drawn(self, kind: str, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Return one vector for each number, the same for equal ones."""
        first, count = int(numbers[0]), int(numbers[-1] - numbers[0]) + 1
        return self._draw(kind, first, count)[numbers - first]

    def _draw(self, kind: str, first: int, count: int) -> Floats:
        streams = {"mean": 0, "topic": 1, "story": 2, "own": 3}
        rows = [
            np.random.default_rng([self._seed, streams[kind], number]).standard_normal(
                DIMENSION, dtype=np.float32
            )
            for number in range(first, first + count)
        ]
        return np.asarray(np.array(rows) * self._scale, dtype=np.float32)

    def _entry(self, first: int, count: int) -> Entry:
        texts = [self._text(number) for number in range(first, first + count)]
        text = "\n\n".join(texts)
        starts = np.cumsum([0, *(len(each) + 2 for each in texts)]).tolist()
        spans = [Span(start, start + len(t)) for start, t in zip(starts, texts, strict=False)]
        hashed = sha256(text.encode()).hexdigest()
        name = f"document {first:08}"
        blocks = tuple(Block(span.start, span.end, BlockKind.PARAGRAPH) for span in spans)
        document = Document(name, texts[0][:60], text, hashed, "text/plain", blocks)
        passages = [
            Passage(
                f"{name}@{hashed[:8]}#{span.start}-{span.end}",
                name,
                span.start,
                span.end,
                text[span.start : span.end],
                tuple(_sentences(text, span)),
            )
            for span in spans
        ]
        return document, passages

    def _text(self, number: int) -> str:
        random = np.random.default_rng([self._seed, 5, number])
        functional = random.integers(len(_FUNCTION_WORDS), size=WORDS)
        content = len(_FUNCTION_WORDS) + np.searchsorted(self._chances, random.random(WORDS))
        chosen = np.where(random.random(WORDS) < _FUNCTIONAL, functional, content)
        words = self._words[chosen].reshape(-1, _SENTENCE).tolist()
        return " ".join(f"{' '.join(sentence)}." for sentence in words)


def _sentences(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        end = text.index(".", start) + 1
        yield Span(start, end)
        start = end + 1
