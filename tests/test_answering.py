"""Receipts, confidence and abstention: what becomes of a reader's candidates."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import engine as engines
from rag.answering import Calibration, Verdict, cite, decide, utf16_length
from rag.documents import parse
from rag.engine import Engine
from rag.settings import Settings
from rag.types import Answer, Candidate, Document, Hit, Passage, Reason, Span

CALIBRATION = Calibration(score=1.5, margin=0.5, intercept=-1, threshold=0.4)
TEXT = "😀 Zoë’s e\u0301lan: 👩‍👩‍👧‍👦 went. Then 🇯🇵 Tōkyō… कज़ाख़ came!\r\nThe 𝔢nd."
SENTENCES = (Span(0, 25), Span(26, 47), Span(49, 57))

Indexed = Callable[[dict[str, str]], Engine]


@pytest.fixture
def indexed(index_folder: Path, tmp_path: Path) -> Indexed:
    """Return a function that gives an engine over the given texts."""

    def make(texts: dict[str, str]) -> Engine:
        source = tmp_path / "source"
        source.mkdir()
        for name, text in texts.items():
            (source / name).write_text(text, encoding="utf-8")
        settings = Settings(index=index_folder)
        engines.index(settings, [source], lambda *_: None)
        return Engine.open(settings)

    return make


def passage_of(document: Document, sentences: tuple[Span, ...] = SENTENCES) -> Passage:
    return Passage("p", document.id, 0, len(document.text), document.text, sentences)


def candidates(document: Document, *scores: float) -> list[Candidate]:
    hit = Hit(passage_of(document), score=1, dense=0.5, lexical=2)
    return [
        Candidate(hit, sentence, score) for sentence, score in zip(SENTENCES, scores, strict=False)
    ]


def decided(*scores: float, least: float = 0.0) -> Verdict:
    document = parse("a.txt", TEXT)
    return decide(candidates(document, *scores), {"a.txt": document}, CALIBRATION, least)


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


# Confidence


def test_confidence_is_the_logistic_of_its_parts() -> None:
    assert CALIBRATION.confidence(2, 1) == pytest.approx(0.924141820)  # 1 / (1 + exp(-2.5))
    assert CALIBRATION.confidence(0, 2) == 0.5


finite = st.floats(-1e6, 1e6)


@given(finite, finite, finite)
def test_confidence_is_a_probability_that_rises_with_score_and_lead(
    score: float, other: float, margin: float
) -> None:
    low, high = sorted((score, other))
    assert 0 < CALIBRATION.confidence(low, margin) <= CALIBRATION.confidence(high, margin) < 1
    assert CALIBRATION.confidence(margin, low) <= CALIBRATION.confidence(margin, high)


def test_the_shipped_calibration_trusts_a_better_score_more() -> None:
    shipped = Calibration.shipped()
    assert shipped.score > 0
    assert 0 <= shipped.threshold <= 1
    assert shipped.confidence(-3, 0) < shipped.confidence(0, 0) < shipped.confidence(3, 0)


# Answers and abstention


def test_the_best_candidate_answers_and_the_next_are_alternatives() -> None:
    verdict = decided(3, 1, 0)
    assert (verdict.answer, verdict.reason) == (TEXT[0:25], None)
    assert verdict.confidence == CALIBRATION.confidence(3, 2)
    assert [each.answer for each in verdict.alternatives] == [TEXT[26:47], TEXT[49:57]]
    assert [each.confidence for each in verdict.alternatives] == [
        CALIBRATION.confidence(1, -2),
        CALIBRATION.confidence(0, -3),
    ]
    (citation,) = verdict.citations
    assert (citation.start, citation.end) == (0, 25)


def test_below_the_limit_the_withheld_stands_among_the_alternatives() -> None:
    verdict = decided(-3, -4, least=0.4)
    assert (verdict.answer, verdict.reason, verdict.citations) == (None, Reason.LOW_CONFIDENCE, ())
    assert verdict.confidence == CALIBRATION.confidence(-3, 1) < 0.4
    assert [each.answer for each in verdict.alternatives] == [TEXT[0:25], TEXT[26:47]]
    assert verdict.alternatives[0].confidence == verdict.confidence


def test_a_confidence_that_just_reaches_the_limit_answers() -> None:
    limit = CALIBRATION.confidence(1, 0)
    assert decided(1, least=limit).answer == TEXT[0:25]
    assert decided(1, least=limit + 1e-9).answer is None


def test_without_candidates_there_is_no_answer_in_the_passages() -> None:
    assert decided() == Verdict(None, Reason.NO_ANSWER_IN_PASSAGES, 0, (), ())


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=3), st.floats(0, 1))
def test_an_answer_is_given_exactly_where_confidence_allows(
    scores: Sequence[float], least: float
) -> None:
    verdict = decided(*sorted(scores, reverse=True), least=least)
    assert (verdict.answer is not None) == (verdict.confidence >= least)
    assert (verdict.reason is None) == (verdict.answer is not None) == bool(verdict.citations)


# Through the engine


def receipts_hold(engine: Engine, answer: Answer) -> bool:
    cited = [*answer.citations, *(c for each in answer.alternatives for c in each.citations)]
    return bool(cited) and all(
        engine.document(c.document_id).text[c.start : c.end] == c.quote for c in cited
    )


@pytest.mark.parametrize("question", ["?", "…", "?!", "🇯🇵", "«—»", "- - -"])
def test_what_holds_no_word_is_not_a_question(question: str, engine: Engine) -> None:
    answer = engine.ask(question)
    assert (answer.answer, answer.reason) == (None, Reason.NOT_A_QUESTION)
    assert (answer.passages, answer.alternatives, answer.confidence) == ((), (), 0)


def test_an_index_of_an_empty_file_is_an_empty_collection(indexed: Indexed) -> None:
    answer = indexed({"empty.txt": ""}).ask("What is in it?")
    assert (answer.answer, answer.reason) == (None, Reason.EMPTY_COLLECTION)
    assert (answer.passages, answer.alternatives, answer.confidence) == ((), (), 0)


def test_passages_without_a_sentence_hold_no_answer(indexed: Indexed) -> None:
    answer = indexed({"code.md": "```\nprint('gold')\n```\n"}).ask("What is printed?")
    assert (answer.answer, answer.reason) == (None, Reason.NO_ANSWER_IN_PASSAGES)
    assert len(answer.passages) == 1


def test_a_limit_of_one_withholds_every_answer(engine: Engine) -> None:
    question = "Who is the press secretary of Japan’s Foreign Ministry?"
    given_freely = engine.ask(question, min_confidence=0)
    withheld = engine.ask(question, min_confidence=1)
    assert (withheld.answer, withheld.reason) == (None, Reason.LOW_CONFIDENCE)
    assert withheld.citations == ()
    assert withheld.confidence == given_freely.confidence < 1
    assert withheld.alternatives[0].answer == given_freely.answer
    assert withheld.passages == given_freely.passages != ()
    assert receipts_hold(engine, withheld)
    assert receipts_hold(engine, given_freely)


def test_the_limit_of_the_call_goes_before_that_of_the_settings(settings: Settings) -> None:
    strict = Engine.open(settings.model_copy(update={"min_confidence": 1.0}))
    question = "Who is the press secretary of Japan’s Foreign Ministry?"
    assert strict.ask(question).reason is Reason.LOW_CONFIDENCE
    assert strict.ask(question, min_confidence=0).answer is not None


def test_citations_hold_in_text_with_emoji_and_line_breaks(indexed: Indexed) -> None:
    text = "😀😀 Facts.\r\n\r\nGold 🥇 was found by Zoë\u0301 in 1848. Foxes hunt at night.\r\n"
    engine = indexed({"odd.txt": text})
    document = engine.document("odd.txt")
    answer = engine.ask("When was gold found?", min_confidence=0)
    (citation,) = answer.citations
    assert document.text == text
    assert "1848" in citation.quote
    assert receipts_hold(engine, answer)
    utf16 = document.text.encode("utf-16-le")[2 * citation.start_utf16 : 2 * citation.end_utf16]
    assert utf16.decode("utf-16-le") == citation.quote
