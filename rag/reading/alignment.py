"""How well a sentence holds the words of a question, by meaning and not by spelling.

Each question token is aligned with the most similar token of the sentence, as late-interaction
retrieval (Khattab and Zaharia 2020) and BERTScore (Zhang et al. 2020) do. Token vectors are those
of the whole passage, so that "it" or "the summit" carry what the sentences before say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.seams import Floats, TokenVectors
from rag.types import Span


@dataclass(frozen=True, slots=True, eq=False)
class AlignedQuestion:
    """A question's token vectors, each with the share of the question's idf that it carries."""

    vectors: Floats
    weights: Floats

    @classmethod
    def of(cls, tokens: TokenVectors, idf_by_word: Mapping[Span, float]) -> "AlignedQuestion":
        """Weigh tokens by the idf of the word that each is part of; other tokens weigh nothing.

        ``idf_by_word`` maps the place of a word in the question to its idf.
        """
        weights = np.zeros(len(tokens.spans), dtype=np.float32)
        for word, idf in idf_by_word.items():
            within = _within(tokens.spans, word)
            weights[within] = idf / max(1, len(within))
        total = weights.sum()
        return cls(tokens.vectors, weights / total if total else weights)

    def alignment(self, tokens: TokenVectors, sentence: Span) -> float:
        """Return how well a sentence of the passage that ``tokens`` are of holds the question.

        The mean over question tokens, weighted by idf, of the best cosine to a token of the
        sentence; 0 where no token was seen.
        """
        inside = tokens.vectors[_within(tokens.spans, sentence)]
        if not len(inside) or not len(self.vectors):
            return 0.0
        return float((self.vectors @ inside.T).max(axis=1) @ self.weights)


def _within(spans: Sequence[Span], outer: Span) -> list[int]:
    return [
        i
        for i, span in enumerate(spans)
        if span.start >= outer.start and span.end <= outer.end and span.start < span.end
    ]
