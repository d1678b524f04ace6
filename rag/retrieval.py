"""Question -> hits: dense and BM25 candidates, every one scored by both, the best looked at closer.

Both scores are standardised over the candidates and added up. Of the best, what is also counted is
how near to each other the question's words stand. The weights maximise the likelihood of the
passages that answer 4,000 questions of training sets, among 18,421 passages: see docs/adr/0020.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rag.index import Index, either
from rag.proximity import proximity
from rag.question import MEASURES
from rag.seams import Encoder, Floats, Ints
from rag.spelling import Speller
from rag.types import Hit, Span

DENSE_WEIGHT = 0.4
"""Share of the dense score in what chooses the passages that are looked at closer."""
CANDIDATES = 50
"""Passages taken from each side before fusion."""

_LOOKED_AT = 20
"""Passages that are looked at closer; the others follow in the order of their fused scores."""
_DENSE, _LEXICAL, _BESIDE, _TOGETHER = 0.35, 0.14, 1.05, 1.65
"""Weights of the standardised scores, and of the shares that ``proximity`` tells."""

_FEW = 200
"""Passages that are all scored, where a question is put to so few."""
_REMEMBERED = 256
_MEASURE = re.compile(rf"\bhow\s+(?P<measure>{'|'.join(sorted(MEASURES))})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question as both sides search for it: without typing errors, as a unit vector, as stems.

    ``idf`` is the weight of each of its content words, by the word's place in ``text``.
    """

    text: str
    vector: Floats
    stems: tuple[str, ...]
    idf: Mapping[Span, float]

    def coverage(self, stems: Set[str]) -> float:
        """Return the share of the question's idf whose stems are among those given."""
        weights = list(zip(self.stems, self.idf.values(), strict=True))
        total = sum(weight for _, weight in weights)
        return sum(weight for stem, weight in weights if stem in stems) / total if total else 0.0


class Retriever:
    """Hybrid retrieval over one index generation; ties fall to the earlier passage."""

    def __init__(self, index: Index, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder
        self._speller = Speller(index, encoder)
        self.query = lru_cache(_REMEMBERED)(self._query)

    def retrieve(self, question: str, k: int, among: Ints | None = None) -> list[Hit]:
        """Return the (up to) k best passages, best first; only those ``among`` if given."""
        query = self.query(question)
        ordinals = self._candidates(query, among)
        dense = self._index.vectors.score(query.vector, ordinals)
        lexical = self._index.lexical.score(query.stems, ordinals)
        score = _DENSE * _standardised(dense) + _LEXICAL * _standardised(lexical)
        order = np.lexsort((ordinals, -fuse(dense, lexical)))
        near, rest = np.split(order, [_LOOKED_AT])
        score[near] += self._proximity(query, ordinals[near])
        ranked = [*near[np.lexsort((ordinals[near], -score[near]))], *rest][:k]
        told = np.minimum.accumulate(score[ranked])  # what was not looked at ranks below
        return [
            Hit(
                passage=self._index.passages[int(ordinals[i])],
                score=float(value),
                dense=float(dense[i]),
                lexical=float(lexical[i]),
            )
            for i, value in zip(ranked, told, strict=True)
        ]

    def _proximity(self, query: Query, ordinals: Ints) -> Floats:
        """Return what it is worth how near to each other the question's words stand in each."""
        idf = dict(zip(query.stems, query.idf.values(), strict=True))
        texts = [self._index.passages[each].text for each in ordinals.tolist()]
        shares = [proximity(query.stems, idf, self.stems(text)) for text in texts]
        return np.array([_BESIDE * b + _TOGETHER * t for b, t in shares], dtype=np.float32)

    def _candidates(self, query: Query, among: Ints | None) -> Ints:
        if among is not None and len(among) <= _FEW:
            return among
        near = self._index.vectors.search(query.vector, CANDIDATES, among)
        shared = self._index.lexical.search(query.stems, CANDIDATES, among)
        return either(near, shared)

    def unknown(self, question: str) -> tuple[str, ...]:
        """Return the words of the question, typing errors mended, that stand nowhere here.

        Nobody looks for the "old" of "How old is she?" in a text that gives her age.
        """
        text, lexical = self.query(question).text, self._index.lexical
        asking = {match.start("measure") for match in _MEASURE.finditer(text)}
        return tuple(
            text[span.start : span.end]
            for span, stem in lexical.words(text)
            if span.start not in asking and not lexical.document_frequency(stem)
        )

    def stems(self, text: str) -> list[str]:
        """Return the stems of any text, in order."""
        return self._index.lexical.terms(text)

    def _query(self, question: str) -> Query:
        """Encode and stem a question, without its typing errors."""
        vector = self._encoder.encode([question])[0]
        mended = self._speller.mended(question, vector)
        if mended != question:
            vector = self._encoder.encode([mended])[0]
        lexical = self._index.lexical
        words = lexical.words(mended)
        return Query(
            text=mended,
            vector=vector,
            stems=tuple(stem for _, stem in words),
            idf={span: lexical.idf(stem) for span, stem in words},
        )


def fuse(dense: Floats, lexical: Floats) -> Floats:
    """Return the weighted sum of both scores, each standardised over the candidates."""
    return DENSE_WEIGHT * _standardised(dense) + (1 - DENSE_WEIGHT) * _standardised(lexical)


def _standardised(scores: Floats) -> Floats:
    """Return (x - mean) / standard deviation; zeros where all are equal."""
    spread = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)
