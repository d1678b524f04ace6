"""Results as a person, or a language model, reads them."""

from collections.abc import Sequence

from rag.answering import explained
from rag.mcp.stretch import Stretch
from rag.types import Answer, Citation, Hit

_NEAREST = 3
"""Passages shown of an abstention; all are in its structured result."""


def answered(answer: Answer) -> str:
    """Return the answer with its receipts, or why there is none and what is nearest."""
    paragraphs = [] if answer.reason is None else [explained(answer.reason)]
    if answer.resolved_question != answer.question:
        paragraphs.append(f"Understood as: {answer.resolved_question}")
    if answer.answer is not None:
        paragraphs += [answer.answer, *map(_receipt, answer.citations)]
        paragraphs.append(f"Confidence: {answer.confidence:.2f}")
        return "\n\n".join(paragraphs)
    if answer.unknown_words:
        paragraphs.append(f"Nowhere in the documents: {', '.join(answer.unknown_words)}.")
    if answer.passages:
        paragraphs += ["The nearest passages:", *map(_passage, answer.passages[:_NEAREST])]
    return "\n\n".join(paragraphs)


def found(hits: Sequence[Hit]) -> str:
    """Return the passages, best first."""
    return "\n\n".join(map(_passage, hits)) or "No passage came into question."


def headed(stretch: Stretch) -> str:
    """Return what is to be said of a stretch of a document, its text apart."""
    place = f"{stretch.id}, characters {stretch.start}–{stretch.end} of {stretch.characters}"
    if stretch.next_start is not None:
        place += f"; there is more from start={stretch.next_start} on"
    return f"{stretch.title}\n{place}"


def _receipt(citation: Citation) -> str:
    page = "" if citation.page is None else f"page {citation.page}, "
    place = f"{citation.document_id}, {page}characters {citation.start}–{citation.end}"
    return f"“{citation.sentence_text}”\n— {citation.title} ({place})"


def _passage(hit: Hit) -> str:
    passage = hit.passage
    place = f"{passage.document_id}, characters {passage.start}–{passage.end}"
    return f"[{place}]\n{passage.text}"
