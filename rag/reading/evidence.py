"""Candidates -> evidence: what speaks for each, of the reader, of retrieval and of its sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from rag.retrieval import Retriever
from rag.sentences import touched
from rag.types import Candidate, Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one candidate, for a calibration to weigh.

    ``score``: its log-odds against no answer; ``lead``: by how much that is over the best other
    candidate's; ``agreeing``: log(1 + other places that say the same). ``similarity``: cosine of
    question and passage; ``standing``: fused score of the passage less that of the best one.
    ``sentence``: share of the question's idf that its sentence holds, less the best candidate's.
    """

    score: float
    lead: float
    agreeing: float
    similarity: float
    standing: float
    sentence: float


_CLOSING = "\"'”’»)*_ "  # quotes as they are written
_SAME = 0.8
"""Share of a question's idf from which another asks the same."""

FEATURES = tuple(field.name for field in fields(Evidence))


class Weigher:
    """Gathers the evidence for candidates, with what was retrieved beside them."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def is_echo(self, question: str, candidate: Candidate) -> bool:
        """Say whether a candidate's sentence asks what the question asks, as those of an FAQ do."""
        sentence = _sentence(candidate)
        if not sentence.rstrip(_CLOSING).endswith(("?", "？")):  # full-width
            return False
        held = set(self._retriever.stems(sentence))
        return self._retriever.query(question).coverage(held) >= _SAME

    def weigh(
        self, question: str, hits: Sequence[Hit], candidates: Sequence[Candidate]
    ) -> list[Evidence]:
        """Return the evidence for each candidate found in the hits."""
        query = self._retriever.query(question)
        sentences = [set(self._retriever.stems(_sentence(candidate))) for candidate in candidates]
        held = [query.coverage(stems) for stems in sentences]
        return [
            Evidence(
                score=candidate.score,
                lead=_lead(candidates, candidate),
                agreeing=math.log1p(candidate.agreeing),
                similarity=candidate.hit.dense,
                standing=candidate.hit.score - hits[0].score,
                sentence=held[place] - max(held),
            )
            for place, candidate in enumerate(candidates)
        ]


def _sentence(candidate: Candidate) -> str:
    """Return the sentences of its passage that a candidate lies in: one, as spans are decoded."""
    passage = candidate.hit.passage
    around = touched(passage.sentences, candidate.span)
    return " ".join(passage.text[s.start - passage.start : s.end - passage.start] for s in around)


def _lead(candidates: Sequence[Candidate], one: Candidate) -> float:
    """Return the lead of a score over the best that says something else; 0 if none does."""
    rivals = [each.score for each in candidates if each.said != one.said]
    return one.score - max(rivals) if rivals else 0.0
