"""Negatives: of each kind, that nothing in them answers any more."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from rag.documents import parse
from rag.engine import indexer
from rag.evaluation.gold import read_gold
from rag.headings import Heads
from rag.index import Index
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.training.examples import Example, read_again, write
from rag.training.negatives import changed, negatives, retrieved, without_the_sentence
from rag.types import Document, Span

GOLD = Path(__file__).parents[2] / "eval" / "gold" / "article.jsonl"
BRIDGE = (
    "The harbour bridge was opened in March 1932 by Jack Lang. It had cost 4 million pounds.\n\n"
    "In 1950 the trams made way for cars. Rowers such as Mary Reibey pass under the bridge."
)
TUNNEL = "The harbour tunnel was opened in 1992, since the bridge was full. It is 2.8 km long."
FERRY = "Ferries cross the harbour. The first of them was built by John Cadman."


def example(text: str, question: str, *answers: str) -> Example:
    """Make an example that is answered at the first place of each answer."""
    starts = [text.index(answer) for answer in answers]
    spans = (Span(s, s + len(answer)) for s, answer in zip(starts, answers, strict=True))
    return Example(question, text, tuple(spans))


Found = tuple[Retriever, Heads]

ASKED = (
    example(BRIDGE, "Who opened the harbour bridge in March 1932?", "Jack Lang"),
    example(BRIDGE, "What did the bridge cost at first?", "4 million pounds", "4 million"),
    example(BRIDGE, "When did trams make way for cars?", "1950", "In 1950"),
    example(TUNNEL, "When was the harbour tunnel opened?", "1992"),
    example(TUNNEL, "How long is the harbour tunnel?", "2.8 km"),
    example(FERRY, "Who built the first ferry across the harbour?", "John Cadman"),
)


@pytest.fixture(scope="module")
def found(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Found:
    texts = {"bridge/0": BRIDGE, "tunnel/0": TUNNEL, "ferry/0": FERRY}
    return indexed(settings, tmp_path_factory.mktemp("collection"), texts)


@pytest.fixture(scope="module")
def on_the_article(article: Document) -> list[Example]:
    """The answerable questions on the seed article."""
    questions = [q for q in read_gold(GOLD, {article.id: article}) if q.spans]
    return [Example(q.question, article.text, q.spans) for q in questions]


def indexed(settings: Settings, folder: Path, texts: dict[str, str]) -> Found:
    making = indexer(settings.apart(folder))
    making.update([parse(name, text) for name, text in texts.items()], lambda *_: None)
    index = Index.open(folder)
    return Retriever(index, making.encoder), Heads(index.documents)


def answers(one: Example) -> list[str]:
    return [one.text[span.start : span.end].casefold() for span in one.spans]


def drawing(seed: int) -> Random:
    return Random(seed)  # no secret


def is_part(words: Sequence[str], of: Sequence[str]) -> bool:
    """Whether all the words stand in the others, in that order."""
    rest = iter(of)
    return all(word in rest for word in words)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.question)
def test_what_is_retrieved_is_another_text_that_holds_no_answer(
    asked: Example, found: Found
) -> None:
    made = retrieved(asked, *found)
    assert made is not None
    assert (made.question, made.spans, made.kind) == (asked.question, (), "retrieved")
    assert made.text in {BRIDGE, TUNNEL, FERRY} - {asked.text}
    assert not any(answer in made.text.casefold() for answer in answers(asked))


def test_the_best_other_passage_is_retrieved(found: Found) -> None:
    made = retrieved(ASKED[0], *found)
    assert made is not None
    assert made.text == TUNNEL


def test_what_is_retrieved_is_read_below_what_it_stands_under(
    settings: Settings, tmp_path: Path
) -> None:
    below = f"# Harbour guide\n\n{'A walk along the quay takes an hour. ' * 30}\n\n{TUNNEL}"
    found = indexed(settings, tmp_path, {"bridge.md": BRIDGE, "guide.md": below})
    made = retrieved(ASKED[0], *found)
    assert made is not None
    assert (made.text.endswith(TUNNEL), made.head) == (True, "Harbour guide. ")


def test_a_passage_that_says_the_answer_in_other_letters_is_passed_over(
    settings: Settings, tmp_path: Path
) -> None:
    texts = {"a": BRIDGE, "b": "JACK LANG opened the harbour bridge in March 1932, they say."}
    found = indexed(settings, tmp_path, texts)
    assert retrieved(ASKED[0], *found) is None
    assert retrieved(ASKED[1], *found) is not None


def test_without_another_passage_nothing_is_retrieved(settings: Settings, tmp_path: Path) -> None:
    found = indexed(settings, tmp_path, {"a": BRIDGE})
    assert [retrieved(asked, *found) for asked in ASKED[:3]] == [None] * 3


def test_the_sentence_that_answers_is_gone_and_the_rest_stays() -> None:
    assert without_the_sentence(ASKED[0]) == Example(
        ASKED[0].question,
        "It had cost 4 million pounds.\n\n"
        "In 1950 the trams made way for cars. Rowers such as Mary Reibey pass under the bridge.",
        (),
        "without_the_sentence",
    )


def test_all_sentences_that_answer_are_gone() -> None:
    asked = example(BRIDGE, "What is told of?", "Jack Lang", "the trams")
    made = without_the_sentence(asked)
    assert made is not None
    assert made.text == (
        "It had cost 4 million pounds.\n\nRowers such as Mary Reibey pass under the bridge."
    )


def test_paragraphs_stay_apart_where_the_last_sentence_of_one_is_gone() -> None:
    made = without_the_sentence(ASKED[1])
    assert made is not None
    assert made.text.split("\n\n")[0].strip().endswith("by Jack Lang.")
    assert is_part(made.text.split(), BRIDGE.split())


def test_nothing_is_left_of_a_text_of_one_sentence() -> None:
    assert without_the_sentence(example("Lang opened it.", "Who opened it?", "Lang")) is None


def test_a_text_that_says_the_answer_again_elsewhere_is_not_used() -> None:
    text = "Lang opened it. Nobody but LANG was asked."
    assert without_the_sentence(example(text, "Who opened it?", "Lang")) is None


def test_the_article_without_a_sentence_has_lost_the_answer(
    on_the_article: Sequence[Example],
) -> None:
    made = {asked.question: without_the_sentence(asked) for asked in on_the_article}
    assert sum(each is not None for each in made.values()) > len(made) / 2
    for asked in on_the_article:
        if one := made[asked.question]:
            assert not any(answer in one.text.casefold() for answer in answers(asked))
            assert is_part(one.text.split(), asked.text.split())
            assert (one.question, one.spans) == (asked.question, ())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            ASKED[0],
            {
                "Who opened the harbour bridge in March 1950?",
                "Who opened the harbour bridge in March 4?",
                "Who opened the harbour bridge in Mary Reibey 1932?",
                "Who closed the harbour bridge in March 1932?",
            },
        ),
        (ASKED[1], {"What did the bridge cost at last?"}),
        (example(TUNNEL, "Is it under 7 km?", "2.8 km"), {"Is it under 1992 km?"}),
        (ASKED[5], {"Who built the last ferry across the harbour?"}),
        (example(FERRY, "Whose work was it?", "John Cadman"), set()),
    ],
)
def test_a_question_is_changed_to_something_else_in_the_text_or_the_opposite(
    asked: Example, expected: set[str]
) -> None:
    made = [changed(asked, drawing(seed)) for seed in range(60)]
    assert {each.question for each in made if each} == expected


def test_a_changed_question_has_the_same_text_and_no_answer(
    on_the_article: Sequence[Example],
) -> None:
    made = [(asked, changed(asked, drawing(0))) for asked in [*on_the_article, *ASKED]]
    found = [(asked, one) for asked, one in made if one]
    assert len(found) > len(made) / 3
    for asked, one in found:
        assert one.question != asked.question
        assert (one.text, one.spans, one.kind) == (asked.text, (), "changed")


def test_names_of_the_answer_do_not_come_into_the_question() -> None:
    asked = example(BRIDGE, "Who was at the bridge with Mary?", "Jack Lang", "Mary Reibey")
    made = [changed(asked, drawing(seed)) for seed in range(20)]
    assert not any("Lang" in each.question or "Reibey" in each.question for each in made if each)


def test_negatives_are_one_of_a_kind_at_most_and_the_same_for_the_same_seed(
    found: Found,
) -> None:
    asked = [*ASKED] * 40
    steps: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        steps.append((stage, done, total))

    made = list(negatives(asked, *found, drawing(1), progress))
    assert steps == [("making negatives", n, len(asked)) for n in range(1, len(asked) + 1)]
    assert made == list(negatives(asked, *found, drawing(1), lambda *_: None))
    assert made != list(negatives(asked, *found, drawing(2), lambda *_: None))
    kinds = {kind: sum(each.kind == kind for each in made) for kind in {e.kind for e in made}}
    assert kinds.keys() == {"retrieved", "without_the_sentence", "changed"}
    assert all(0.05 * len(asked) < count < 0.5 * len(asked) for count in kinds.values())
    assert not any(each.spans for each in made)


def test_examples_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    given = [*ASKED, Example("東京?", "a\u2028b\x85c\r\nd", (), "changed")]
    write(given, file)
    assert read_again(file) == given
    assert list(tmp_path.iterdir()) == [file]
