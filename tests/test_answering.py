"""Receipts and abstention: what becomes of a reader's candidates."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import engine as engines
from rag.answering import Verdict, cite, decide, unread, utf16_length
from rag.confidence import Calibration
from rag.documents import parse
from rag.engine import Engine
from rag.errors import InvalidSetting
from rag.reading import FEATURES, Evidence
from rag.settings import Settings
from rag.types import Answer, Candidate, Document, Hit, Passage, Reason, Span

NOTHING = dict.fromkeys(FEATURES, 0.0)
WEIGHTS = {**NOTHING, "score": 1.5}
CALIBRATION = Calibration(WEIGHTS, intercept=-1, curve=((0.2, 0.9),))
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
    assert 0.3 < withheld.confidence < 1  # all was read for it, one passage for the other
    assert withheld.alternatives[0].answer == given_freely.answer
    assert withheld.passages == given_freely.passages != ()
    assert receipts_hold(engine, withheld)
    assert receipts_hold(engine, given_freely)


def test_the_limit_of_the_call_goes_before_that_of_the_settings(settings: Settings) -> None:
    strict = Engine.open(settings.model_copy(update={"min_confidence": 1.0}))
    question = "Who is the press secretary of Japan’s Foreign Ministry?"
    assert strict.ask(question).reason is Reason.LOW_CONFIDENCE
    assert strict.ask(question, min_confidence=0).answer is not None


@pytest.mark.parametrize(("precision", "is_given"), [(0.5, True), (0.9, False)])
def test_without_a_limit_the_precision_aimed_at_decides(
    precision: float, is_given: bool, settings: Settings, tmp_path: Path
) -> None:
    fitted = tmp_path / "calibration.json"
    curve = ((0, 0.5), (1, 0.9))
    fitted.write_text(json.dumps({"weights": WEIGHTS, "intercept": 0, "curve": curve}), "utf-8")
    changed = {"calibration": fitted, "target_precision": precision}
    answer = Engine.open(settings.model_copy(update=changed)).ask("Who is the press secretary?")
    assert (answer.answer is not None) == is_given


@pytest.mark.parametrize("content", [None, b"{}", b"\xff\xfe\x00"])
def test_without_a_sound_calibration_no_engine_opens(
    content: bytes | None, settings: Settings, tmp_path: Path
) -> None:
    broken = tmp_path / "calibration.json"
    if content:
        broken.write_bytes(content)
    with pytest.raises(InvalidSetting, match="calibration"):
        Engine.open(settings.model_copy(update={"calibration": broken}))


def test_a_question_that_asks_the_same_does_not_answer(indexed: Indexed) -> None:
    faq = "**Does the router support WPA3?**\n\nIt came with firmware 2.8.1, in May 2024.\n"
    answer = indexed({"faq.md": faq}).ask("Does the router support WPA3?", min_confidence=0)
    said = [answer.answer, *(each.answer for each in answer.alternatives)]
    assert "WPA3" not in " ".join(filter(None, said))


def test_an_answer_of_a_table_is_of_one_cell(indexed: Indexed) -> None:
    table = "| Name | Phone |\n| --- | --- |\n| Yewande Bakare | 4477 |\n| Tom Price | 4400 |\n"
    engine = indexed({"phones.md": f"# Phone numbers\n\n{table}"})
    for question in ("What is the phone number of Tom Price?", "Who has the phone 4477?"):
        answer = engine.ask(question, min_confidence=0)
        said = [answer.answer, *(each.answer for each in answer.alternatives)]
        assert not [each for each in said if "|" in (each or "")]
        assert receipts_hold(engine, answer)


def test_words_that_stand_nowhere_are_named(indexed: Indexed) -> None:
    engine = indexed({"facts.txt": "Gold was found in 1848. Foxes hunt at night."})
    assert engine.ask("Was zorkmid found by a fox in Narnia?").unknown_words == (
        "zorkmid",
        "Narnia",
    )
    assert engine.ask("When was gold found?").unknown_words == ()
    assert engine.ask("?").unknown_words == ()


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
