"""The article's 120 gold questions, asked of the real engine."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.scoring import holds
from rag.types import Answer, BlockKind, Citation, Document

GOLD = Path(__file__).parent.parent / "eval" / "gold" / "article.jsonl"

Asked = Sequence[tuple[GoldQuestion, Answer]]


@pytest.fixture(scope="module")
def asked(engine: Engine) -> Asked:
    questions = read_gold(GOLD, engine.index.documents)
    return [(question, engine.ask(question.question)) for question in questions]


def receipts(answer: Answer) -> list[Citation]:
    return [*answer.citations, *(c for each in answer.alternatives for c in each.citations)]


def test_the_evidence_is_among_the_passages_read(asked: Asked) -> None:
    missed = [
        gold.question
        for gold, answer in asked
        if gold.is_answerable and not any(holds(hit.passage, gold) for hit in answer.passages)
    ]
    assert missed == []


def test_every_receipt_is_exact(asked: Asked, article: Document) -> None:
    cited = [citation for _, answer in asked for citation in receipts(answer)]
    assert len(cited) > len(asked)
    assert all(article.text[each.start : each.end] == each.quote for each in cited)


def test_page_furniture_never_answers(asked: Asked, article: Document, engine: Engine) -> None:
    tempting = [
        engine.ask(question, min_confidence=0)
        for question in (
            "What can I sign up for to get insights on Asia?",
            "Who took the photo?",
            "Which topic can be followed?",
            "What can I see more on?",
            "Is Bloomberg the source?",
            "BLOOMBERG",
        )
    ]
    furniture = [block for block in article.blocks if block.kind is BlockKind.FURNITURE]
    for answer in [*(answer for _, answer in asked), *tempting]:
        for citation in receipts(answer):
            assert not any(
                citation.start < block.end and block.start < citation.end for block in furniture
            ), citation.quote


def test_questions_about_something_else_are_refused(asked: Asked) -> None:
    answered = [
        (gold.question, answer.answer)
        for gold, answer in asked
        if gold.type == "unanswerable_far" and not answer.abstained
    ]
    assert answered == []
