"""Scored questions -> figures: every aggregate measure, each with a bootstrap 95% interval."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluation.measures import selective, squad
from rag.evaluation.measures.resampling import Interval, interval, interval_of
from rag.evaluation.measures.selective import Flags, Numbers
from rag.evaluation.scoring import Scored

COVERAGE = 0.8
ACCURACY = 0.9


@dataclass(frozen=True, slots=True)
class Figure:
    """An aggregate over ``n`` questions with its 95% interval."""

    value: float
    low: float
    high: float
    n: int


def summarise(scored: Sequence[Scored], seed: int) -> dict[str, Figure]:
    """Return every figure by name, in the order of the report; the same seed, the same figures."""
    figures = {
        name: _figure(interval(values, seed=seed), len(values)) for name, values in _means(scored)
    }
    if any(each.values.keys() & {"em"} for each in scored):
        figures |= _selective(scored, seed)
    return figures


def _means(scored: Sequence[Scored]) -> Iterator[tuple[str, Numbers]]:
    """Yield the measures that are means over the questions that they apply to."""
    names = dict.fromkeys(name for each in scored for name in each.values)
    for name in names:
        applies = [each for each in scored if name in each.values]
        yield name, np.array([each.values[name] for each in applies], dtype=np.float64)
    read = [each for each in scored if "f1" in each.values]
    if read:
        yield "decided", _column(read, lambda each: float(each.decided))
    answerable = [each for each in read if each.is_answerable]
    others = [each for each in read if not each.is_answerable]
    if answerable:
        yield "has_ans_em", _column(answerable, lambda each: each.values["em"])
        yield "has_ans_f1", _column(answerable, lambda each: each.values["f1"])
        yield "right", _column(answerable, lambda each: float(each.right))
    if others:
        yield "no_ans_accuracy", _column(others, lambda each: each.values["em"])


def _selective(scored: Sequence[Scored], seed: int) -> dict[str, Figure]:
    confidence = _column(scored, lambda each: each.confidence)
    right = _column(scored, lambda each: float(each.right))
    answered = np.array([each.is_answered for each in scored], dtype=bool)
    answerable = np.array([each.is_answerable for each in scored], dtype=bool)

    def of(statistic: Callable[..., float], *columns: Numbers | Flags) -> Figure:
        return _figure(interval_of(statistic, columns, seed=seed), len(scored))

    null = 1 - confidence
    figures = {
        f"best_{name}": of(
            lambda *columns: squad.best_threshold(*columns).value,
            np.array([each.forced[name] for each in scored], dtype=np.float64),
            null,
            answerable,
        )
        for name in ("em", "f1")
    }
    if answerable.any() and not answerable.all():
        for name in ("precision", "recall", "f1"):
            figures[f"abstention_{name}"] = of(_abstention(name), answered, answerable)
        figures["auroc"] = of(selective.auroc, confidence, answerable)
    return figures | {
        "aurc": of(selective.aurc, confidence, right),
        "accuracy@coverage80": of(
            lambda c, r: selective.accuracy_at_coverage(c, r, COVERAGE), confidence, right
        ),
        "coverage@accuracy90": of(
            lambda c, r: selective.coverage_at_accuracy(c, r, ACCURACY), confidence, right
        ),
        "ece": of(selective.expected_calibration_error, confidence, right),
        "brier": of(selective.brier, confidence, right),
    }


def _abstention(name: str) -> Callable[[Flags, Flags], float]:
    def value(answered: Flags, answerable: Flags) -> float:
        return float(getattr(selective.abstention(answered, answerable), name))

    return value


def latencies(scored: Sequence[Scored]) -> Mapping[str, Mapping[str, float]]:
    """Return p50, p95 and p99 in milliseconds by stage, of questions that did not fail."""
    stages = dict.fromkeys(stage for each in scored for stage in each.latency_ms)
    return {
        stage: {
            f"p{q}": float(np.percentile([e.latency_ms[stage] for e in scored if e.latency_ms], q))
            for q in (50, 95, 99)
        }
        for stage in stages
    }


def _column(scored: Sequence[Scored], of: Callable[[Scored], float]) -> Numbers:
    return np.array([of(each) for each in scored], dtype=np.float64)


def _figure(found: Interval, n: int) -> Figure:
    return Figure(found.mean, found.low, found.high, n)
