"""Why each miss missed: asks again with the gold document given, then the gold passage."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np

from rag.engine import Engine
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.scoring import Asked, Scored, holds, score
from rag.evaluation.summary import Figure, summarise
from rag.indexing import Progress
from rag.seams import Ints
from rag.types import Passage


class Blame(StrEnum):
    """The stage that lost the answer, or gave one where there is none."""

    CHUNKING = "chunking"
    RETRIEVAL = "retrieval"
    READING = "reading"
    ABSTENTION = "abstention"
    FALSE_ANSWER = "false_answer"
    FAILURE = "failure"


def attribute(
    asked: Sequence[Asked], scored: Sequence[Scored], passages: Sequence[Passage] | None
) -> dict[str, Blame]:
    """Return question id -> blame for each miss.

    ``passages`` are all there are, to tell chunking from retrieval; a remote server does not give
    them (None), and the two count as retrieval.
    """
    blames = {
        result.id: _blame(one, result, passages) for one, result in zip(asked, scored, strict=True)
    }
    return {question_id: blame for question_id, blame in blames.items() if blame is not None}


def _blame(asked: Asked, result: Scored, passages: Sequence[Passage] | None) -> Blame | None:
    if result.error is not None:
        return Blame.FAILURE
    if not result.is_answerable:
        return Blame.FALSE_ANSWER if result.is_answered else None
    if result.right:
        return None if result.is_answered else Blame.ABSTENTION
    read = asked.answer.passages if asked.answer else ()
    if any(holds(hit.passage, asked.gold) for hit in read):
        return Blame.READING
    is_cut = passages is not None and not any(holds(each, asked.gold) for each in passages)
    return Blame.CHUNKING if is_cut else Blame.RETRIEVAL


def ablate(
    engine: Engine, asked: Sequence[Asked], seed: int, progress: Progress
) -> dict[str, dict[str, Figure]]:
    """Return condition -> figures of the answerable questions with places, asked with help.

    ``gold document`` lets the engine retrieve in the right document alone; ``gold passage`` hands
    it the passages that hold the answer, so that reading alone can fail.
    """
    helped = [each.gold for each in asked if each.gold.spans]
    passages = dict(engine.index.passages.items())
    places = {
        "gold document": {gold.id: _in_document(gold, passages) for gold in helped},
        "gold passage": {gold.id: _holding(gold, passages) for gold in helped},
    }
    figures = {}
    for condition, among in places.items():
        scored = []
        for done, gold in enumerate(helped, start=1):
            answer = engine.ask(gold.question, history=gold.history, among=among[gold.id])
            scored.append(score(Asked(gold, answer, ()), engine.index.documents))
            progress(condition, done, len(helped))
        figures[condition] = summarise(scored, seed)
    return figures


def _holding(gold: GoldQuestion, passages: Mapping[int, Passage]) -> Ints:
    found = [ordinal for ordinal, passage in passages.items() if holds(passage, gold)]
    return np.array(found, dtype=np.int64)


def _in_document(gold: GoldQuestion, passages: Mapping[int, Passage]) -> Ints:
    found = [o for o, passage in passages.items() if passage.document_id == gold.document_id]
    return np.array(found, dtype=np.int64)
