"""The sentence reader: answers with the sentence that the evidence supports best.

It fills the ``SpanScorer`` seam with sentences as units. Its score is the log-odds that a
sentence answers, from a logistic model over four features, fitted by ``rag train sentences``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from rag.reading import cues
from rag.reading.alignment import AlignedQuestion
from rag.retrieval import Query, Retriever
from rag.seams import Floats, SpanLogits, TokenEncoder, TokenVectors
from rag.types import Hit, Span

FEATURES = ("alignment", "similarity", "context_coverage", "cue")
"""Of a sentence: ``AlignedQuestion.similarities``; the share of the question's idf whose stems
stand in it or next to it; whether it holds the kind of thing that is asked for."""


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """Weights of the logistic model, one for each feature, and its intercept."""

    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def shipped(cls) -> "SentenceModel":
        """Load the model that comes with the package."""
        content = json.loads(files("rag").joinpath("assets/sentences.json").read_text("utf-8"))
        return cls(tuple(content["weights"][name] for name in FEATURES), content["intercept"])


class SentenceScorer:
    """A ``SpanScorer`` whose units are sentences and whose answers are one sentence each."""

    def __init__(self, encoder: TokenEncoder, retriever: Retriever, model: SentenceModel) -> None:
        self._encoder = encoder
        self._retriever = retriever
        self._weights = np.array(model.weights, dtype=np.float32)
        self._intercept = model.intercept

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        """Return the log-odds of each sentence of each hit."""
        return [
            SpanLogits(
                spans=hit.passage.sentences,
                start=(features @ self._weights + self._intercept).astype(np.float32),
                end=np.zeros(len(features), dtype=np.float32),
                null=0.0,
                longest=1,
            )
            for hit, features in zip(hits, self.features(question, hits), strict=True)
        ]

    def features(self, question: str, hits: Sequence[Hit]) -> list[Floats]:
        """Return for each hit an array of shape (sentences, len(FEATURES))."""
        query = self._retriever.query(question)
        asked, *passages = self._encoder.encode_tokens(
            [query.text, *(hit.passage.text for hit in hits)]
        )
        aligned = AlignedQuestion.of(asked, query.idf)
        return [
            self._of_hit(query, aligned, hit, tokens)
            for hit, tokens in zip(hits, passages, strict=True)
        ]

    def _of_hit(
        self, query: Query, aligned: AlignedQuestion, hit: Hit, tokens: TokenVectors
    ) -> Floats:
        passage = hit.passage
        places = [Span(s.start - passage.start, s.end - passage.start) for s in passage.sentences]
        texts = [passage.text[place.start : place.end] for place in places]
        stems = [set(self._retriever.stems(text)) for text in texts]
        rows = [
            (
                *aligned.similarities(tokens, place),
                query.coverage(set().union(*stems[max(0, i - 1) : i + 2])),
                cues.matches(query.text, texts[i]),
            )
            for i, place in enumerate(places)
        ]
        return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))
