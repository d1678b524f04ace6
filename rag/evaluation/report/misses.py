"""The misses of an evaluation, worst first: what was asked, what was right, and what was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Asked, Scored, best_candidate
from rag.types import Answer, Passage, Span


class Kind(StrEnum):
    """What went wrong as a user sees it, the worst first."""

    FALSE_ANSWER = "false answer"
    WRONG_ANSWER = "wrong answer"
    RIGHT_WITHHELD = "right answer withheld"
    NOT_FOUND = "no right candidate"


@dataclass(frozen=True, slots=True)
class Miss:
    """A question missed; ``pieces`` are the passage read, cut, and whether each is the candidate.

    Without a candidate it is the passage ranked first, if there is one.
    """

    id: str
    question: str
    type: str
    kind: Kind
    blame: str
    gold: tuple[str, ...]
    gold_document: str | None
    candidate: str
    confidence: float
    document: str | None
    pieces: tuple[tuple[str, bool], ...]


def worst_misses(evaluation: Evaluation) -> list[Miss]:
    """Return the misses of questions that did not fail: by kind, then the most confident first."""
    missed = [
        _miss(asked, scored, kind, evaluation.blames.get(scored.id, ""))
        for asked, scored in zip(evaluation.asked, evaluation.scored, strict=True)
        if (kind := _kind(scored)) is not None
    ]
    kinds = list(Kind)
    return sorted(missed, key=lambda each: (kinds.index(each.kind), -each.confidence, each.id))


def _kind(scored: Scored) -> Kind | None:
    if scored.error is not None:
        return None
    if not scored.is_answerable:
        return Kind.FALSE_ANSWER if scored.is_answered else None
    if scored.right:
        return None if scored.is_answered else Kind.RIGHT_WITHHELD
    return Kind.WRONG_ANSWER if scored.is_answered else Kind.NOT_FOUND


def _miss(asked: Asked, scored: Scored, kind: Kind, blame: str) -> Miss:
    passage, places = _read(asked.answer)
    return Miss(
        id=scored.id,
        question=scored.question,
        type=scored.type,
        kind=kind,
        blame=blame,
        gold=tuple(dict.fromkeys(asked.gold.answers)),
        gold_document=asked.gold.document_id,
        candidate=scored.best,
        confidence=scored.confidence,
        document=passage.document_id if passage else None,
        pieces=tuple(_pieces(passage, places)) if passage else (),
    )


def _read(answer: Answer | None) -> tuple[Passage | None, list[Span]]:
    """Return the passage of the best candidate and all that the candidate quotes from it."""
    if answer is None:
        return None, []
    _, first = best_candidate(answer)
    if first is None:
        return next((hit.passage for hit in answer.passages), None), []
    citations = answer.citations or answer.alternatives[0].citations
    quoted = [Span(c.start, c.end) for c in citations if c.passage.id == first.passage.id]
    return first.passage, quoted


def _pieces(passage: Passage, places: list[Span]) -> Iterator[tuple[str, bool]]:
    """Cut a passage at the ends of the places; yield (text, whether it lies in one of them)."""
    ends = {end for place in places for end in (place.start, place.end)}
    inside = {end for end in ends if passage.start < end < passage.end}
    for start, end in pairwise(sorted({passage.start, *inside, passage.end})):
        marked = any(place.start <= start and end <= place.end for place in places)
        yield passage.text[start - passage.start : end - passage.start], marked
