"""Candidates -> evidence: what speaks for each, of the reader, of retrieval and of its sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from rag.reading.alignment import AlignedQuestion
from rag.retrieval import Query, Retriever
from rag.seams import TokenEncoder
from rag.types import Candidate, Hit, Span

Sentence = tuple[str, Span]
"""A sentence by document id and place."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one candidate, for a calibration to weigh.

    ``score``: its log-odds against no answer; ``lead``: by how much that is over the best other
    candidate's; ``agreeing``: log(1 + other places that say the same). ``similarity``: cosine of
    question and passage; ``coverage``: share of the question's idf that the passage holds;
    ``standing``: fused score of the passage less that of the best one. ``alignment``: how well its
    sentence holds the question's words (see ``AlignedQuestion``); ``alignment_lead``: that less
    the best of any sentence.
    """

    score: float
    lead: float
    agreeing: float
    similarity: float
    coverage: float
    standing: float
    alignment: float
    alignment_lead: float


FEATURES = tuple(field.name for field in fields(Evidence))


class Weigher:
    """Gathers the evidence for candidates, with what was retrieved beside them."""

    def __init__(self, encoder: TokenEncoder, retriever: Retriever) -> None:
        self._encoder = encoder
        self._retriever = retriever

    def weigh(
        self, question: str, hits: Sequence[Hit], candidates: Sequence[Candidate]
    ) -> list[Evidence]:
        """Return the evidence for each candidate found in the hits."""
        query = self._retriever.query(question)
        scores = [candidate.score for candidate in candidates]
        aligned = self._aligned(query, hits)
        best_alignment = max(aligned.values(), default=0.0)
        evidence = []
        for place, candidate in enumerate(candidates):
            hit = candidate.hit
            alignment = _of_sentence(candidate, aligned)
            evidence.append(
                Evidence(
                    score=candidate.score,
                    lead=_lead(scores, place),
                    agreeing=math.log1p(candidate.agreeing),
                    similarity=hit.dense,
                    coverage=query.coverage(set(self._retriever.stems(hit.passage.text))),
                    standing=hit.score - hits[0].score,
                    alignment=alignment,
                    alignment_lead=alignment - best_alignment,
                )
            )
        return evidence

    def _aligned(self, query: Query, hits: Sequence[Hit]) -> dict[Sentence, float]:
        """Return the alignment of each sentence, the best of the passages that hold it."""
        texts = [hit.passage.text for hit in hits]
        asked, *passages = self._encoder.encode_tokens([query.text, *texts])
        question = AlignedQuestion.of(asked, query.idf)
        aligned: dict[Sentence, float] = {}
        for hit, tokens in zip(hits, passages, strict=True):
            passage = hit.passage
            for sentence in passage.sentences:
                place = Span(sentence.start - passage.start, sentence.end - passage.start)
                key = passage.document_id, sentence
                aligned[key] = max(aligned.get(key, 0.0), question.alignment(tokens, place))
        return aligned


def _of_sentence(candidate: Candidate, aligned: dict[Sentence, float]) -> float:
    document_id, span = candidate.hit.passage.document_id, candidate.span
    holding = (
        alignment
        for (of, sentence), alignment in aligned.items()
        if of == document_id and sentence.start <= span.start and span.end <= sentence.end
    )
    return max(holding, default=0.0)


def _lead(scores: list[float], place: int) -> float:
    """Return the lead of one score over the best of the others; 0 where there is no other."""
    rivals = scores[:place] + scores[place + 1 :]
    return scores[place] - max(rivals) if rivals else 0.0
