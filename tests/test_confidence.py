"""How sure an answer is: the calibration that weighs the evidence for it."""

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.confidence import Calibration
from rag.errors import InvalidSetting
from rag.reading import FEATURES, Evidence
from rag.types import Candidate, Hit, Passage, Span

WEIGHTS = dict.fromkeys(FEATURES, 0.5) | {"score": 1.5, "agreeing": 2, "similarity": 3}
WEIGHTS["sentence"] = 0.25
CURVE = ((0.2, 0.5), (0.4, 0.8), (0.6, 0.95), (0.8, 0.9))
CALIBRATION = Calibration(WEIGHTS, intercept=-1, curve=CURVE)
WRITTEN: Mapping[str, Any] = {"weights": WEIGHTS, "intercept": -1, "curve": CURVE}

finite = st.floats(-1e6, 1e6)


def candidate(score: float, said: str) -> Candidate:
    hit = Hit(Passage("p", "a.txt", 0, 9, "Some text", ()), score=1, dense=0, lexical=2)
    return Candidate(hit, Span(0, 4), score, (said,))


def evidence(score: float = 0, lead: float = 0, **others: float) -> Evidence:
    return Evidence(**{**dict.fromkeys(FEATURES, 0.0), "score": score, "lead": lead, **others})


def test_confidence_is_the_logistic_of_the_weighted_evidence() -> None:
    assert CALIBRATION.confidence(evidence(2, 1)) == pytest.approx(0.924141820)  # of 2.5
    assert CALIBRATION.confidence(evidence(0, 2)) == 0.5
    assert CALIBRATION.confidence(evidence(agreeing=0.5)) == 0.5
    assert CALIBRATION.confidence(evidence(similarity=0.25, sentence=1)) == 0.5


@given(finite, finite, st.sampled_from(FEATURES))
def test_confidence_is_a_probability_that_rises_with_what_has_weight(
    value: float, other: float, name: str
) -> None:
    low, high = (
        CALIBRATION.confidence(evidence(**{name: each})) for each in sorted((value, other))
    )
    assert 0 < low <= high < 1


def test_ranking_puts_the_likeliest_first_and_keeps_the_order_of_equals() -> None:
    found = [candidate(2, "red"), candidate(1, "gold"), candidate(0, "blue")]
    weighed = [evidence(0), evidence(2), evidence(0)]
    assert CALIBRATION.rank(found, weighed) == (
        [found[1], found[0], found[2]],
        [weighed[1], weighed[0], weighed[2]],
    )
    assert CALIBRATION.rank([], []) == ([], [])


def test_of_places_that_say_the_same_the_likeliest_stands_for_all() -> None:
    found = [candidate(2, "gold"), candidate(1, "gold"), candidate(0, "gold"), candidate(0, "red")]
    weighed = [evidence(0), evidence(2), evidence(2), evidence(1)]
    assert CALIBRATION.rank(found, weighed) == ([found[1], found[3]], [weighed[1], weighed[3]])


@pytest.mark.parametrize(("standing", "cited"), [(-0.1, 1), (-1.5, 0)])
def test_of_places_about_as_likely_the_one_that_stands_highest_does(
    standing: float, cited: int
) -> None:
    found = [candidate(2, "gold"), candidate(2, "gold")]
    weighed = [evidence(2, similarity=1.5, standing=-2), evidence(2, standing=standing)]
    ranked, told = CALIBRATION.rank(found, weighed)
    assert (ranked, told) == ([found[cited]], [weighed[cited]])


@pytest.mark.parametrize(
    ("precision", "threshold"),
    [(0, 0.2), (0.5, 0.2), (0.51, 0.4), (0.9, 0.6), (0.95, 0.6), (0.96, 0.8), (1, 0.8)],
)
def test_the_threshold_is_the_lowest_that_reached_a_precision_or_the_highest(
    precision: float, threshold: float
) -> None:
    assert CALIBRATION.threshold(precision) == threshold


def test_a_calibration_is_read_as_it_was_written() -> None:
    assert Calibration.read(json.dumps(WRITTEN)) == CALIBRATION
    assert Calibration.read(json.dumps({**WRITTEN, "fitted_on": {"questions": 9}})) == CALIBRATION


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "3", '"text"', "{}", "[" * 100_000),
        *(json.dumps({k: v for k, v in WRITTEN.items() if k != key}) for key in WRITTEN),
        *(
            json.dumps({**WRITTEN, "weights": {k: v for k, v in WEIGHTS.items() if k != name}})
            for name in FEATURES
        ),
        *(
            json.dumps({**WRITTEN, "weights": {**WEIGHTS, "score": weight}})
            for weight in (None, "high", [1], math.nan, math.inf, 10**400)
        ),
        json.dumps({**WRITTEN, "weights": {**WEIGHTS, "sentence_lead": 1.0}}),  # as once was
        json.dumps({**WRITTEN, "weights": list(FEATURES)}),
        *(json.dumps({**WRITTEN, "intercept": each}) for each in (None, "one", -math.inf)),
        *(
            json.dumps({**WRITTEN, "curve": curve})
            for curve in (None, 0.5, [], [0.5], [[0.5]], [[0.1, 0.2, 0.3]], [[math.nan, 0.9]])
        ),
    ],
    ids=lambda text: text[:60],
)
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="calibration"):
        Calibration.read(text)


def test_the_shipped_calibration_trusts_a_better_score_more() -> None:
    shipped = Calibration.read(files("rag").joinpath("assets/calibration.json").read_text("utf-8"))
    assert shipped.weights["score"] > 0
    thresholds = [threshold for threshold, _ in shipped.curve]
    assert thresholds == sorted(thresholds)
    assert all(0 <= each <= 1 for pair in shipped.curve for each in pair)
    worse, middling, better = (shipped.confidence(evidence(score)) for score in (-3, 0, 3))
    assert worse < middling < better
