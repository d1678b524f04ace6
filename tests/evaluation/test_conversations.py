"""Conversations as gold: the shipped ones hold, and follow-ups are held against their full form."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.measures import squad
from rag.evaluation.report.outputs import write_all
from rag.evaluation.run import Evaluation, evaluate
from rag.evaluation.scoring import Asked, score
from rag.evaluation.subject import InProcess
from rag.types import Document, Role, Turn

GOLD = Path(__file__).parents[2] / "eval" / "gold" / "article-conversations.jsonl"
STANDING = {"stands_alone", "topic_change"}

Talks = dict[str, list[GoldQuestion]]


@pytest.fixture(scope="module")
def gold(article: Document) -> list[GoldQuestion]:
    return read_gold(GOLD, {"article.txt": article})


@pytest.fixture(scope="module")
def talks(gold: list[GoldQuestion]) -> Talks:
    found: Talks = defaultdict(list)
    for follow_up in gold:
        found[follow_up.id.rpartition("-")[0]].append(follow_up)
    return found


def test_there_are_enough_conversations_of_several_turns(talks: Talks) -> None:
    assert len(talks) >= 25
    assert sum(map(len, talks.values())) >= 70
    assert all(len(talk) >= 2 for talk in talks.values())


def test_each_turn_follows_the_turns_before_it(talks: Talks) -> None:
    for talk in talks.values():
        for before, after in pairwise(talk):
            *earlier, asked, answered = after.history
            assert tuple(earlier) == before.history
            assert asked == Turn(Role.USER, before.question)
            assert answered.role is Role.ASSISTANT


def test_a_conversation_is_of_one_split_and_the_splits_are_halves(talks: Talks) -> None:
    splits = [{each.split for each in talk} for talk in talks.values()]
    assert splits.count({"dev"}) == splits.count({"test"}) == len(splits) / 2


def test_every_answer_stands_in_the_article_where_it_says(
    gold: list[GoldQuestion], article: Document
) -> None:
    for each in gold:
        texts = [article.text[span.start : span.end] for span in each.spans]
        assert texts == list(each.answers)
        assert len(set(each.spans)) == len(each.spans)
        assert all(text == text.strip() for text in texts)


def test_every_follow_up_is_given_in_full(gold: list[GoldQuestion]) -> None:
    for each in gold:
        full = squad.normalised(each.resolved_question or "")
        typed = squad.normalised(each.question).removeprefix("and ")
        assert full
        assert (full == typed) == (each.type in STANDING) or each.type == "lower_case"


def test_unanswerable_follow_ups_are_of_both_splits(gold: list[GoldQuestion]) -> None:
    assert {each.split for each in gold if not each.is_answerable} == {"dev", "test"}


def follow_up(answers: Sequence[str] = ("to advance Belt and Road investment",)) -> GoldQuestion:
    said = (
        Turn(Role.USER, "Which country did Xi Jinping visit in June?"),
        Turn(Role.ASSISTANT, "Kazakhstan"),
    )
    full = "Why did Xi Jinping visit Kazakhstan in June?"
    return GoldQuestion("t-1", "Why?", tuple(answers), "article.txt", (), said, full)


@pytest.fixture(scope="module")
def asked(engine: Engine) -> Asked:
    gold = follow_up()
    return Asked(
        gold,
        engine.ask(gold.question, history=gold.history),
        (),
        resolved=engine.ask(gold.resolved_question or ""),
        alone=engine.ask(gold.question),
    )


def test_a_follow_up_is_held_against_the_question_in_full(asked: Asked, engine: Engine) -> None:
    values = score(asked, engine.index.documents).values
    assert (values["as_resolved"], values["alone_as_resolved"]) == (1.0, 0.0)
    assert values["resolved_f1"] == 1.0
    assert "left_alone" not in values


def test_one_that_is_not_understood_falls_behind(asked: Asked, engine: Engine) -> None:
    values = score(replace(asked, answer=asked.alone), engine.index.documents).values
    assert values["as_resolved"] == 0.0
    assert values["resolved_f1"] == squad.f1("Why?", [asked.gold.resolved_question or ""]) < 0.3


def test_where_there_is_no_answer_giving_none_is_as_good(asked: Asked, engine: Engine) -> None:
    unanswerable = replace(asked, gold=follow_up(answers=()))
    assert score(unanswerable, engine.index.documents).values["as_resolved"] == 1.0
    silent = replace(unanswerable, resolved=asked.alone)
    assert asked.alone is not None
    assert asked.alone.abstained
    assert score(silent, engine.index.documents).values["as_resolved"] == 0.0


def test_one_that_fails_is_wrong(asked: Asked, engine: Engine) -> None:
    failed = Asked(asked.gold, None, (), "RemoteFailure: timed out")
    values = score(failed, engine.index.documents).values
    assert (values["as_resolved"], values["resolved_f1"]) == (0.0, 0.0)


def test_a_question_in_no_need_of_its_history_is_left_alone(engine: Engine) -> None:
    question = "When did Russia send troops into Ukraine?"
    gold = replace(follow_up(("2022",)), question=question, resolved_question=question)
    answer = engine.ask(question, history=gold.history)
    scored = score(Asked(gold, answer, (), None, answer, answer), engine.index.documents)
    assert scored.values["left_alone"] == 1.0
    changed = replace(answer, resolved_question="When did Japan send troops into Ukraine?")
    meddled = score(Asked(gold, changed, (), None, answer, answer), engine.index.documents)
    assert meddled.values["left_alone"] == 0.0


@pytest.fixture(scope="module")
def evaluation(engine: Engine) -> Evaluation:
    questions = [follow_up(), GoldQuestion("q-1", "Who is the prime minister of Japan?", ("T",))]
    return evaluate(InProcess(engine), questions, {}, "talk", 0, lambda *_: None)


def test_a_run_asks_follow_ups_with_their_history(evaluation: Evaluation) -> None:
    assert evaluation.figures["as_resolved"].n == 1
    assert evaluation.figures["as_resolved"].value == 1.0
    assert evaluation.figures["alone_as_resolved"].value == 0.0


def test_results_tell_what_was_understood_of_follow_ups_alone(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_all(evaluation, None, tmp_path)
    lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = map(json.loads, lines)
    assert first["resolved_question"] == "Why did Xi Jinping visit Kazakhstan in June?"
    assert "resolved_question" not in second
    assert "as_resolved" in (tmp_path / "report.html").read_text(encoding="utf-8")
