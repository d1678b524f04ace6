"""What a question may ask after what was said before it, by the history alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering import explained
from rag.conversation import rewrites
from rag.types import Reason, Role, Turn
from tests.conversation.saying import (
    CAPITAL,
    CUP,
    METALS,
    MOON,
    SHARES,
    TOWER,
    VISIT,
    Said,
    likeliest,
    turns,
)

STANDING = [
    (MOON, "What is the boiling point of water?"),
    (CUP, "Which river flows through Lima?"),
    (VISIT, "Which firm did Charles Babbage found before he died?"),
    (VISIT, "When did Turin lose its walls?"),
    (VISIT, "Is it true that water boils at 100 degrees?"),
    (VISIT, "How important is it to sleep?"),
    (VISIT, "Are there rivers in Lima?"),
    (VISIT, "Who said that Lima is large?"),
    (VISIT, "Which one of the rivers is longest?"),
    (VISIT, "Which virus causes yellow fever?"),
    (VISIT, "How old was Mozart?"),
    (METALS, "What is the second law of thermodynamics?"),
    (CAPITAL, "Thanks!"),
    (CAPITAL, "ok"),
    (CAPITAL, "uranium reserves"),
    (("Hello!", "Hello."), "Where is it?"),
]


@pytest.mark.parametrize(("said", "question"), STANDING)
def test_what_needs_no_history_is_left_alone(said: Said, question: str) -> None:
    assert likeliest(said, question) == question


def test_a_topic_that_is_left_does_not_come_along() -> None:
    assert rewrites("When was the Suez Canal opened?", turns((*MOON, *TOWER, *CUP))) == [
        "When was the Suez Canal opened?"
    ]


def test_a_definite_noun_may_be_of_what_was_spoken_of_but_stands_first_as_it_is() -> None:
    assert rewrites("Where was the final?", turns(CUP)) == [
        "Where was the final?",
        "Where was the final of the 2018 World Cup?",
    ]


def test_a_question_is_a_reading_of_itself_unless_it_surely_refers_back() -> None:
    company = "Who owns the company?"
    assert rewrites(company, turns(SHARES)) == ["Who owns Unico?", company]
    assert rewrites("Who owns it?", turns(SHARES)) == ["Who owns Unico?"]
    assert rewrites("Why?", turns(TOWER)) == ["Why was the Eiffel Tower built?"]


def test_a_pronoun_goes_on_standing_for_what_it_stood_for() -> None:
    said = (*MOON, "Who was his wife?", "Janet Shearon", "Did he fly again?", "no")
    assert likeliest(said, "Where did he live?") == "Where did Neil Armstrong live?"
    assert likeliest(said, "Where was she born?") == "Where was Janet Shearon born?"


def test_earlier_questions_are_themselves_completed() -> None:
    said = (*CAPITAL, "And of Chile?", "Santiago", "How many people live there?", "5 million")
    assert likeliest(said, "And in Bolivia?") == "How many people live in Bolivia?"


def test_after_an_abstention_the_question_still_counts() -> None:
    said = ("Who is the mayor of Lima?", explained(Reason.NO_ANSWER_IN_PASSAGES))
    assert likeliest(said, "And of Turin?") == "Who is the mayor of Turin?"
    assert "No answer" not in " ".join(rewrites("When was it?", turns(said)))


SPOKEN = [
    "Neil Armstrong",
    "“Neil Armstrong” [1]",
    "**Neil Armstrong** [[1]](http://localhost/documents/a.txt?start=1&end=5)",
    "**Neil Armstrong** ([a.txt](/documents/a.txt?start=1&end=5))",
    "[Neil Armstrong](/documents/a.txt)\n\n[1]: http://localhost/a.txt",
    "> “Neil Armstrong”\n>\n> – a.txt",
    "Neil Armstrong.\n\nSources: a.txt",
    "Neil\u2028Armstrong\x00",
]


@pytest.mark.parametrize("answer", SPOKEN)
def test_answers_are_taken_without_their_markup(answer: str) -> None:
    said = ("Who first walked on the Moon?", answer)
    assert likeliest(said, "When was he born?") == "When was Neil Armstrong born?"


def test_history_may_start_and_end_with_anybody() -> None:
    assert rewrites("When was he born?", [Turn(Role.ASSISTANT, "Ask me anything.")]) == [
        "When was he born?"
    ]
    doubled = [Turn(Role.USER, "Hello"), *turns(MOON), Turn(Role.ASSISTANT, "in 1969")]
    assert rewrites("When was he born?", doubled)[0] == "When was Neil Armstrong born?"


def test_a_long_question_is_left_alone() -> None:
    assert rewrites(f"{'very ' * 100}old is he?", turns(MOON)) == [f"{'very ' * 100}old is he?"]


MANY_WORDS = (
    "who what when where why how which and or of in to the a this that he she it they his its "
    "their there one is was did does has Japan Putin summit country 2019 June 's ’s ? , . - ( [1] "
    "** “ ” about visited send five any else not said é 日本 \x00 \ud800 _ <b> ["
)
WORDS = MANY_WORDS.split(" ")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30)
HISTORIES = st.lists(st.builds(Turn, st.sampled_from(list(Role)), TEXTS), max_size=7)


@settings(max_examples=300)
@given(question=TEXTS, history=HISTORIES)
def test_any_history_is_taken(question: str, history: list[Turn]) -> None:
    readings = rewrites(question, history)
    assert 1 <= len(readings) <= 4
    assert len(set(readings)) == len(readings)
    if not history:
        assert readings == [question]
