"""One asked question -> its scores: answer, citation, and whether the best candidate is right.

A question that failed or timed out counts as wrong in every measure; none is skipped. So it
counts as withheld where there is an answer, and as confidently answered where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.evaluation.gold import Documents, GoldQuestion
from rag.evaluation.measures import squad
from rag.types import Answer, Citation, Hit, Passage, Span

_CLOSE = 0.5
"""Token F1 from which an answer at the gold place counts as right."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A gold question and what came back: an answer and a ranking, or an error.

    Where the gold has a ``resolved_question``, ``resolved`` is what came back for that, ``alone``
    what came back for the question without its history.
    """

    gold: GoldQuestion
    answer: Answer | None
    hits: tuple[Hit, ...]
    error: str | None = None
    resolved: Answer | None = None
    alone: Answer | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one question. ``best`` is the candidate given, or withheld by abstaining.

    ``right`` says whether ``best`` is. ``values`` holds the measures that are means over questions,
    where they apply to this one; ``forced`` EM and F1 as if nothing were ever withheld.
    """

    id: str
    question: str
    type: str
    is_answerable: bool
    is_answered: bool
    confidence: float
    prediction: str
    best: str
    right: bool
    values: Mapping[str, float]
    forced: Mapping[str, float]
    latency_ms: Mapping[str, float]
    error: str | None

    @property
    def decided(self) -> bool:
        """Whether the decision is right: a right answer given, or none where there is none."""
        return self.right if self.is_answered else not self.is_answerable


def score(asked: Asked, documents: Documents) -> Scored:
    """Score one question; its citations are held against the texts of ``documents``."""
    gold, answer = asked.gold, asked.answer
    best, citation = best_candidate(answer)
    prediction = (answer.answer or "") if answer else ""
    values = {"em": squad.exact(prediction, gold.answers), "f1": squad.f1(prediction, gold.answers)}
    forced = {"em": squad.exact(best, gold.answers), "f1": squad.f1(best, gold.answers)}
    if asked.error is not None:
        values, forced = dict.fromkeys(values, 0.0), dict.fromkeys(forced, 0.0)
    if answer and answer.citations:
        values["citation_exactness"] = float(all(_is_exact(c, documents) for c in answer.citations))
    if gold.spans:
        values |= _placed(answer, gold)
        values["reading_hit@1"] = float(citation is not None and holds(citation.passage, gold))
    if gold.resolved_question is not None:
        values |= _followed(asked, gold.resolved_question)
    timings = answer.timings_ms if answer else None
    falsely = asked.error is not None and not gold.is_answerable
    return Scored(
        id=gold.id,
        question=gold.question,
        type=gold.type or ("answerable" if gold.is_answerable else "unanswerable"),
        is_answerable=gold.is_answerable,
        is_answered=not answer.abstained if answer else falsely,
        confidence=answer.confidence if answer else float(falsely),
        prediction=prediction,
        best=best,
        right=is_right(best, citation, gold),
        values=values,
        forced=forced,
        latency_ms={name: getattr(timings, name) for name in ("retrieve", "read", "total")}
        if timings
        else {},
        error=asked.error,
    )


def best_candidate(answer: Answer | None) -> tuple[str, Citation | None]:
    """Return the answer given, or else the first of those withheld, with its citation."""
    if answer is None:
        return "", None
    if answer.answer is not None:
        return answer.answer, answer.citations[0]
    if answer.alternatives:
        return answer.alternatives[0].answer, answer.alternatives[0].citations[0]
    return "", None


def is_right(text: str, citation: Citation | None, gold: GoldQuestion) -> bool:
    """Say whether a candidate is right: at a gold place, holding a gold answer or close to one.

    Where the gold has no places, the words alone decide. No candidate is right for an
    unanswerable question.
    """
    if citation is None or not gold.is_answerable:
        return False
    if gold.spans and not (
        citation.document_id == gold.document_id
        and any(overlap(Span(citation.start, citation.end), span) for span in gold.spans)
    ):
        return False
    held = f" {squad.normalised(text)} "
    holds = any(f" {squad.normalised(answer)} " in held for answer in gold.answers)
    return holds or squad.f1(text, gold.answers) >= _CLOSE


def overlap(first: Span, second: Span) -> int:
    """Return how many code points two spans of one document share."""
    return max(0, min(first.end, second.end) - max(first.start, second.start))


def holds(passage: Passage, gold: GoldQuestion) -> bool:
    """Say whether a passage holds a gold answer at its place, or in words if no place is known."""
    if not gold.spans:
        held = f" {squad.normalised(passage.text)} "
        return any(f" {squad.normalised(answer)} " in held for answer in gold.answers)
    return passage.document_id == gold.document_id and any(
        passage.start <= span.start and span.end <= passage.end for span in gold.spans
    )


def _is_exact(citation: Citation, documents: Documents) -> bool:
    document = documents.get(citation.document_id)
    return document is not None and document.text[citation.start : citation.end] == citation.quote


def _placed(answer: Answer | None, gold: GoldQuestion) -> dict[str, float]:
    """Score the places of the citations: best span IoU, and whether the sentence is the evidence.

    IoU is shared over joint code points (Jaccard); 0 for an abstention.
    """
    cited = [c for c in (answer.citations if answer else ()) if c.document_id == gold.document_id]
    pairs = [(Span(c.start, c.end), span) for c in cited for span in gold.spans]
    shared = [(overlap(a, b), a.end - a.start + b.end - b.start) for a, b in pairs]
    sentences = [(c.sentence, span) for c in cited for span in gold.spans]
    inside = [a.start <= span.start and span.end <= a.end for a, span in sentences]
    return {
        "span_iou": max((both / (total - both) for both, total in shared), default=0.0),
        "evidence_sentence": float(any(inside)),
    }


def _followed(asked: Asked, resolved_question: str) -> dict[str, float]:
    """Score a follow-up: what was understood, and whether it was served as well as in full."""
    gold, answer = asked.gold, asked.answer
    understood = answer.resolved_question if answer else gold.question
    values = {
        "as_resolved": float(_served(answer, gold) >= _served(asked.resolved, gold)),
        "alone_as_resolved": float(_served(asked.alone, gold) >= _served(asked.resolved, gold)),
        "resolved_f1": squad.f1(understood, (resolved_question,)),
    }
    if asked.error is not None:
        return dict.fromkeys(values, 0.0)
    if squad.normalised(resolved_question) == squad.normalised(gold.question):
        values["left_alone"] = float(understood == gold.question)
    return values


def _served(answer: Answer | None, gold: GoldQuestion) -> bool:
    """Say whether the best candidate is right, or none was given where there is no answer."""
    if not gold.is_answerable:
        return answer is not None and answer.abstained
    return is_right(*best_candidate(answer), gold)
