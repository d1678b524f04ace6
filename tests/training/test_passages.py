"""Questions about whole texts, put to their passages: what is said to answer does, exactly."""

from pathlib import Path

import numpy as np
import pytest

from rag.documents import parse
from rag.engine import indexer
from rag.evaluation.gold import read_gold
from rag.headings import Heads
from rag.index import Index
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.training.examples import Example
from rag.training.passages import Cutting
from rag.types import Document, Span

GOLD = Path(__file__).parents[2] / "eval" / "gold" / "article.jsonl"
SHORT = "The harbour tunnel was opened in 1992. It is 2.8 km long."
NOBODY_KNOWS = "Who paid for the reception at the summit?"


@pytest.fixture(scope="module")
def index(settings: Settings, article: Document, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("collection")
    indexer(settings.apart(folder)).update([article, parse("short", SHORT)], lambda *_: None)
    return Index.open(folder)


@pytest.fixture(scope="module")
def retriever(settings: Settings, index: Index) -> Retriever:
    return Retriever(index, indexer(settings).encoder)


@pytest.fixture(scope="module")
def cutting(index: Index, retriever: Retriever) -> Cutting:
    return Cutting(index, retriever)


@pytest.fixture(scope="module")
def asked(article: Document) -> list[Example]:
    """The answerable questions on the seed article."""
    questions = [each for each in read_gold(GOLD, {article.id: article}) if each.spans]
    return [Example(each.question, article.text, each.spans) for each in questions]


def answers(one: Example) -> set[str]:
    return {one.text[span.start : span.end] for span in one.spans}


def test_every_passage_that_holds_an_answer_is_learned_from_and_says_the_same(
    asked: list[Example], index: Index, cutting: Cutting
) -> None:
    for whole in asked:
        cut = [each for each in cutting.cut(whole) if each.kind == "cut"]
        assert set.union(*map(answers, cut)) == answers(whole)
        held = [
            passage.text
            for passage in index.passages.values()
            if any(passage.start <= s.start and s.end <= passage.end for s in whole.spans)
            and passage.document_id != "short"
        ]
        assert sorted(each.text for each in cut) == sorted(held)


def test_the_two_nearest_passages_without_an_answer_are_learned_from_as_such(
    asked: list[Example], index: Index, retriever: Retriever, cutting: Cutting
) -> None:
    own = np.array([at for at, each in index.passages.items() if each.document_id != "short"])
    for whole in asked:
        beside = [each for each in cutting.cut(whole) if each.kind == "beside"]
        found = [hit.passage.text for hit in retriever.retrieve(whole.question, 99, own)]
        said = {each.casefold() for each in answers(whole)}
        free = [text for text in found if not any(each in text.casefold() for each in said)]
        assert sorted(each.text for each in beside) == sorted(free[:2])
        assert not any(each.spans for each in beside)


def test_what_nothing_answers_is_put_to_the_two_nearest(
    article: Document, cutting: Cutting, retriever: Retriever
) -> None:
    heads = Heads({article.id: article})
    nearest = [hit.passage for hit in retriever.retrieve(NOBODY_KNOWS, 2)]
    cut = list(cutting.cut(Example(NOBODY_KNOWS, article.text, ())))
    assert cut == [Example(NOBODY_KNOWS, p.text, (), "beside", heads.of(p)) for p in nearest]
    assert all(each.head == f"{article.title}. " for each in cut)


def test_what_is_one_passage_or_not_in_the_index_stays_as_it_is(cutting: Cutting) -> None:
    for text in (SHORT, "A text that is nowhere."):
        whole = Example("When was the tunnel opened?", text, ())
        assert list(cutting.cut(whole)) == [whole]


def test_an_answer_that_no_passage_holds_whole_is_learned_from_in_the_whole_text(
    article: Document, cutting: Cutting
) -> None:
    whole = Example("What does it say?", article.text, (Span(0, len(article.text)),))
    assert list(cutting.cut(whole)) == [whole]
