"""Fits confidence: how likely a candidate is right, given the evidence for it, on gold questions.

Two logistic regressions. The first weighs the evidence, over all candidates of all questions; by
it the best one is chosen. The second says how likely that one is right (Platt 1999): the best of
several looks better than it is. What the confidence is worth, and the thresholds, are told from
articles left out of the fit.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.answering import cite
from rag.engine import Engine
from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.measures.selective import Flags, Numbers, auroc, expected_calibration_error
from rag.evaluation.scoring import is_right
from rag.evaluation.sets import Source, opened
from rag.evaluation.subject import InProcess
from rag.indexing import Progress
from rag.reading import FEATURES
from rag.settings import Settings

_FEWEST_ANSWERED = 0.02
_THRESHOLDS = 200


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit is worth, on articles it was not fitted on."""

    questions: int
    articles: int
    auroc: float
    ece: float
    threshold: float
    precision: float
    coverage: float


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """A question's candidates: evidence (candidates, features), which are right; its article."""

    evidence: Numbers
    right: Flags
    answerable: bool
    article: str


def fit(settings: Settings, source: Source, out: Path, progress: Progress) -> Fitted:
    """Fit a calibration of the reader in use on gold questions, and write it to ``out``.

    Raises:
        InvalidGold: the gold is broken, or too little or too uniform to fit on.
    """
    with opened(settings, source, 0, progress) as (subject, questions, _):
        if not isinstance(subject, InProcess):
            raise InvalidGold("A calibration is fitted in this process, not over HTTP.")
        observed = observe(subject.engine, questions, settings.top_k, progress)
    articles = sorted({each.article for each in observed})
    folds = [[each for each in observed if each.article != article] for article in articles]
    if not folds or not all(_can_be_fitted(fold) for fold in folds):
        raise InvalidGold(
            f"{source.gold} is too small to fit a confidence on: it needs questions on several "
            "documents, some answered right and some not in each part of them."
        )
    weighings = dict(zip(articles, map(Weighing.of, folds), strict=True))
    apart = [weighings[each.article].best(each) for each in observed]
    confidence = np.array([confidence for confidence, _ in apart])
    right = np.array([is_right for _, is_right in apart])
    curve = _curve(confidence, right)
    threshold = min((t for t, p in curve if p >= settings.target_precision), default=curve[-1][0])
    answered = confidence >= threshold
    fitted = Fitted(
        questions=len(observed),
        articles=len(articles),
        auroc=auroc(confidence, np.array([each.answerable for each in observed])),
        ece=expected_calibration_error(confidence, right.astype(np.float64)),
        threshold=threshold,
        precision=float(right[answered].mean()),
        coverage=float(answered.mean()),
    )
    _write(Weighing.of(observed), curve, fitted, source, out)
    return fitted


def observe(
    engine: Engine, questions: Sequence[GoldQuestion], top_k: int, progress: Progress
) -> list[Observed]:
    """Read for each question, and say which candidates are right; those without any are left."""
    observed = []
    for done, question in enumerate(questions, start=1):
        hits = engine.search(question.question, top_k=top_k)
        candidates, evidence = engine.weigh(question.question, hits)
        citations = [
            cite(engine.document(each.hit.passage.document_id), each.span, each.hit.passage)
            for each in candidates
        ]
        if candidates:
            observed.append(
                Observed(
                    evidence=np.array([astuple(each) for each in evidence]),
                    right=np.array([is_right(c.quote, c, question) for c in citations]),
                    answerable=question.is_answerable,
                    article=_article(question),
                )
            )
        progress("calibrating", done, len(questions))
    return observed


def _article(question: GoldQuestion) -> str:
    """Return what a question is on; paragraphs, as public sets number them, are of one article."""
    document_id = question.document_id or question.id
    article, _, last = document_id.rpartition("/")
    return article if last.isdecimal() else document_id


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """Weights of the evidence and an intercept: the log-odds that a candidate is right."""

    weights: Numbers
    intercept: float

    @classmethod
    def of(cls, observed: Sequence[Observed]) -> "Weighing":
        """Fit on questions and their candidates."""
        evidence = np.concatenate([each.evidence for each in observed])
        mean, scale = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
        first = LogisticRegression(max_iter=1000)
        first.fit((evidence - mean) / scale, np.concatenate([each.right for each in observed]))
        weights = first.coef_[0] / scale
        intercept = float(first.intercept_[0] - weights @ mean)
        best = [int((each.evidence @ weights).argmax()) for each in observed]
        pairs = list(zip(observed, best, strict=True))
        odds = np.array([[each.evidence[place] @ weights + intercept] for each, place in pairs])
        second = LogisticRegression(C=1e6, max_iter=1000)
        second.fit(odds, [bool(each.right[place]) for each, place in pairs])
        factor = float(second.coef_[0, 0])
        return cls(factor * weights, factor * intercept + float(second.intercept_[0]))

    def best(self, observed: Observed) -> tuple[float, bool]:
        """Return the confidence in the best candidate of a question, and whether it is right."""
        odds = observed.evidence @ self.weights + self.intercept
        place = int(odds.argmax())
        return float(1 / (1 + np.exp(-odds[place]))), bool(observed.right[place])


def _can_be_fitted(observed: Sequence[Observed]) -> bool:
    """Whether some questions have a right candidate, and some have none."""
    return len({bool(each.right.any()) for each in observed}) > 1


def _curve(confidence: Numbers, right: Flags) -> list[tuple[float, float]]:
    """Return thresholds, rising, and the precision of the answers that each lets through."""
    thresholds = np.linspace(0, 1, _THRESHOLDS, endpoint=False)
    kept = [confidence >= threshold for threshold in thresholds]
    return [
        (round(float(threshold), 4), round(float(right[each].mean()), 4))
        for threshold, each in zip(thresholds, kept, strict=True)
        if each.mean() >= _FEWEST_ANSWERED
    ]


def _write(
    weighing: Weighing,
    curve: Sequence[tuple[float, float]],
    fitted: Fitted,
    source: Source,
    out: Path,
) -> None:
    content = {
        "weights": {
            name: round(float(weight), 5)
            for name, weight in zip(FEATURES, weighing.weights, strict=True)
        },
        "intercept": round(weighing.intercept, 5),
        "curve": curve,
        "fitted_on": {
            "file": source.gold.name,
            "sha256": hashlib.sha256(source.gold.read_bytes()).hexdigest(),
            "split": source.split,
            "questions": fitted.questions,
            "articles": fitted.articles,
        },
        "on_other_articles": {"auroc": round(fitted.auroc, 4), "ece": round(fitted.ece, 4)},
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
