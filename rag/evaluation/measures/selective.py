"""How well confidence tells right answers from wrong ones: abstention, ranking, calibration.

Arrays share one axis of n questions: ``confidence`` in 0..1, and ``correct`` in 0..1, whether the
best candidate would be right (never, for a question without an answer). All results are finite.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Abstention:
    """Abstaining as a classifier of unanswerable questions; 0 where a ratio is undefined."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """The share of questions answered, ascending, and the share of wrong ones among them."""

    coverage: Numbers
    risk: Numbers


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of similar confidence: mean confidence, mean correctness, how many."""

    confidence: float
    accuracy: float
    count: int


def abstention(answered: Flags, answerable: Flags) -> Abstention:
    """Return precision, recall and F1 of abstaining, where unanswerable is the positive class.

    All 0 for empty input.
    """
    abstained, unanswerable = int((~answered).sum()), int((~answerable).sum())
    right = int((~answered & ~answerable).sum())
    return Abstention(
        precision=right / max(abstained, 1),
        recall=right / max(unanswerable, 1),
        f1=2 * right / max(abstained + unanswerable, 1),
    )


def auroc(score: Numbers, positive: Flags) -> float:
    """Return the chance that a positive outscores a negative, ties counting half, in 0..1.

    0.5 if either class is empty. Source: Mann and Whitney 1947; Hanley and McNeil 1982.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return 0.5
    _, group, sizes = np.unique(score, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    above = mean_ranks[group][positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def risk_coverage(confidence: Numbers, correct: Numbers) -> RiskCoverage:
    """Return coverage and risk at every threshold that confidence allows, the strictest first.

    Questions of equal confidence are answered together; m different confidences give (m,) arrays,
    empty input empty ones. Source: El-Yaniv and Wiener 2010.
    """
    coverage, accuracy = _prefixes(confidence, correct)
    return RiskCoverage(coverage, 1.0 - accuracy)


def aurc(confidence: Numbers, correct: Numbers) -> float:
    """Return the area under the risk-coverage curve, in 0..1, lower is better; 0.0 if empty.

    The mean, over questions, of the risk at each one's own confidence. Source: Geifman, Uziel and
    El-Yaniv 2019.
    """
    curve = risk_coverage(confidence, correct)
    return float(np.diff(curve.coverage, prepend=0.0) @ curve.risk)


def accuracy_at_coverage(confidence: Numbers, correct: Numbers, coverage: float) -> float:
    """Return the accuracy over the fewest most confident questions that reach the coverage.

    ``coverage`` lies in 0..1. 0.0 for empty input.
    """
    reached, accuracy = _prefixes(confidence, correct)
    return float(accuracy[np.searchsorted(reached, coverage)]) if reached.size else 0.0


def coverage_at_accuracy(confidence: Numbers, correct: Numbers, accuracy: float) -> float:
    """Return the largest coverage whose accuracy is at least that; 0.0 if none or empty."""
    coverage, reached = _prefixes(confidence, correct)
    return float(coverage[reached >= accuracy].max(initial=0.0))


def expected_calibration_error(confidence: Numbers, correct: Numbers, bins: int = 15) -> float:
    """Return the mean over questions of |accuracy - confidence| of their bin, in 0..1.

    0.0 for empty input. Source: Naeini, Cooper and Hauskrecht 2015, with the equal-mass bins of
    Nguyen and O'Connor 2015.
    """
    parts = reliability(confidence, correct, bins)
    gaps = sum(abs(part.accuracy - part.confidence) * part.count for part in parts)
    return float(gaps / max(len(confidence), 1))


def reliability(confidence: Numbers, correct: Numbers, bins: int = 10) -> tuple[Bin, ...]:
    """Return up to ``bins`` bins of rising confidence whose counts differ by at most one.

    Equal confidences stay in the order given; no bin is empty, so empty input has none.
    """
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    return tuple(
        Bin(float(confidence[part].mean()), float(correct[part].mean()), part.size)
        for part in parts
        if part.size
    )


def brier(confidence: Numbers, correct: Numbers) -> float:
    """Return the mean squared difference of confidence and correctness; 0.0 if empty.

    Source: Brier 1950.
    """
    return float(np.square(confidence - correct).sum() / max(len(confidence), 1))


def _prefixes(confidence: Numbers, correct: Numbers) -> tuple[Numbers, Numbers]:
    """Return coverage and accuracy of each most confident prefix that splits no tie."""
    order = np.argsort(-confidence, kind="stable")
    descending = confidence[order]
    is_last = np.append(descending[1:] != descending[:-1], True)[: order.size]
    counts = np.flatnonzero(is_last) + 1
    return counts / max(order.size, 1), np.cumsum(correct[order])[is_last] / counts
