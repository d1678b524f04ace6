"""Asked through the engine: receipts hold in any text, and each abstention has its reason."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import engine as engines
from rag.engine import Engine
from rag.errors import InvalidSetting
from rag.reading import FEATURES
from rag.settings import Settings
from rag.types import Answer, Reason

WEIGHTS = {**dict.fromkeys(FEATURES, 0.0), "score": 1.5}

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
