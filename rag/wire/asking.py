"""Questions and answers on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.engine import Engine
from rag.filtering import Filter
from rag.question import MAX_QUESTION
from rag.seams import Ints
from rag.types import Alternative, Answer, Citation, Hit, Passage, Reason, Role, Turn
from rag.wire.shared import IndexBody, href

MAX_TURNS = 100
"""Turns of a conversation that a question can come with."""

MAX_TURN = 20_000
"""Code points that one of them may have."""

_ENCODABLE = r"^[^\x00]*$"
"""What can be tokenised and stored: lone surrogates fail to match, for they are no text."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    question: Annotated[
        str,
        Field(
            description=f"What to ask: up to {MAX_QUESTION} characters, no control characters.",
            examples=["Who is the press secretary of Japan's Foreign Ministry?"],
        ),
    ]
    top_k: Annotated[
        int | None, Field(ge=1, le=100, description="How many passages to return (and read).")
    ] = None
    filter: Annotated[
        dict[str, Any] | None,
        Field(
            description="Only of documents whose metadata are so: a value, or one of eq, in, gt, "
            "gte, lt, lte with its operand, for each key.",
            examples=[{"language": "en", "date": {"gte": "2025-01-01"}}],
        ),
    ] = None

    def among(self, engine: Engine) -> Ints | None:
        """Return the ordinals of the passages that the filter lets through; none for all.

        Raises:
            InvalidFilter: it cannot be read.
        """
        return None if self.filter is None else engine.among(Filter.of(self.filter))


class TurnBody(BaseModel):
    """What was said before a question."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=MAX_TURN, pattern=_ENCODABLE)]


class AskRequest(_Request):
    """A question to answer."""

    history: Annotated[
        list[TurnBody] | None,
        Field(
            max_length=MAX_TURNS,
            description="What was said before, oldest first: a question may refer to it.",
            examples=[[{"role": "user", "content": "Who is Uzbekistan's president?"}]],
        ),
    ] = None
    min_confidence: Annotated[
        float | None,
        Field(ge=0, le=1, description="Abstain below this confidence, not the fitted threshold."),
    ] = None

    def turns(self) -> tuple[Turn, ...]:
        """Return what was said before, oldest first."""
        return tuple(Turn(Role(each.role), each.content) for each in self.history or ())


class SearchRequest(_Request):
    """A question to find passages for."""


class SentenceBody(BaseModel):
    """The sentence around a quote."""

    start: int
    end: int
    text: str


class PassageBody(BaseModel):
    """A stretch of a document: ``text`` is its ``[start:end]``."""

    id: str
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, passage: Passage) -> "PassageBody":
        """Render a passage."""
        return cls(id=passage.id, start=passage.start, end=passage.end, text=passage.text)


class HitBody(PassageBody):
    """A retrieved passage: fused score, cosine similarity, BM25."""

    document_id: str
    score: float
    dense: float
    lexical: float

    @classmethod
    def of_hit(cls, hit: Hit) -> "HitBody":
        """Render a hit."""
        return cls(
            **PassageBody.of(hit.passage).model_dump(),
            document_id=hit.passage.document_id,
            score=round(hit.score, 4),
            dense=round(hit.dense, 4),
            lexical=round(hit.lexical, 4),
        )


class CitationBody(BaseModel):
    """The receipt: ``quote`` is the document's text from ``start`` to ``end``, in code points."""

    id: int
    document_id: str
    title: str
    url: str | None
    page: int | None
    headings: list[str]
    quote: str
    start: int
    end: int
    unit: Literal["codepoint"]
    start_utf16: int
    end_utf16: int
    answer_start: int
    answer_end: int
    sentence: SentenceBody
    passage: PassageBody
    document_sha256: str
    href: str

    @classmethod
    def of(cls, citation: Citation, base: str = "") -> "CitationBody":
        """Render a citation of a collection that is served under the path ``base``."""
        return cls(
            id=citation.id,
            document_id=citation.document_id,
            title=citation.title,
            url=None,
            page=citation.page,
            headings=list(citation.headings),
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            unit="codepoint",
            start_utf16=citation.start_utf16,
            end_utf16=citation.end_utf16,
            answer_start=citation.answer_start,
            answer_end=citation.answer_end,
            sentence=SentenceBody(
                start=citation.sentence.start,
                end=citation.sentence.end,
                text=citation.sentence_text,
            ),
            passage=PassageBody.of(citation.passage),
            document_sha256=citation.document_sha256,
            href=href(citation.document_id, citation.start, citation.end, base=base),
        )


class AlternativeBody(BaseModel):
    """A next-best answer."""

    answer: str
    confidence: float
    citations: list[CitationBody]

    @classmethod
    def of(cls, alternative: Alternative, base: str = "") -> "AlternativeBody":
        """Render an alternative."""
        return cls(
            answer=alternative.answer,
            confidence=round(alternative.confidence, 4),
            citations=[CitationBody.of(each, base) for each in alternative.citations],
        )


class TimingsBody(BaseModel):
    """Wall-clock milliseconds by stage."""

    retrieve: float
    read: float
    total: float


class AskResponse(BaseModel):
    """An answer with receipts, or an abstention with a reason and the nearest passages."""

    question: str
    resolved_question: str
    answer: str | None
    abstained: bool
    reason: Reason | None
    confidence: float
    unknown_words: list[str]
    citations: list[CitationBody]
    alternatives: list[AlternativeBody]
    passages: list[HitBody]
    index: IndexBody
    timings_ms: TimingsBody

    @classmethod
    def of(cls, answer: Answer, base: str = "") -> "AskResponse":
        """Render an answer."""
        timings = answer.timings_ms
        return cls(
            question=answer.question,
            resolved_question=answer.resolved_question,
            answer=answer.answer,
            abstained=answer.abstained,
            reason=answer.reason,
            confidence=round(answer.confidence, 4),
            unknown_words=list(answer.unknown_words),
            citations=[CitationBody.of(each, base) for each in answer.citations],
            alternatives=[AlternativeBody.of(each, base) for each in answer.alternatives],
            passages=[HitBody.of_hit(each) for each in answer.passages],
            index=IndexBody.of(answer.index),
            timings_ms=TimingsBody(
                retrieve=round(timings.retrieve, 2),
                read=round(timings.read, 2),
                total=round(timings.total, 2),
            ),
        )


class SearchResponse(BaseModel):
    """The passages nearest to a question, best first."""

    question: str
    passages: list[HitBody]
    index: IndexBody
