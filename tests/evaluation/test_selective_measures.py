"""Selective prediction: hand values, and scikit-learn where it has the same measure."""

from collections.abc import Callable
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, precision_recall_fscore_support, roc_auc_score

from rag.evaluation.measures.selective import (
    Abstention,
    Bin,
    abstention,
    accuracy_at_coverage,
    aurc,
    auroc,
    brier,
    coverage_at_accuracy,
    expected_calibration_error,
    reliability,
    risk_coverage,
)

Numbers = npt.NDArray[np.float64]
rows = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), st.booleans()), max_size=40)


def numbers(*values: float) -> Numbers:
    return np.array(values, dtype=np.float64)


def columns(of: list[tuple[float, bool]]) -> tuple[Numbers, Numbers]:
    return numbers(*(row[0] for row in of)), numbers(*(row[1] for row in of))


def test_abstention_by_hand() -> None:
    answered = np.array([True, False, False, False, True])
    answerable = np.array([True, True, False, False, False])
    assert abstention(answered, answerable) == Abstention(2 / 3, 2 / 3, 2 / 3)
    assert abstention(answered, np.ones(5, dtype=bool)) == Abstention(0.0, 0.0, 0.0)
    assert abstention(np.ones(5, dtype=bool), answerable) == Abstention(0.0, 0.0, 0.0)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_abstention_is_that_of_scikit_learn(of: list[tuple[bool, bool]]) -> None:
    answered, answerable = np.array(of).T
    precision, recall, f1, _ = precision_recall_fscore_support(
        ~answerable, ~answered, average="binary", zero_division=0
    )
    found = abstention(answered, answerable)
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))


@given(rows)
def test_auroc_is_that_of_scikit_learn(of: list[tuple[float, bool]]) -> None:
    score, positive = columns(of)
    both = 0 < positive.sum() < len(of)
    expected = roc_auc_score(positive, score) if both else 0.5
    assert auroc(score, positive.astype(bool)) == pytest.approx(expected)


def test_auroc_by_hand() -> None:
    # of four pairs one is tied and three are wrong
    score, positive = numbers(1, 2, 2, 3), np.array([True, True, False, False])
    assert auroc(score, positive) == 0.5 / 4
    assert auroc(numbers(-np.inf, np.inf), np.array([False, True])) == 1.0


def test_risk_coverage_by_hand() -> None:
    # 0.9 right; 0.8 twice, one right; 0.1 wrong
    curve = risk_coverage(numbers(0.8, 0.1, 0.9, 0.8), numbers(1, 0, 1, 0))
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.risk == pytest.approx(numbers(0, 1 / 3, 0.5))


def test_aurc_by_hand() -> None:
    found = aurc(numbers(0.8, 0.1, 0.9, 0.8), numbers(1, 0, 1, 0))
    assert found == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    assert aurc(numbers(0.3, 0.2, 0.1), numbers(1, 0, 1)) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert aurc(numbers(0.5, 0.5), numbers(1, 0)) == 0.5


def test_accuracy_at_coverage_by_hand() -> None:
    confidence, correct = numbers(0.9, 0.8, 0.7, 0.6, 0.5), numbers(1, 1, 0, 1, 0)
    assert accuracy_at_coverage(confidence, correct, 0.8) == 3 / 4
    assert accuracy_at_coverage(confidence, correct, 0.81) == 3 / 5
    assert accuracy_at_coverage(confidence, correct, 1.0) == 3 / 5
    assert accuracy_at_coverage(confidence, correct, 0.0) == 1.0
    tied = numbers(0.9, 0.5, 0.5, 0.5, 0.5)
    assert accuracy_at_coverage(tied, correct, 0.4) == 3 / 5


def test_coverage_at_accuracy_by_hand() -> None:
    confidence, correct = np.arange(10, 0, -1) / 10, numbers(1, 0, 1, 1, 1, 1, 1, 1, 1, 1)
    assert coverage_at_accuracy(confidence, correct, 0.9) == 1.0
    assert coverage_at_accuracy(confidence, correct, 0.91) == 0.1
    assert coverage_at_accuracy(confidence, 1 - correct, 0.9) == 0.0


