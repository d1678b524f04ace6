"""How good the answers of a system are, and how far from another one's."""

import numpy as np
import numpy.typing as npt
import pytest

from eval.benchmarks.quality import Quality, reading
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.measures.resampling import interval


def test_difference_is_told_with_the_interval_of_paired_questions() -> None:
    rng = np.random.default_rng(1)
    theirs = rng.uniform(size=200)
    ours = theirs + rng.normal(0.05, 0.02, size=200)
    found = _mean(ours).over(_mean(theirs))
    assert found is not None
    assert found.mean == pytest.approx((ours - theirs).mean())
    assert found.low == pytest.approx(interval(ours - theirs, seed=0).low, abs=0.001)
    assert found.high == pytest.approx(interval(ours - theirs, seed=0).high, abs=0.001)


def test_difference_counts_the_questions_that_both_were_asked() -> None:
    first = Quality(np.mean, {"a": 1.0, "b": 0.0, "c": 1.0})
    second = Quality(np.mean, {"a": 0.0, "c": 0.0, "d": 1.0})
    found = first.over(second)
    assert found is not None
    assert (found.mean, found.low, found.high) == (1.0, 1.0, 1.0)
    assert first.over(Quality(np.mean, {"d": 1.0})) is None


def test_reading_is_scored_where_answerable_and_at_the_best_threshold() -> None:
    asked = {
        "right": (("Ann Lee",), "Ann Lee", 0.9),
        "half": (("Ann Lee",), "Ann", 0.8),
        "none": ((), "Ann", 0.7),
        "wrong": (("Lee",), "Ann", 0.6),
    }
    questions = [GoldQuestion(each, f"{each}?", gold) for each, (gold, _, _) in asked.items()]
    answers = {each: {"answer": told, "score": at} for each, (_, told, at) in asked.items()}
    figures = reading(answers, questions)
    assert figures["f1_answerable"].value == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert figures["f1_best_threshold"].value == pytest.approx((1 + 2 / 3 + 1 + 0) / 4)
    unscored = {each: answer | {"score": None} for each, answer in answers.items()}
    assert reading(unscored, questions).keys() == {"f1_answerable"}


def _mean(values: npt.NDArray[np.float64]) -> Quality:
    return Quality(np.mean, {str(place): value for place, value in enumerate(values)})
