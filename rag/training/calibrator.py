"""Fits confidence: how likely a candidate is right, given the evidence for it, on gold questions.

Two logistic regressions. The first weighs the evidence, over all candidates of all questions; by
it the best one is chosen. The second says how likely that one is right (Platt 1999): the best of
several looks better than it is. What the confidence is worth, and the thresholds, are told from
articles left out of the fit.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.answering import cite
from rag.confidence import Calibration
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

_GROUPS = 20
"""Groups of articles left out in turn, at most: each takes a fit."""
_FEWEST_ANSWERED = 0.02
_THRESHOLDS = 200


@dataclass(frozen=True, slots=True)
class Worth:
    """What a fit is worth on the questions of a file, told on articles left out of it.

    ``auroc`` is that of answerable against unanswerable; none where all are the one or the other.
    """

    file: str
    questions: int
    articles: int
    auroc: float | None
    ece: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit's worth on each file, and the threshold for the precision that the settings ask for."""

    files: tuple[Worth, ...]
    threshold: float
    precision: float
    coverage: float


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """A question's candidates: evidence (candidates, features), which are right; where it is of."""

    evidence: Numbers
    right: Flags
    answerable: bool
    article: str
    file: str = ""


def fit(settings: Settings, sources: Sequence[Source], out: Path, progress: Progress) -> Fitted:
    """Fit a calibration of the reader in use on gold questions, and write it to ``out``.

    Raises:
        InvalidGold: the gold is broken, or too little or too uniform to fit on.
    """
    observed = [each for source in sources for each in _observed(settings, source, progress)]
    groups = _groups(observed)
    folds = [[each for each in observed if groups[_place(each)] != n] for n in set(groups.values())]
    if len(folds) == 1 or not all(_can_be_fitted(fold) for fold in folds):
        raise InvalidGold(
            f"{', '.join(source.gold.name for source in sources)} is too small to fit a confidence "
            "on: it needs questions on several documents, some answered right and some not in each "
            "part of them."
        )
    weighings = [Weighing.of(fold) for fold in folds]
    apart = [weighings[groups[_place(each)]].best(each) for each in observed]
    confidence = np.array([confidence for confidence, _ in apart])
    right = np.array([is_right for _, is_right in apart])
    curve = _curve(confidence, right)
    weighing = Weighing.of(observed)
    weights = dict(zip(FEATURES, weighing.weights.tolist(), strict=True))
    calibration = Calibration(weights, weighing.intercept, tuple(curve))
    threshold = calibration.threshold(settings.target_precision)
    answered = confidence >= threshold
    fitted = Fitted(
        files=tuple(_worth(source.gold.name, observed, confidence, right) for source in sources),
        threshold=threshold,
        precision=float(right[answered].mean()),
        coverage=float(answered.mean()),
    )
    _write(calibration, fitted, sources, out)
    return fitted


def _observed(settings: Settings, source: Source, progress: Progress) -> list[Observed]:
    with opened(settings, source, 0, progress) as (subject, questions, _):
        if not isinstance(subject, InProcess):
            raise InvalidGold("A calibration is fitted in this process, not over HTTP.")
        found = observe(subject.engine, questions, settings.top_k, progress)
    return [replace(each, file=source.gold.name) for each in found]


def _place(observed: Observed) -> tuple[str, str]:
    return observed.file, observed.article


def _groups(observed: Sequence[Observed]) -> dict[tuple[str, str], int]:
    """Deal the articles into groups to be left out together: as many as there are, up to a limit.

    The largest go first, each to the smallest group, so that the groups are of like size.
    """
    sizes = Counter(map(_place, observed))
    taken = [0] * min(len(sizes), _GROUPS)
    groups = {}
    for article, size in sorted(sizes.items(), key=lambda each: (-each[1], each[0])):
        groups[article] = int(np.argmin(taken))
        taken[groups[article]] += size
    return groups


def _worth(file: str, observed: Sequence[Observed], confidence: Numbers, right: Flags) -> Worth:
    of_file = np.array([each.file == file for each in observed])
    answerable = np.array([each.answerable for each in observed])[of_file]
    return Worth(
        file=file,
        questions=int(of_file.sum()),
        articles=len({each.article for each in observed if each.file == file}),
        auroc=auroc(confidence[of_file], answerable) if len(set(answerable)) > 1 else None,
        ece=expected_calibration_error(confidence[of_file], right[of_file].astype(np.float64)),
    )


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


def _write(calibration: Calibration, fitted: Fitted, sources: Sequence[Source], out: Path) -> None:
    content = {
        "weights": {name: round(weight, 5) for name, weight in calibration.weights.items()},
        "intercept": round(calibration.intercept, 5),
        "curve": calibration.curve,
        "fitted_on": [
            {
                "sha256": hashlib.sha256(source.gold.read_bytes()).hexdigest(),
                "split": source.split,
                **asdict(worth),
            }
            for source, worth in zip(sources, fitted.files, strict=True)
        ],
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