def test_reliability_has_bins_of_equal_mass() -> None:
    confidence, correct = numbers(0.9, 0.1, 0.3, 0.7, 0.5), numbers(1, 0, 1, 0, 1)
    low, high = reliability(confidence, correct, bins=2)
    assert (low.confidence, low.accuracy, low.count) == pytest.approx((0.3, 2 / 3, 3))
    assert (high.confidence, high.accuracy, high.count) == pytest.approx((0.8, 0.5, 2))
    assert reliability(numbers(0.5), numbers(1)) == (Bin(0.5, 1.0, 1),)


def test_ties_stay_in_the_order_given() -> None:
    correct = np.repeat([1.0, 0.0, 1.0, 0.0], 50)
    bins = reliability(np.tile([0.5, 0.25], 100), correct, bins=8)
    assert [part.accuracy for part in bins] == [1, 0, 1, 0, 1, 0, 1, 0]


def test_expected_calibration_error_by_hand() -> None:
    confidence, correct = numbers(0.9, 0.1, 0.3, 0.7, 0.5), numbers(1, 0, 1, 0, 1)
    expected = 3 / 5 * (2 / 3 - 0.3) + 2 / 5 * (0.8 - 0.5)
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(expected)
    assert expected_calibration_error(confidence, correct) == pytest.approx(
        (0.1 + 0.1 + 0.7 + 0.7 + 0.5) / 5
    )
    calibrated = np.repeat([0.2, 0.8], 5), numbers(1, 0, 0, 0, 0, 1, 1, 1, 1, 0)
    assert expected_calibration_error(*calibrated, bins=2) == pytest.approx(0.0, abs=1e-15)


@given(rows.filter(bool))
def test_brier_is_that_of_scikit_learn(of: list[tuple[float, bool]]) -> None:
    confidence, correct = columns(of)
    expected = brier_score_loss(correct, confidence, pos_label=1)
    assert brier(confidence, correct) == pytest.approx(expected)


MEASURES: list[tuple[Callable[[Numbers, Numbers], float], float]] = [
    (lambda confidence, correct: auroc(confidence, correct > 0.5), 0.5),
    (aurc, 0.0),
    (lambda confidence, correct: accuracy_at_coverage(confidence, correct, 0.8), 0.0),
    (lambda confidence, correct: coverage_at_accuracy(confidence, correct, 0.9), 0.0),
    (expected_calibration_error, 0.0),
    (brier, 0.0),
]


@pytest.mark.parametrize(("measure", "empty"), MEASURES)
def test_empty_input_has_a_value(
    measure: Callable[[Numbers, Numbers], float], empty: float
) -> None:
    assert measure(numbers(), numbers()) == empty


def test_empty_input_has_empty_curves() -> None:
    nobody = np.array([], dtype=bool)
    assert abstention(nobody, nobody) == Abstention(0.0, 0.0, 0.0)
    assert reliability(numbers(), numbers()) == ()
    curve = risk_coverage(numbers(), numbers())
    assert curve.coverage.size == curve.risk.size == 0


@pytest.mark.parametrize("measure", [measure for measure, _ in MEASURES])
@given(of=rows)
def test_measures_lie_between_zero_and_one(
    measure: Callable[[Numbers, Numbers], float], of: list[tuple[float, bool]]
) -> None:
    assert 0.0 <= measure(*columns(of)) <= 1.0


@given(rows.filter(bool), st.randoms(use_true_random=False))
def test_ties_make_the_order_of_questions_irrelevant(
    of: list[tuple[float, bool]], random: Random
) -> None:
    shuffled = random.sample(of, len(of))
    before, after = risk_coverage(*columns(of)), risk_coverage(*columns(shuffled))
    assert np.array_equal(before.coverage, after.coverage)
    assert np.array_equal(before.risk, after.risk)
    assert before.coverage[-1] == 1.0
    assert before.risk[-1] == pytest.approx(1 - columns(of)[1].mean())
