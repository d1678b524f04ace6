"""Candidates -> answer: choose, abstain, cite.

An answer is a receipt: its quote is ``document.text[start:end]`` by construction.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.confidence import Calibration
from rag.headings import Outline
from rag.reading import Evidence
from rag.sentences import touched
from rag.types import (
    Alternative,
    Candidate,
    Citation,
    Document,
    Hit,
    Passage,
    Reason,
    Span,
)

_ALTERNATIVES = 3
_UNLIKELY = 0.01
"""Confidence below which a candidate is no alternative: mostly words that answer nothing."""
_BETWEEN = ", "
"""What stands in an answer between the quotes of several places."""


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
    evidence: Sequence[Evidence],
    documents: Mapping[str, Document],
    calibration: Calibration,
    min_confidence: float,
    parts: Sequence[Candidate] = (),
) -> Verdict:
    """Choose the best candidate and cite it, or abstain below ``min_confidence``.

    The candidates must be sorted, best first; ``parts`` are those that answer with the best, it
    among them. What is withheld stands among the alternatives. The reason says whether the reader
    found no answer likelier than any, or one that may be wrong.
    """
    if not candidates:
        return abstain(Reason.NO_ANSWER_IN_PASSAGES)
    best = _answer(parts or candidates[:1], documents, calibration.confidence(evidence[0]))
    rest = zip(candidates[1:], map(calibration.confidence, evidence[1:]), strict=True)
    likely = [
        (candidate, confidence)
        for candidate, confidence in rest
        if confidence >= _UNLIKELY and not any(candidate.overlaps(part) for part in parts)
    ]
    others = [_answer([each], documents, sure) for each, sure in likely[:_ALTERNATIVES]]
    if best.confidence >= min_confidence:
        return Verdict(best.answer, None, best.confidence, best.citations, tuple(others))
    is_likely = any(each.score > 0 for each in evidence)
    reason = Reason.LOW_CONFIDENCE if is_likely else Reason.NO_ANSWER_IN_PASSAGES
    return Verdict(None, reason, best.confidence, (), (best, *others)[:_ALTERNATIVES])


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
        page=bisect_right(document.pages, span.start) or None,
        headings=Outline.of(document).above(span.start),
    )


def utf16_length(text: str) -> int:
    """Return the length of a text in UTF-16 code units, as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _answer(
    parts: Sequence[Candidate], documents: Mapping[str, Document], confidence: float
) -> Alternative:
    """Return the quotes of the parts, one after the other, each with its receipt."""
    citations: list[Citation] = []
    start = 0
    for number, part in enumerate(parts, start=1):
        passage = part.hit.passage
        citation = cite(documents[passage.document_id], part.span, passage)
        end = start + len(citation.quote)
        citations.append(replace(citation, id=number, answer_start=start, answer_end=end))
        start = end + len(_BETWEEN)
    answer = _BETWEEN.join(citation.quote for citation in citations)
    return Alternative(answer, confidence, tuple(citations))


def _sentence_around(span: Span, passage: Passage) -> Span:
    """Return the sentences of the passage that the span touches, joined; else the span itself."""
    around = touched(passage.sentences, span)
    if not around:
        return span
    return Span(min(span.start, around[0].start), max(span.end, around[-1].end))


_EXPLAINED = {
    Reason.EMPTY_COLLECTION: "No answer: there are no documents yet.",
    Reason.NOTHING_RETRIEVED: "No answer: no document comes into question.",
    Reason.NO_ANSWER_IN_PASSAGES: "No answer: the nearest passages do not seem to hold one.",
    Reason.LOW_CONFIDENCE: "No answer: the likeliest one is not sure enough.",
    Reason.NOT_A_QUESTION: "No answer: there is no word in the question.",
}


def explained(reason: Reason) -> str:
    """Say to a person why there is no answer."""
    return _EXPLAINED[reason]


def unread(hits: Sequence[Hit], *, collection_is_empty: bool) -> Reason:
    """Say why there was nothing to read."""
    if collection_is_empty:
        return Reason.EMPTY_COLLECTION
    return Reason.NO_ANSWER_IN_PASSAGES if hits else Reason.NOTHING_RETRIEVED
