"""A quote is found where it stands now, and told from the same words in another place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.types import Span
from rag.verifying import find

TEXT = "Anna paid five crowns. Berg paid five marks.\nCarl paid nothing."
FIVE = TEXT.index("five")
OTHER = TEXT.rindex("five")
BERG = ("Berg paid five marks.", TEXT.index("Berg"))


def test_a_quote_at_its_place_is_there_whatever_is_around_it() -> None:
    assert find(TEXT, "five", FIVE) == Span(FIVE, FIVE + 4)
    assert find(TEXT, "five", FIVE, ("Gone altogether.", 0)) == Span(FIVE, FIVE + 4)


@pytest.mark.parametrize("before", ["New. ", "A long sentence that was not there before. ", "\n"])
def test_a_quote_is_found_with_its_sentence(before: str) -> None:
    moved = before + TEXT
    assert find(moved, "five", OTHER, BERG) == Span(OTHER + len(before), OTHER + len(before) + 4)


def test_its_sentence_tells_it_from_the_same_words_elsewhere() -> None:
    shorter = TEXT.replace("Anna paid five crowns. ", "")
    start = shorter.index("five")
    assert find(shorter, "five", OTHER, BERG) == Span(start, start + 4)
    others = TEXT.replace("Berg paid five", "Berg lent no")
    assert find(others, "five", OTHER, BERG) is None
    assert find(others, "five", OTHER) == Span(FIVE, FIVE + 4)


def test_lines_may_be_broken_elsewhere_now() -> None:
    broken = "One line more.\n" + TEXT.replace("Berg paid five", "Berg\n  paid\tfive")
    start = broken.rindex("five")
    assert find(broken, "five", OTHER, BERG) == Span(start, start + 4)


def test_of_several_places_the_nearest_is_taken() -> None:
    text = "Berg paid five marks. " * 9
    places = [22 * n + 10 for n in range(9)]
    for place in places:
        wanted = place + 7
        assert find(text, "five", wanted, ("Berg paid five marks.", wanted - 10)) == Span(
            place, place + 4
        )
    twice = "It was five and five again."
    assert find("x" + twice, "five", 16, (twice, 0)) == Span(17, 21)


def test_characters_of_a_pattern_mean_themselves() -> None:
    text = "It cost (5.00 * 2) $ [net]. It cost 5x00."
    assert find(f"So: {text}", "(5.00 * 2)", 8, (text[:27], 0)) == Span(12, 22)
    assert find("It cost 5x00.", "5.00", 0, ("It cost 5.00.", 0)) is None


@given(st.text("ab ", min_size=1), st.text("ab ", min_size=1, max_size=3), st.integers(0, 30))
def test_what_is_found_is_the_quote(text: str, quote: str, start: int) -> None:
    found = find(text, quote, start)
    assert (found is None) == (quote not in text)
    assert found is None or text[found.start : found.end] == quote
