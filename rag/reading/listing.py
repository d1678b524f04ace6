"""Questions in the plural: several places may answer together, or one list that holds them all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.types import Candidate, Document, Span

_SINGULAR = r"(?!(?:is|was|has|does|this|its|his|us|as)\b)"
_PLURAL = rf"(?:{_SINGULAR}\w+(?<![isu])s|people|men|women|children|criteria|media)\b"
_VERB = r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|may|might|must)\b"
_OBJECT = r"(?!\s+(?:the|an?|when|if|to)\b)"
"""What follows a verb, which may look like a noun in the plural: "what causes the effect"."""
_SEVERAL = re.compile(
    rf"^\W*(?:list|name|enumerate)\b"
    rf"|\b(?:what|which|who|where)\s+(?:are|were)\b"
    rf"|\b(?:what|which|whose)\s+(?:(?!{_VERB})\w+\s+){{0,2}}?{_PLURAL}{_OBJECT}",
    re.IGNORECASE,
)

_AND = re.compile(r"[\s,;]*(?:(?:and|or|as well as|&)\s+)?(?:the\s+)?", re.IGNORECASE)
_ALIKE = 1.5
"""How far below the best candidate's log-odds those may lie that answer with it."""
_LISTED = 6.0
"""How far those may lie that only commas or "and" part from it, likely an answer or not."""


def parts(
    question: str, candidates: Sequence[Candidate], documents: Mapping[str, Document]
) -> list[Candidate]:
    """Return the candidates that answer together, in the order of their places: mostly the best.

    For a question in the plural these are all likely ones; what only commas or "and" part becomes
    one span, and what another says with more words ("4,250", "4,250 cases") is not said twice.
    """
    best = candidates[0]
    if not asks_for_several(question):
        return [best]
    near = [best, *(each for each in candidates[1:] if each.score > best.score - _LISTED)]
    least = max(0.0, best.score - _ALIKE)
    lists = _joined(near, documents)
    likely = [each for each in lists if each.score > least or each.overlaps(best)]
    return [
        each
        for each in likely
        if each.overlaps(best) or not any(set(each.said) < set(other.said) for other in likely)
    ]


def _joined(candidates: Sequence[Candidate], documents: Mapping[str, Document]) -> list[Candidate]:
    """Return the candidates by their places, those of one list as one, as likely as its best."""
    ordered = sorted(candidates, key=lambda each: (each.hit.passage.document_id, each.span))
    joined = ordered[:1]
    for each in ordered[1:]:
        last = joined[-1]
        if _is_one_list(last, each, documents):
            span = Span(last.span.start, each.span.end)
            said = last.said + each.said
            joined[-1] = replace(last, span=span, score=max(last.score, each.score), said=said)
        else:
            joined.append(each)
    return joined


def _is_one_list(one: Candidate, other: Candidate, documents: Mapping[str, Document]) -> bool:
    passage = one.hit.passage
    if other.hit.passage.document_id != passage.document_id or other.span.end > passage.end:
        return False
    between = documents[passage.document_id].text[one.span.end : other.span.start]
    return _AND.fullmatch(between) is not None


def asks_for_several(question: str) -> bool:
    """Say whether a question is put in the plural: "which countries", "who are", "name the"."""
    return _SEVERAL.search(question) is not None
