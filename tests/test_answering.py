"""Receipts and abstention: what becomes of a reader's candidates."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering import Verdict, cite, decide, unread, utf16_length
from rag.confidence import Calibration
from rag.documents import parse
from rag.reading import FEATURES, Evidence
from rag.types import Candidate, Document, Hit, Passage, Reason, Span

NOTHING = dict.fromkeys(FEATURES, 0.0)
WEIGHTS = {**NOTHING, "score": 1.5}
CALIBRATION = Calibration(WEIGHTS, intercept=-1, curve=((0.2, 0.9),))
TEXT = "😀 Zoë’s e\u0301lan: 👩‍👩‍👧‍👦 went. Then 🇯🇵 Tōkyō… कज़ाख़ came!\r\nThe 𝔢nd."
SENTENCES = (Span(0, 25), Span(26, 47), Span(49, 57))


def passage_of(document: Document, sentences: tuple[Span, ...] = SENTENCES) -> Passage:
    return Passage("p", document.id, 0, len(document.text), document.text, sentences)


def candidates(document: Document, *scores: float) -> list[Candidate]:
    hit = Hit(passage_of(document), score=1, dense=0, lexical=2)
    return [
        Candidate(hit, sentence, score) for sentence, score in zip(SENTENCES, scores, strict=False)
    ]


def confidence(score: float) -> float:
    return CALIBRATION.confidence(evidence(score))


def evidence(score: float) -> Evidence:
    return Evidence(**{**NOTHING, "score": score})


def decided(*scores: float, least: float = 0.0, parts: Sequence[int] = ()) -> Verdict:
    document = parse("a.txt", TEXT)
    found = candidates(document, *scores)
    weighed = [evidence(score) for score in scores]
    together = [found[number] for number in parts]
    return decide(found, weighed, {"a.txt": document}, CALIBRATION, least, together)


# Receipts


def spans(text: str) -> st.SearchStrategy[Span]:
    places = st.integers(0, len(text))
    return st.tuples(places, places).filter(lambda p: p[0] < p[1]).map(lambda p: Span(*p))


@given(spans(TEXT))
def test_a_citation_is_exact_in_code_points_and_in_utf16(span: Span) -> None:
    document = parse("a.txt", TEXT)
    citation = cite(document, span, passage_of(document))
    utf16 = TEXT.encode("utf-16-le")
    assert TEXT[citation.start : citation.end] == citation.quote
    assert utf16[2 * citation.start_utf16 : 2 * citation.end_utf16].decode("utf-16-le") == (
        citation.quote
    )
    assert citation.quote[citation.answer_start : citation.answer_end] == citation.quote
    assert citation.document_sha256 == document.sha256


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf16_length_is_that_of_the_encoding(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(2, 5), Span(0, 25)),
        (Span(0, 25), Span(0, 25)),
        (Span(20, 30), Span(0, 47)),
        (Span(26, 27), Span(26, 47)),
        (Span(24, 57), Span(0, 57)),
        (Span(47, 49), Span(47, 49)),  # between sentences there is only itself
        (Span(25, 27), Span(25, 47)),
    ],
)
def test_the_sentence_of_a_citation_holds_its_quote(span: Span, expected: Span) -> None:
    document = parse("a.txt", TEXT)
    citation = cite(document, span, passage_of(document))
    assert citation.sentence == expected
    assert citation.sentence_text == TEXT[expected.start : expected.end]
    assert citation.quote in citation.sentence_text


# Answers and abstention


def test_the_best_candidate_answers_and_the_next_are_alternatives() -> None:
    verdict = decided(3, 1, 0)
    assert (verdict.answer, verdict.reason) == (TEXT[0:25], None)
    assert verdict.confidence == confidence(3)
    assert [(each.answer, each.confidence) for each in verdict.alternatives] == [
        (TEXT[26:47], confidence(1)),
        (TEXT[49:57], confidence(0)),
    ]
    (citation,) = verdict.citations
    assert (citation.start, citation.end) == (0, 25)


def test_below_the_limit_the_withheld_stands_among_the_alternatives() -> None:
    verdict = decided(0.5, 0, least=0.9)
    assert (verdict.answer, verdict.citations) == (None, ())
    assert verdict.confidence == confidence(0.5) < 0.9
    assert [each.answer for each in verdict.alternatives] == [TEXT[0:25], TEXT[26:47]]
    assert verdict.alternatives[0].confidence == verdict.confidence


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (5, Reason.LOW_CONFIDENCE),
        (0.001, Reason.LOW_CONFIDENCE),
        (0, Reason.NO_ANSWER_IN_PASSAGES),
        (-5, Reason.NO_ANSWER_IN_PASSAGES),
    ],
)
def test_the_reason_says_whether_an_answer_was_likelier_than_none(
    score: float, reason: Reason
) -> None:
    assert decided(score, least=1).reason is reason
    assert decided(score, least=0).reason is None


def test_the_reason_looks_at_all_that_was_found() -> None:
    assert decided(-1, 0.5, least=1).reason is Reason.LOW_CONFIDENCE


def test_what_is_hardly_likely_is_no_alternative() -> None:
    verdict = decided(3, 1, -9)
    assert confidence(-9) < 0.01 < confidence(1)
    assert [each.answer for each in verdict.alternatives] == [TEXT[26:47]]
    assert decided(-9, least=1).alternatives[0].answer == TEXT[0:25]  # what was withheld


def test_a_confidence_that_just_reaches_the_limit_answers() -> None:
    limit = confidence(1)
    assert decided(1, least=limit).answer == TEXT[0:25]
    assert decided(1, least=limit + 1e-9).answer is None


def test_without_candidates_there_is_no_answer_in_the_passages() -> None:
    assert decided() == Verdict(None, Reason.NO_ANSWER_IN_PASSAGES, 0, (), ())


def test_why_nothing_was_read_depends_on_what_there_was() -> None:
    hit = candidates(parse("a.txt", TEXT), 1)[0].hit
    assert unread([], collection_is_empty=True) is Reason.EMPTY_COLLECTION
    assert unread([], collection_is_empty=False) is Reason.NOTHING_RETRIEVED
    assert unread([hit], collection_is_empty=False) is Reason.NO_ANSWER_IN_PASSAGES


def test_what_answers_together_is_cited_part_by_part() -> None:
    verdict = decided(3, 1, 2, parts=(0, 2))
    assert verdict.answer is not None
    assert [(c.id, c.start, c.end) for c in verdict.citations] == [(1, 0, 25), (2, 49, 57)]
    for citation in verdict.citations:
        said = verdict.answer[citation.answer_start : citation.answer_end]
        assert said == citation.quote == TEXT[citation.start : citation.end]
    assert [each.answer for each in verdict.alternatives] == [TEXT[26:47]]
    assert verdict.confidence == decided(3, 1, 2).confidence


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=3), st.floats(0, 1))
def test_an_answer_is_given_exactly_where_confidence_allows(
    scores: Sequence[float], least: float
) -> None:
    verdict = decided(*sorted(scores, reverse=True), least=least)
    assert (verdict.answer is not None) == (verdict.confidence >= least)
    assert (verdict.reason is None) == (verdict.answer is not None) == bool(verdict.citations)
