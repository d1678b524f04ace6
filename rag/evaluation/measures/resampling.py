"""Uncertainty of a measure over questions: bootstrap intervals and a paired randomisation test.

All of it is deterministic in ``seed``, and works in blocks of bounded memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import InvalidInput

Column = npt.NDArray[Any]

_BLOCK = 1_000_000
"""Resampled values held at a time: 8 MB an array."""

_ROUNDING = 1e-12
"""Sums that differ by less of their terms' size differ by the order of addition."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean, or another statistic, of the questions and the interval it may lie in."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The mean of ``after - before``, and how probable one as large would be by chance."""

    delta: float
    p_value: float


def interval(
    values: npt.ArrayLike, *, seed: int, resamples: int = 1000, level: float = 0.95
) -> Interval:
    """Return the percentile bootstrap interval of the mean of ``values`` (n,).

    All 0 for empty input. Source: Efron 1979; percentile method, Efron and Tibshirani 1993.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size:
        return Interval(0.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    means = [
        sample[rng.integers(sample.size, size=(rows, sample.size))].mean(axis=1)
        for rows in _blocks(resamples, sample.size)
    ]
    return _interval(float(sample.mean()), np.concatenate(means), level)


def interval_of(
    statistic: Callable[..., float],
    columns: Sequence[Column],
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the percentile bootstrap interval of ``statistic(*columns)``.

    Each resample draws the same rows of every column (n,); ``mean`` is the statistic of all rows.
    All 0 for empty input. Source as for ``interval``.
    """
    count = len(columns[0])
    if not count:
        return Interval(0.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    draws = (rng.integers(count, size=count) for _ in range(resamples))
    found = [statistic(*(column[rows] for column in columns)) for rows in draws]
    return _interval(statistic(*columns), np.array(found), level)


def paired_test(
    before: npt.ArrayLike, after: npt.ArrayLike, *, seed: int, resamples: int = 10_000
) -> PairedTest:
    """Test, two-sided, whether the mean of ``after - before``, both (n,), differs from 0.

    p = (1 + resamples whose signs, flipped at random, give a mean at least as far from 0) /
    (1 + resamples). Equal or empty inputs give p = 1. Source: Smucker, Allan and Carterette 2007;
    the added ones, Phipson and Smyth 2010.

    Raises:
        InvalidInput: the lengths differ.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if old.shape != new.shape:
        raise InvalidInput(
            f"Paired values have shapes {old.shape} and {new.shape}: give both for each question."
        )
    moved = (new - old)[new != old]
    total = moved.sum()
    least = abs(total) - _ROUNDING * abs(moved).sum()
    rng = np.random.default_rng(seed)
    extreme = 0
    for rows in _blocks(resamples, moved.size):
        is_flipped = rng.integers(2, size=(rows, moved.size), dtype=np.bool_)
        extreme += int((abs(total - 2.0 * (is_flipped @ moved)) >= least).sum())
    return PairedTest(float(total) / max(old.size, 1), (1 + extreme) / (1 + resamples))


def _blocks(resamples: int, size: int) -> Iterator[int]:
    """Yield how many resamples of ``size`` values to draw at a time."""
    most = max(_BLOCK // max(size, 1), 1)
    for done in range(0, resamples, most):
        yield min(most, resamples - done)


def _interval(value: float, resampled: npt.NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
