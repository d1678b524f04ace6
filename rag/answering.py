"""Candidates -> answer: calibrate, choose, abstain, cite.

An answer is a receipt: its quote is ``document.text[start:end]`` by construction.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from rag.types import Alternative, Candidate, Citation, Document, Hit, Passage, Reason, Span

_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on data: the probability that the best candidate is right, and when to withhold it.

    The probability is ``sigmoid(intercept + score * s + margin * m)`` for the best candidate's
    score s and its lead m over the next (Platt 1999, with two inputs).
    """

    score: float
    margin: float
    intercept: float
    threshold: float

    @classmethod
    def shipped(cls) -> "Calibration":
        """Load the calibration that comes with the package."""
        content = json.loads(files("rag").joinpath("assets/calibration.json").read_text("utf-8"))
        return cls(**{name: content[name] for name in cls.__slots__})

    def confidence(self, score: float, margin: float) -> float:
        """Return the probability that a candidate of this score and lead is right."""
        odds = self.intercept + self.score * score + self.margin * margin
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the candidates: an answer with citations, or a reason why there is none."""

    answer: str | None
    reason: Reason | None
    confidence: float
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]


def decide(
    candidates: Sequence[Candidate],
    documents: Mapping[str, Document],
    calibration: Calibration,
    min_confidence: float,
) -> Verdict:
    """Choose the best candidate and cite it, or abstain below ``min_confidence``.

    The candidates must be sorted, best first. What is withheld stands among the alternatives.
    """
    if not candidates:
        return abstain(Reason.NO_ANSWER_IN_PASSAGES)
    best, *others = _answers(candidates[: 1 + _ALTERNATIVES], documents, calibration)
    if best.confidence < min_confidence:
        withheld = (best, *others)[:_ALTERNATIVES]
        return Verdict(None, Reason.LOW_CONFIDENCE, best.confidence, (), withheld)
    return Verdict(best.answer, None, best.confidence, best.citations, tuple(others))


def abstain(reason: Reason) -> Verdict:
    """Return the verdict of a question that no candidate was found for."""
    return Verdict(None, reason, 0.0, (), ())


def cite(document: Document, span: Span, passage: Passage) -> Citation:
    """Return the receipt for a span that lies in a passage of a document."""
    quote = document.text[span.start : span.end]
    start_utf16 = utf16_length(document.text[: span.start])
    sentence = _sentence_around(span, passage)
    return Citation(
        id=1,
        document_id=document.id,
        title=document.title,
        quote=quote,
        start=span.start,
        end=span.end,
        start_utf16=start_utf16,
        end_utf16=start_utf16 + utf16_length(quote),
        answer_start=0,
        answer_end=len(quote),
        sentence=sentence,
        sentence_text=document.text[sentence.start : sentence.end],
        passage=passage,
        document_sha256=document.sha256,
    )


def lead(scores: list[float], place: int) -> float:
    """Return the lead of one score over the best of the others; 0 where there is no other."""
    rivals = scores[:place] + scores[place + 1 :]
    return scores[place] - max(rivals) if rivals else 0.0


def utf16_length(text: str) -> int:
    """Return the length of a text in UTF-16 code units, as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _answers(
    candidates: Sequence[Candidate], documents: Mapping[str, Document], calibration: Calibration
) -> list[Alternative]:
    """Return each candidate as an answer; its lead is over the best candidate that is not it."""
    scores = [candidate.score for candidate in candidates]
    return [
        _answer(candidate, documents, calibration, lead(scores, place))
        for place, candidate in enumerate(candidates)
    ]


def _answer(
    candidate: Candidate, documents: Mapping[str, Document], calibration: Calibration, margin: float
) -> Alternative:
    passage: Passage = candidate.hit.passage
    citation = cite(documents[passage.document_id], candidate.span, passage)
    return Alternative(citation.quote, calibration.confidence(candidate.score, margin), (citation,))


def _sentence_around(span: Span, passage: Passage) -> Span:
    """Return the sentences of the passage that the span touches, joined; else the span itself."""
    touched = [s for s in passage.sentences if s.start < span.end and span.start < s.end]
    if not touched:
        return span
    return Span(min(span.start, touched[0].start), max(span.end, touched[-1].end))


def unread(hits: Sequence[Hit], *, collection_is_empty: bool) -> Reason:
    """Say why there was nothing to read."""
    if collection_is_empty:
        return Reason.EMPTY_COLLECTION
    return Reason.NO_ANSWER_IN_PASSAGES if hits else Reason.NOTHING_RETRIEVED
