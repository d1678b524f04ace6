"""Which reading of a follow-up is answered: what the documents say decides among the likely."""

from collections.abc import Mapping

from rag.conversation import resolve
from rag.engine import Engine
from rag.judging import Judged
from rag.types import Answer, Role, Turn

ENOUGH = 0.2
MET = [Turn(Role.USER, "Who did Ada meet?"), Turn(Role.ASSISTANT, "Charles Babbage")]
CHARLES, ADA, TYPED = "Where did Charles Babbage live?", "Where did Ada live?", "Where did he live?"


def chosen(confidences: Mapping[str, float], question: str = TYPED) -> tuple[str, list[str]]:
    """Return the reading that is chosen, and those that the documents were asked for."""
    asked = []

    def judge(reading: str) -> Judged:
        asked.append(reading)
        return Judged((), [], [], confidences[reading])

    reading, said = resolve(question, MET, judge, ENOUGH)
    assert said is None or said.confidence == confidences[reading]
    return reading, asked


def test_the_likeliest_reading_that_is_answered_is_taken_and_no_other_read() -> None:
    assert chosen({CHARLES: 0.2, ADA: 0.9, TYPED: 0.9}) == (CHARLES, [CHARLES])
    assert chosen({CHARLES: 0.1, ADA: 0.2, TYPED: 0.9}) == (ADA, [CHARLES, ADA])


def test_where_none_is_answered_odds_decide_halved_for_each_likelier_one() -> None:
    both = [CHARLES, ADA]
    assert chosen({CHARLES: 0.05, ADA: 0.09}) == (CHARLES, both)
    assert chosen({CHARLES: 0.05, ADA: 0.11}) == (ADA, both)
    assert chosen({CHARLES: 0.0, ADA: 0.0}) == (CHARLES, both)


def test_what_surely_refers_back_is_never_put_to_the_documents_as_typed() -> None:
    assert chosen({CHARLES: 0.0, ADA: 0.0, TYPED: 0.9}) == (CHARLES, [CHARLES, ADA])


def test_a_certain_answer_has_finite_odds() -> None:
    assert chosen({CHARLES: 1.0, ADA: 1.0, TYPED: 1.0})[0] == CHARLES


def test_a_reading_less_likely_than_the_question_has_to_be_answered() -> None:
    final, of_cup = "Where was the final?", "Where was the final of the 2018 World Cup?"
    cup = [Turn(Role.USER, "Who won the 2018 World Cup?"), Turn(Role.ASSISTANT, "France")]
    for confidence, expected in ((0.19, final), (0.2, of_cup)):
        said = {final: Judged((), [], [], 0.01), of_cup: Judged((), [], [], confidence)}
        assert resolve(final, cup, said.__getitem__, ENOUGH)[0] == expected


def test_a_question_that_needs_no_history_is_not_put_to_the_documents() -> None:
    assert chosen({}, "When was the Suez Canal opened?") == ("When was the Suez Canal opened?", [])


def talk(engine: Engine, *said: str) -> Answer:
    """Ask the last of what was said, after the questions and answers before it."""
    roles = (Role.USER, Role.ASSISTANT)
    history = [Turn(roles[place % 2], content) for place, content in enumerate(said[:-1])]
    return engine.ask(said[-1], history=history)


def test_the_reader_picks_the_one_that_the_documents_speak_of(engine: Engine) -> None:
    said = ("Which country has overtaken Russia as largest trading partner?", "China")
    answer = talk(engine, *said, "Who is its leader?")
    assert answer.question == "Who is its leader?"
    assert answer.resolved_question in {"Who is China's leader?", "Who is Russia's leader?"}


def test_a_follow_up_is_answered_as_the_question_in_full_is(engine: Engine) -> None:
    said = ("Which country did Xi Jinping visit in June?", "Kazakhstan")
    follow_up = talk(engine, *said, "Why?")
    whole = engine.ask("Why did Xi Jinping visit Kazakhstan in June?")
    assert follow_up.resolved_question == whole.question
    assert follow_up.answer == whole.answer == "to advance Belt and Road investment"
    assert follow_up.citations == whole.citations
    assert follow_up.confidence == whole.confidence
    assert follow_up.passages == whole.passages


def test_a_question_without_a_word_is_none_whatever_was_said(engine: Engine) -> None:
    answer = talk(engine, "Which country did Xi Jinping visit?", "Kazakhstan", "?!")
    assert (answer.resolved_question, answer.reason) == ("?!", "not_a_question")


def test_a_history_changes_nothing_where_the_question_stands_by_itself(engine: Engine) -> None:
    question = "When did Russia send troops into Ukraine?"
    after = talk(engine, "Who is the president of Kazakhstan?", "Tokayev", question)
    alone = engine.ask(question)
    assert after.resolved_question == question
    assert (after.answer, after.confidence, after.passages) == (
        alone.answer,
        alone.confidence,
        alone.passages,
    )


def test_words_nowhere_in_the_documents_are_those_of_the_question_in_full(engine: Engine) -> None:
    answer = talk(engine, "Who is the president of Kazakhstan?", "Tokayev", "And of Zanzibar?")
    assert answer.resolved_question == "Who is the president of Zanzibar?"
    assert answer.unknown_words == ("Zanzibar",)


def test_a_filter_holds_for_the_readings_too(engine: Engine) -> None:
    nothing = engine.index.documents.ordinals(lambda record: record.id == "nowhere.txt")
    history = [Turn(Role.USER, "Which country did Xi Jinping visit?"), Turn(Role.ASSISTANT, "K")]
    answer = engine.ask("Why?", history=history, among=nothing)
    assert answer.abstained
    assert answer.passages == ()
