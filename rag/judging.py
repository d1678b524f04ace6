"""Question and hits -> what the documents say to it: candidates, weighed, the likeliest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.confidence import Calibration
from rag.reading import CANDIDATES, Evidence, Weigher, asks_for_several, decode, touching
from rag.retrieval import Retriever
from rag.seams import SpanLogits, SpanScorer
from rag.types import Candidate, Hit

_SURE = 0.5
"""Confidence from which the best passage is enough, and no other is read: see docs/adr/0015."""

_WITHIN = 1.5
"""By how much a passage's fused score may be below the best and it still be read: see there too."""

_REMEMBERED = 256
"""Questions whose answers are kept for when they are asked again: a few kilobytes each."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the documents say to a question: hits, and candidates with evidence, best first.

    ``confidence`` is the probability that the best candidate is right, 0 where there is none.
    """

    hits: tuple[Hit, ...]
    candidates: Sequence[Candidate]
    evidence: Sequence[Evidence]
    confidence: float


class Judge:
    """Has hits read for a question, and says what is likely right by the evidence for it."""

    def __init__(self, retriever: Retriever, scorer: SpanScorer, calibration: Calibration) -> None:
        self._retriever = retriever
        self._scorer = scorer
        self._weigher = Weigher(retriever)
        self._calibration = calibration
        self.judge = lru_cache(_REMEMBERED)(self._judge)

    def _judge(self, question: str, hits: tuple[Hit, ...], limit: float) -> Judged:
        """Read the best hit, then its rivals: the surer an answer is by then, the fewer.

        If it is below the ``limit``, and so would be withheld, all that are likely are read. What
        touches the best is read with it, for what their boundary cuts. A question in the plural is
        put to all: several places may answer it together.
        """
        if asks_for_several(question):
            return self._judged(question, hits, self._score(question, hits))
        best, *others = touching(_near(hits, _WITHIN)) or [[]]
        logits = self._score(question, best)
        first = self._judged(question, hits, logits)
        doubt = 1.0 if first.confidence < limit else 1 - first.confidence / _SURE
        rivals = _near(hits, _WITHIN * doubt)
        unread = [hit for group in others for hit in group if hit in rivals]
        if not unread:
            return first
        logits += self._score(question, unread)
        return self._judged(question, hits, logits)

    def weigh(self, question: str, hits: Sequence[Hit]) -> tuple[list[Candidate], list[Evidence]]:
        """Read all hits; return the candidates, best first, and what speaks for each."""
        return self._weighed(question, hits, self._score(question, hits))

    def _score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        """Let the reader see the question without its typing errors, as the retriever does."""
        return self._scorer.score(self._retriever.query(question).text, hits)

    def _weighed(
        self, question: str, hits: Sequence[Hit], logits: Sequence[SpanLogits]
    ) -> tuple[list[Candidate], list[Evidence]]:
        decoded = decode(logits, CANDIDATES)
        candidates = [each for each in decoded if not self._weigher.is_echo(question, each)]
        return candidates, self._weigher.weigh(question, hits, candidates)

    def _judged(self, question: str, hits: tuple[Hit, ...], logits: Sequence[SpanLogits]) -> Judged:
        candidates, evidence = self._calibration.rank(*self._weighed(question, hits, logits))
        confidence = self._calibration.confidence(evidence[0]) if evidence else 0.0
        return Judged(hits, candidates, evidence, confidence)


def _near(hits: Sequence[Hit], within: float) -> list[Hit]:
    """Return the hits whose fused score is less than so far below the best one's."""
    return [hit for hit in hits if hits[0].score - hit.score < within]
