"""SQuAD measures against values worked by hand from the definition of the official script."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.measures.squad import BestThreshold, best_threshold, exact, f1, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Eiffel\tTower!", "eiffel tower"),
        ("an apple a day", "apple day"),
        ("Theatre and another", "theatre and another"),
        ("U.S.A.", "usa"),
        ("a.", ""),
        ("A-the", "athe"),
        ("the-an", "thean"),
        ("“The” End…", "“ ” end…"),
        ("l’a b", "l’ b"),
        ("ÉCOLE\u00a0Ä", "école ä"),
        ("1,000", "1000"),
        ("東京、the 日本", "東京、 日本"),
        ("the日本", "the日本"),
        (" \n ", ""),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("the an.,a "))))
def test_text_is_normalised_once_white_space_and_punctuation_are_settled(text: str) -> None:
    words = normalised(text).split(" ")
    assert words == [""] or all(words)
    assert not {"a", "an", "the"} & set(words)


@pytest.mark.parametrize(
    ("prediction", "golds", "expected"),
    [
        ("the Normans", ["Normans!"], 1.0),
        ("Normans", ["Norse", "The Normans"], 1.0),
        ("Norman", ["Normans"], 0.0),
        ("", [], 1.0),
        ("", ["Normans"], 0.0),
        ("Normans", [], 0.0),
        ("", ["the"], 1.0),
        ("the", [], 1.0),
        ("", ["...", "Normans"], 0.0),
        ("“Normans”", ["Normans"], 0.0),
        ("don’t", ["don't"], 0.0),
        ("dont", ["don't"], 1.0),
    ],
)
def test_exact(prediction: str, golds: Sequence[str], expected: float) -> None:
    assert exact(prediction, golds) == expected


@pytest.mark.parametrize(
    ("prediction", "golds", "expected"),
    [
        ("the Battle of Hastings", ["Battle of Hastings"], 1.0),
        ("Hastings", ["Battle of Hastings"], 2 * 1 * (1 / 3) / (1 + 1 / 3)),
        ("battle near Hastings", ["Battle of Hastings"], 2 / 3),
        ("Hastings", ["London", "Hastings 1066", "Battle of Hastings"], 2 / 3),
        ("no no no", ["no no"], 2 * (2 / 3) * 1 / (2 / 3 + 1)),
        ("no", ["no no no"], 0.5),
        ("Paris", ["London"], 0.0),
        ("", [], 1.0),
        ("", ["London"], 0.0),
        ("London", [], 0.0),
        ("an", [], 1.0),
        ("London", ["the", "a"], 0.0),
        ("“London”", ["London"], 0.0),
        ("東京 タワー", ["東京"], 2 / 3),
    ],
)
def test_f1(prediction: str, golds: Sequence[str], expected: float) -> None:
    assert f1(prediction, golds) == pytest.approx(expected, abs=1e-15)


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4))
def test_f1_lies_between_exact_match_and_one(prediction: str, golds: list[str]) -> None:
    assert 0.0 <= exact(prediction, golds) <= f1(prediction, golds) <= 1.0


def test_best_threshold_worked_by_hand() -> None:
    # nothing answered 2; then 0.1: +1 = 3, 0.2: -1 = 2, 0.4: +0.5 = 2.5, 0.6: +1 = 3.5, 0.9: 0
    found = best_threshold(
        scores=[0.5, 1.0, 0.0, 1.0, 1.0],
        no_answer_scores=[0.4, 0.1, 0.2, 0.6, 0.9],
        is_answerable=[True, True, False, True, False],
    )
    assert found == BestThreshold(value=3.5 / 5, threshold=0.6)


def test_the_first_of_equally_good_thresholds_is_taken() -> None:
    found = best_threshold([1.0, 0.0, 1.0], [0.1, 0.2, 0.3], [True, False, True])
    assert found == BestThreshold(value=2 / 3, threshold=0.1)


def test_equal_probabilities_are_swept_in_the_order_given() -> None:
    assert best_threshold([1.0, 0.0], [0.5, 0.5], [True, False]) == BestThreshold(1.0, 0.5)
    assert best_threshold([0.0, 1.0], [0.5, 0.5], [False, True]) == BestThreshold(0.5, 0.0)
    # 50 - 12 + 13 = 51 after the 0.1s; the other ties bring 50, 49 and 50
    answerable = np.repeat([False, True], 50)
    many = best_threshold(answerable, np.tile([0.5, 0.25, 0.75, 0.1], 25), answerable)
    assert many == BestThreshold(0.51, 0.1)


def test_answering_nothing_has_threshold_zero() -> None:
    assert best_threshold([0.0, 0.0], [0.3, 0.2], [True, False]) == BestThreshold(0.5, 0.0)


def test_no_questions() -> None:
    assert best_threshold([], [], []) == BestThreshold(0.0, 0.0)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.floats(0.0625, 1, width=16), st.booleans()),
        min_size=1,
        unique_by=lambda row: row[1],
    )
)
def test_no_threshold_beats_the_best(rows: list[tuple[float, float, bool]]) -> None:
    def mean_at(threshold: float) -> float:
        kept = [s if p <= threshold else float(not answer) for s, p, answer in rows]
        return sum(kept) / len(kept)

    found = best_threshold(*zip(*rows, strict=True))
    assert found.value == max(mean_at(t) for t in (0.0, *(p for _, p, _ in rows)))
    assert found.value == mean_at(found.threshold)
