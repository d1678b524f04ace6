"""How near a question's words stand in a passage: by hand, and against every stretch of it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.proximity import proximity

ASKED = ["gold", "rush", "river"]
IDF = {"gold": 3.0, "rush": 2.0, "river": 1.0}
STEMS = st.sampled_from([*ASKED, "x", "y"])


@pytest.mark.parametrize(
    ("said", "beside", "together"),
    [
        ("", 0, 0),
        ("x x x", 0, 0),
        ("gold gold gold", 0, 3 / 6),
        ("gold rush", 5 / 8, 5 / 6),
        ("rush gold", 0, 5 / 6),
        ("gold x rush", 0, 5 / 6),
        ("rush river x gold rush", 1, 1),
        ("gold rush" + 17 * " x" + " river", 5 / 8, 1),
        ("gold rush" + 18 * " x" + " river", 5 / 8, 5 / 6),
    ],
)
def test_shares_by_hand(said: str, beside: float, together: float) -> None:
    assert proximity(ASKED, IDF, said.split()) == pytest.approx((beside, together))


def test_a_question_without_pairs_or_words_has_no_share() -> None:
    assert proximity(["gold"], {"gold": 3.0}, ["gold"]) == (0, 1)
    assert proximity([], {}, ["gold"]) == (0, 0)


@given(st.lists(STEMS, max_size=6), st.lists(STEMS, max_size=60))
def test_shares_are_those_of_the_best_stretch(asked: list[str], said: list[str]) -> None:
    idf = {stem: 1.0 + len(stem) for stem in asked}
    pairs = list(pairwise(asked))
    held = [idf[a] + idf[b] for a, b in pairs if (a, b) in pairwise(said)]
    stretches = (set(said[first : first + 20]) for first in range(len(said)))
    most = max((sum(idf[s] for s in idf if s in stretch) for stretch in stretches), default=0.0)
    expected = (
        sum(held) / (sum(idf[a] + idf[b] for a, b in pairs) or 1),
        most / (sum(idf.values()) or 1),
    )
    assert proximity(asked, idf, said) == pytest.approx(expected)
