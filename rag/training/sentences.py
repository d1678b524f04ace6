"""Fits the sentence reader and its calibration on public questions, by logistic regression.

The reader's weights: is this sentence, of the passages retrieved, one that holds a gold answer?
The calibration, on other articles: does the best sentence hold one, given its score and lead?
The threshold, on the development half of a gold file: where are most decisions right?
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.answering import Calibration
from rag.chunking import CHUNKER, Budget, chunk
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.importers import QuestionSet
from rag.index import Index, Recipe, publish
from rag.indexing import Progress
from rag.reading import SentenceScorer, decode
from rag.reading.sentences import FEATURES, SentenceModel
from rag.retrieval import Retriever
from rag.seams import Encoder, Floats
from rag.types import Candidate, Hit

_READ = 5
_CANDIDATES = 8


class RememberingEncoder:
    """An ``Encoder`` that encodes each text once: training meets the same sentences often."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Floats] = {}
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.tokenizer = encoder.tokenizer
        self.max_tokens = encoder.max_tokens

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text, of shape (len(texts), dimension)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        known = [self._known[text] for text in texts]
        return np.array(known, dtype=np.float32).reshape(-1, self.dimension)


@dataclass(frozen=True, slots=True)
class Bench:
    """A collection indexed for training, and the questions asked of it."""

    retriever: Retriever
    encoder: Encoder
    questions: tuple[GoldQuestion, ...]

    @classmethod
    def set_up(
        cls, data: QuestionSet, encoder: Encoder, budget: Budget, limit: int, folder: Path
    ) -> "Bench":
        """Index the documents of ``data`` into ``folder`` and draw up to ``limit`` questions."""
        remembering = RememberingEncoder(encoder)
        passages = [p for document in data.documents for p in chunk(document, budget)]
        vectors = remembering.encode([p.text for p in passages])
        recipe = Recipe("", encoder.fingerprint, CHUNKER, "", budget.passage, budget.overlap)
        publish(folder, data.documents, passages, vectors, recipe)
        drawn = list(data.questions)
        Random(0).shuffle(drawn)  # noqa: S311  # a draw of questions, not a secret
        return cls(Retriever(Index.open(folder), remembering), remembering, tuple(drawn[:limit]))


def fit_reader(bench: Bench, progress: Progress) -> SentenceModel:
    """Fit the weights of the sentence features on every sentence retrieved for each question."""
    scorer = SentenceScorer(bench.encoder, bench.retriever, SentenceModel((0,) * len(FEATURES), 0))
    rows: list[Floats] = []
    labels: list[bool] = []
    for done, question in enumerate(bench.questions, start=1):
        if question.is_answerable:
            hits = bench.retriever.retrieve(question.question, _READ)
            rows += scorer.features(question.question, hits)
            labels += [
                _holds(h, s.start, s.end, question) for h in hits for s in h.passage.sentences
            ]
        progress("reading", done, len(bench.questions))
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(np.concatenate(rows), labels)
    return SentenceModel(
        tuple(round(float(w), 4) for w in fitted.coef_[0]), round(float(fitted.intercept_[0]), 4)
    )


def fit_calibration(bench: Bench, model: SentenceModel, progress: Progress) -> Calibration:
    """Fit the probability that the best sentence is right, from its score and its lead."""
    scorer = SentenceScorer(bench.encoder, bench.retriever, model)
    rows, labels = [], []
    for done, question in enumerate(bench.questions, start=1):
        best = _read(bench, scorer, question)
        if best:
            rows.append((best[0].score, best[0].score - best[1].score if len(best) > 1 else 0.0))
            labels.append(_is_right(best[0], question))
        progress("calibrating", done, len(bench.questions))
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(np.array(rows), labels)
    score, margin = (round(float(w), 4) for w in fitted.coef_[0])
    return Calibration(score, margin, round(float(fitted.intercept_[0]), 4), threshold=0.5)


def choose_threshold(
    bench: Bench, model: SentenceModel, calibration: Calibration
) -> tuple[Calibration, float]:
    """Return the calibration with the threshold of most right decisions, and their share.

    A decision is right if an answer given is right, or if nothing was given where the documents
    hold no answer. Between two equally good thresholds the middle is taken.
    """
    scorer = SentenceScorer(bench.encoder, bench.retriever, model)
    outcomes = []
    for question in bench.questions:
        best = _read(bench, scorer, question)
        lead = best[0].score - best[1].score if len(best) > 1 else 0.0
        confidence = calibration.confidence(best[0].score, lead)
        outcomes.append((confidence, _is_right(best[0], question), not question.is_answerable))
    cuts = sorted({0.0, 1.0, *(confidence for confidence, _, _ in outcomes)})
    middles = [(low + high) / 2 for low, high in zip(cuts, cuts[1:], strict=False)]
    shares = [
        sum(right if confidence >= cut else refused for confidence, right, refused in outcomes)
        for cut in middles
    ]
    best_share = max(shares)
    ties = [cut for cut, share in zip(middles, shares, strict=True) if share == best_share]
    threshold = round(ties[len(ties) // 2], 4)
    return replace(calibration, threshold=threshold), best_share / len(outcomes)


def write(
    model: SentenceModel, calibration: Calibration, folder: Path, provenance: dict[str, str]
) -> None:
    """Write ``sentences.json`` and ``calibration.json`` with where their numbers come from."""
    weights = dict(zip(FEATURES, model.weights, strict=True))
    reader = {"weights": weights, "intercept": model.intercept, "fitted_on": provenance["reader"]}
    calibrated = {name: getattr(calibration, name) for name in Calibration.__slots__}
    calibrated |= {key: provenance[key] for key in ("fitted_on", "threshold_chosen_on")}
    for name, content in (("sentences", reader), ("calibration", calibrated)):
        text = json.dumps(content, indent=2) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _read(bench: Bench, scorer: SentenceScorer, question: GoldQuestion) -> list[Candidate]:
    hits = bench.retriever.retrieve(question.question, _READ)
    return decode(scorer.score(question.question, hits), hits, _CANDIDATES)


def _is_right(candidate: Candidate, question: GoldQuestion) -> bool:
    return _holds(candidate.hit, candidate.span.start, candidate.span.end, question)


def _holds(hit: Hit, start: int, end: int, question: GoldQuestion) -> bool:
    return hit.passage.document_id == question.document_id and any(
        start <= span.start and span.end <= end for span in question.spans
    )
