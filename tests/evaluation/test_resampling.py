"""Intervals and the paired test: repeatable, of the right coverage, finding what is there."""

import tracemalloc
from dataclasses import astuple
from itertools import product

import numpy as np
import pytest

from rag.errors import InvalidInput
from rag.evaluation.measures.resampling import (
    Interval,
    PairedTest,
    interval,
    interval_of,
    paired_test,
)
from rag.evaluation.measures.selective import auroc


def test_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    intervals = [interval(rng.random(100) < 0.7, seed=i, level=0.9) for i in range(300)]
    assert 0.86 <= np.mean([found.low <= 0.7 <= found.high for found in intervals]) <= 0.94


def test_the_interval_is_that_of_the_normal_law_for_many_values() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    found = interval(values, seed=2, resamples=4000)
    error = values.std() / np.sqrt(2000)
    assert found.mean == pytest.approx(values.mean())
    assert (found.mean - found.low) / error == pytest.approx(1.96, abs=0.1)
    assert (found.high - found.mean) / error == pytest.approx(1.96, abs=0.1)


def test_a_wider_level_gives_a_wider_interval() -> None:
    values = np.random.default_rng(1).random(50)
    wide, narrow = (interval(values, seed=0, level=level) for level in (0.99, 0.5))
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_the_same_seed_gives_the_same_result() -> None:
    values = np.random.default_rng(1).random(50)
    assert interval(values, seed=3) == interval(values, seed=3) != interval(values, seed=4)
    before = values[::-1]
    assert paired_test(before, values + 0.1, seed=3) == paired_test(before, values + 0.1, seed=3)


def test_constant_and_empty_values() -> None:
    assert interval([0.5] * 7, seed=0) == Interval(0.5, 0.5, 0.5)
    assert interval([], seed=0) == Interval(0.0, 0.0, 0.0)
    assert interval([True], seed=0) == Interval(1.0, 1.0, 1.0)
    assert interval_of(np.mean, [np.array([])], seed=0) == Interval(0.0, 0.0, 0.0)


def test_many_values_stay_within_memory() -> None:
    values = np.random.default_rng(0).random(10_000)
    tracemalloc.start()
    try:
        interval(values, seed=0)
        paired_test(values, values[::-1], seed=0, resamples=1000)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()


def test_the_mean_as_a_statistic_gives_the_interval_of_the_mean() -> None:
    values = np.random.default_rng(5).random(200)
    by_mean, by_statistic = interval(values, seed=0), interval_of(np.mean, [values], seed=0)
    assert astuple(by_statistic) == pytest.approx(astuple(by_mean))


def test_a_statistic_sees_the_same_rows_of_every_column() -> None:
    rng = np.random.default_rng(6)
    positive = rng.random(300) < 0.5
    score = positive + rng.normal(size=300)
    found = interval_of(auroc, [score, positive], seed=0, resamples=300)
    assert found.mean == auroc(score, positive)
    # two normal laws a standard deviation apart: the true area is 0.760
    assert 0.65 < found.low < 0.76 < found.high < 0.87


def test_the_p_value_is_that_of_all_sign_flips() -> None:
    before, after = np.zeros(8), np.array([0.3, 0.2, -0.1, 0.4, 0.1, 0.25, 0.0, -0.05])
    flips = np.array(list(product([1, -1], repeat=8))) @ after
    expected = np.mean(abs(flips) >= after.sum() - 1e-12)
    found = paired_test(before, after, seed=0)
    assert found.delta == pytest.approx(after.mean())
    assert found.p_value == pytest.approx(expected, abs=0.01)


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(7)
    before = (rng.random(400) < 0.6).astype(float)
    after = np.maximum(before, rng.random(400) < 0.15)
    found = paired_test(before, after, seed=0)
    assert found.delta == pytest.approx(after.mean() - before.mean())
    assert found.p_value == pytest.approx(1 / 10_001)


def test_noise_is_significant_no_more_often_than_it_should() -> None:
    rng = np.random.default_rng(8)
    values = [
        paired_test(rng.random(60), rng.random(60), seed=i, resamples=200).p_value
        for i in range(300)
    ]
    assert 0.02 <= np.mean(np.array(values) < 0.05) <= 0.08
    assert np.mean(values) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("before", "after"), [([], []), ([0.3, 0.7], [0.3, 0.7]), ([0.1, 0.4], [0.4, 0.1])]
)
def test_no_difference_has_p_one(before: list[float], after: list[float]) -> None:
    assert paired_test(before, after, seed=0) == PairedTest(0.0, 1.0)


def test_a_sum_that_differs_by_rounding_alone_is_as_extreme() -> None:
    # no signs bring 2, 1, 3 and 1 tenths nearer to 0 than one tenth, the observed sum
    assert paired_test(np.zeros(4), [0.2, 0.1, -0.3, 0.1], seed=0).p_value == 1.0


def test_unpaired_values_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"shapes \(1,\) and \(2,\)"):
        paired_test([1.0], [1.0, 0.0], seed=0)
