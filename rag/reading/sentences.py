"""The sentence reader: answers with the sentence that the evidence supports best.

It fills the ``SpanScorer`` seam with sentences as units. Its score is the log-odds that a
sentence answers, from a logistic model over five features, fitted by ``rag train sentences``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from rag.reading import cues
from rag.retrieval import Retriever
from rag.seams import Encoder, Floats, SpanLogits
from rag.types import Hit, Span

FEATURES = ("similarity", "coverage", "context_coverage", "passage_similarity", "cue")
"""Of a sentence: cosine to the question; share of the question's idf that its stems hold, and
that it holds with its neighbours; cosine of its passage; whether it holds what is asked for."""


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

    def __init__(self, encoder: Encoder, retriever: Retriever, model: SentenceModel) -> None:
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
        texts = {_text(hit, span): None for hit in hits for span in hit.passage.sentences}
        vectors = self._encoder.encode(list(texts))
        similarity = dict(zip(texts, vectors @ self._retriever.query(question).vector, strict=True))
        coverage = _Coverage(self._retriever, question)
        return [self._of_hit(question, hit, similarity, coverage) for hit in hits]

    def _of_hit(
        self, question: str, hit: Hit, similarity: dict[str, float], coverage: "_Coverage"
    ) -> Floats:
        sentences = [_text(hit, span) for span in hit.passage.sentences]
        held = [coverage.held(text) for text in sentences]
        rows = [
            (
                similarity[text],
                coverage.share(held[i]),
                coverage.share(set().union(*held[max(0, i - 1) : i + 2])),
                hit.dense,
                cues.matches(question, text),
            )
            for i, text in enumerate(sentences)
        ]
        return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


class _Coverage:
    """Says how much of a question a text covers, weighing each stem by its idf."""

    def __init__(self, retriever: Retriever, question: str) -> None:
        self._stems = retriever.stems
        self._weights = {term: retriever.idf(term) for term in retriever.query(question).terms}
        self._total = sum(self._weights.values())

    def held(self, text: str) -> set[str]:
        return self._weights.keys() & set(self._stems(text))

    def share(self, held: set[str]) -> float:
        return sum(self._weights[t] for t in sorted(held)) / self._total if self._total else 0.0


def _text(hit: Hit, span: Span) -> str:
    offset = hit.passage.start
    return hit.passage.text[span.start - offset : span.end - offset]
