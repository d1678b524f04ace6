"""The events of a streamed answer, in their order: ``retrieval``, ``answer``, ``citations``.

``done`` follows with the whole ``AskResponse``; ``error``, with a ``Problem``, ends it instead.
"""

from collections.abc import Sequence

from pydantic import BaseModel

from rag.types import Hit, Reason
from rag.wire.asking import AskResponse, CitationBody, HitBody
from rag.wire.shared import IndexBody


class RetrievalEvent(BaseModel):
    """What was found, before it is read."""

    resolved_question: str
    passages: list[HitBody]
    index: IndexBody

    @classmethod
    def of(cls, question: str, passages: Sequence[Hit], index: IndexBody) -> "RetrievalEvent":
        """Render what was retrieved for a question that stands on its own."""
        return cls(
            resolved_question=question,
            passages=[HitBody.of_hit(each) for each in passages],
            index=index,
        )


class AnswerEvent(BaseModel):
    """The answer, or why there is none."""

    answer: str | None
    abstained: bool
    reason: Reason | None
    confidence: float
    unknown_words: list[str]

    @classmethod
    def of(cls, response: AskResponse) -> "AnswerEvent":
        """Take the answer from the whole."""
        return cls(
            answer=response.answer,
            abstained=response.abstained,
            reason=response.reason,
            confidence=response.confidence,
            unknown_words=response.unknown_words,
        )


class CitationsEvent(BaseModel):
    """The receipts of the answer."""

    citations: list[CitationBody]
