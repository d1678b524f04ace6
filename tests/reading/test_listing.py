"""Which questions are put in the plural, and which candidates answer them together."""

from dataclasses import replace

import pytest

from rag.documents import parse
from rag.reading import asks_for_several, parts
from rag.types import Candidate, Document, Hit, Passage, Span

TEXT = "It borders Kazakhstan, Kyrgyzstan, and the Tajik state. Far off lies Turkmenistan."
DOCUMENT = parse("map", TEXT)
OTHER = parse("other", TEXT)
PLURAL, SINGULAR = "Which countries does it border?", "Which country does it border?"


@pytest.mark.parametrize(
    "question",
    [
        "Which countries does it border?",
        "What two languages are spoken there?",
        "In what years did Spain and Portugal join?",
        "Whose children went to school?",
        "Who are the members of the council?",
        "Where were the treaties signed?",
        "List the authors.",
        "name three rivers",
        "What are they?",
    ],
)
def test_a_question_in_the_plural_asks_for_several(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which country does it border?",
        "What is William's nationality?",
        "What do Germans call private schools?",
        "What did the council members publish?",
        "What causes the greenhouse effect?",
        "What happens when a steam engine stops?",
        "Which virus did Walter Reed discover?",
        "Who founded the United States?",
        "How many rivers are there?",
        "What is the basis of the hymns?",
    ],
)
def test_a_plural_elsewhere_in_the_question_asks_for_one(question: str) -> None:
    assert not asks_for_several(question)


def said(text: str, score: float, document: Document = DOCUMENT) -> Candidate:
    """Return a candidate that says a part of the text."""
    start = document.text.index(text)
    whole = Span(0, len(document.text))
    passage = Passage(document.id, document.id, 0, whole.end, document.text, (whole,))
    words = tuple(text.casefold().split())
    return Candidate(Hit(passage, 0, 0, 0), Span(start, start + len(text)), score, words)


def together(question: str, *candidates: Candidate) -> list[str]:
    texts = {each.id: each for each in (DOCUMENT, OTHER)}
    return [
        texts[each.hit.passage.document_id].text[each.span.start : each.span.end]
        for each in parts(question, candidates, texts)
    ]


def test_the_best_candidate_answers_alone_a_question_in_the_singular() -> None:
    assert together(SINGULAR, said("Kyrgyzstan", 5), said("Kazakhstan", 4)) == ["Kyrgyzstan"]


def test_what_only_commas_and_and_part_is_one_list() -> None:
    found = [said("Kyrgyzstan", 5), said("Kazakhstan", 4), said("Tajik state", 3)]
    assert together(PLURAL, *found) == ["Kazakhstan, Kyrgyzstan, and the Tajik state"]


def test_scattered_places_answer_together_in_their_order() -> None:
    assert together(PLURAL, said("Turkmenistan", 5), said("Kazakhstan", 4)) == [
        "Kazakhstan",
        "Turkmenistan",
    ]


def test_what_another_says_with_more_words_is_not_said_twice() -> None:
    whole, part = said("the Tajik state", 5), said("state", 4, OTHER)
    other = said("Kazakhstan", 4)
    assert together(PLURAL, whole, part, other) == ["Kazakhstan", "the Tajik state"]
    assert together(PLURAL, replace(part, score=6), whole) == ["the Tajik state", "state"]


def test_places_of_different_documents_are_no_one_list() -> None:
    assert together(PLURAL, said("Kazakhstan", 5), said("Kyrgyzstan", 4, OTHER)) == [
        "Kazakhstan",
        "Kyrgyzstan",
    ]


@pytest.mark.parametrize(("best", "other"), [(5.0, 3.5), (1.0, 0.0), (-1.0, -1.5)])
def test_what_is_much_less_likely_or_likelier_none_does_not_answer_with_it(
    best: float, other: float
) -> None:
    assert together(PLURAL, said("Turkmenistan", best), said("Kazakhstan", other)) == [
        "Turkmenistan"
    ]


@pytest.mark.parametrize("other", [1.5, -4.0])
def test_what_goes_on_a_list_answers_with_it_though_none_may_be_likelier(other: float) -> None:
    found = [said("Kazakhstan", 1.9), said("Kyrgyzstan", other), said("Turkmenistan", other)]
    expected = ["Kazakhstan, Kyrgyzstan"] + ["Turkmenistan"] * (other > 0)
    assert together(PLURAL, *found) == expected


def test_what_goes_on_a_list_but_is_far_less_likely_does_not_answer() -> None:
    assert together(PLURAL, said("Kazakhstan", 1.9), said("Kyrgyzstan", -4.2)) == ["Kazakhstan"]
