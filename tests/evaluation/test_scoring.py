"""What one answer scores against its gold."""

from dataclasses import replace

import pytest

from rag.answering import cite
from rag.documents import parse
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.scoring import Asked, Scored, score
from rag.types import Alternative, Answer, Hit, IndexIdentity, Passage, Reason, Span, Timings

TEXT = "Ada met Grace in Paris. They spoke for two hours."
DOCUMENT = parse("meeting.txt", TEXT)
PASSAGE = Passage("p", "meeting.txt", 0, len(TEXT), TEXT, (Span(0, 23), Span(24, len(TEXT))))
GOLD = GoldQuestion("1", "Where did they meet?", ("Paris",), "meeting.txt", (Span(17, 22),))
UNANSWERABLE = GoldQuestion("2", "Who paid?", ())


def answered(span: Span) -> Answer:
    citation = cite(DOCUMENT, span, PASSAGE)
    return Answer(
        question="?",
        resolved_question="?",
        answer=citation.quote,
        reason=None,
        confidence=0.7,
        unknown_words=(),
        citations=(citation,),
        alternatives=(),
        passages=(Hit(PASSAGE, 1.0, 0.5, 2.0),),
        index=IndexIdentity("000001", "f"),
        timings_ms=Timings(1.0, 2.0, 3.0),
    )


def withheld(span: Span) -> Answer:
    given = answered(span)
    return replace(
        given,
        answer=None,
        reason=Reason.LOW_CONFIDENCE,
        citations=(),
        alternatives=(Alternative(given.answer or "", 0.7, given.citations),),
    )


def scored(gold: GoldQuestion, answer: Answer | None, error: str | None = None) -> Scored:
    return score(Asked(gold, answer, (), error), {DOCUMENT.id: DOCUMENT})


def test_the_very_span_scores_full_marks() -> None:
    result = scored(GOLD, answered(Span(17, 22)))
    assert result.right
    assert result.values == {
        "em": 1.0,
        "f1": 1.0,
        "citation_exactness": 1.0,
        "span_iou": 1.0,
        "evidence_sentence": 1.0,
        "reading_hit@1": 1.0,
    }


def test_the_sentence_around_it_is_right_but_not_exact() -> None:
    result = scored(GOLD, answered(Span(0, 23)))
    assert result.right
    assert result.values["em"] == 0.0
    assert result.values["f1"] == pytest.approx(2 * (1 / 5) / (1 / 5 + 1))  # 1 of 5 tokens
    assert result.values["span_iou"] == pytest.approx(5 / 23)
    assert result.values["evidence_sentence"] == 1.0


def test_the_right_words_at_another_place_are_wrong() -> None:
    elsewhere = replace(GOLD, spans=(Span(28, 33),))
    assert not scored(elsewhere, answered(Span(17, 22))).right


def test_a_quote_that_does_not_stand_at_its_offsets_is_inexact() -> None:
    honest = answered(Span(17, 22))
    shifted = replace(honest, citations=(replace(honest.citations[0], start=18, end=23),))
    assert scored(GOLD, shifted).values["citation_exactness"] == 0.0


def test_what_was_withheld_is_judged_apart_from_what_was_answered() -> None:
    result = scored(GOLD, withheld(Span(17, 22)))
    assert (result.is_answered, result.right, result.best) == (False, True, "Paris")
    assert (result.values["em"], result.forced["em"]) == (0.0, 1.0)
    assert "citation_exactness" not in result.values


def test_abstaining_is_right_only_where_there_is_no_answer() -> None:
    assert scored(UNANSWERABLE, withheld(Span(17, 22))).values["em"] == 1.0
    assert scored(UNANSWERABLE, answered(Span(17, 22))).values["em"] == 0.0
    assert not scored(UNANSWERABLE, answered(Span(17, 22))).right


@pytest.mark.parametrize("gold", [GOLD, UNANSWERABLE])
def test_a_failed_question_is_wrong_even_where_silence_would_be_right(gold: GoldQuestion) -> None:
    result = scored(gold, None, error="RemoteFailure: timed out")
    assert (result.right, result.values["em"], result.values["f1"]) == (False, 0.0, 0.0)
