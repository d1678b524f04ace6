"""Receipts on the wire, to be checked against the document as it is now."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.answering import utf16_length
from rag.types import Document, Span
from rag.verifying import find
from rag.wire.shared import href

_Place = Annotated[int, Field(ge=0)]
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class QuotedSentence(BaseModel):
    """The sentence that a quote stood in."""

    model_config = ConfigDict(strict=True)

    start: _Place
    text: Annotated[_Text, Field(pattern=r"\S")]


class QuotedCitation(BaseModel):
    """What it takes to check a citation; its other members may be sent, and are passed over."""

    model_config = ConfigDict(strict=True)

    document_id: str
    quote: _Text
    start: _Place
    end: _Place
    sentence: Annotated[
        QuotedSentence | None,
        Field(description="Tells a quote that has moved from the same words in another place."),
    ] = None

    def find(self, text: str) -> Span | None:
        """Return where the quote stands in a text; None if it is gone."""
        sentence = (self.sentence.text, self.sentence.start) if self.sentence else None
        return find(text, self.quote, self.start, sentence)


class VerifyRequest(BaseModel):
    """A citation to check."""

    model_config = ConfigDict(extra="forbid", strict=True)

    citation: QuotedCitation


class VerifyResponse(BaseModel):
    """Whether a citation still holds, and where its quote stands now: ``null`` if it is gone."""

    status: Literal["valid", "moved", "gone"]
    start: int | None = None
    end: int | None = None
    start_utf16: int | None = None
    end_utf16: int | None = None
    document_sha256: Annotated[
        str | None, Field(description="The text that was looked at; null if there is none.")
    ] = None
    href: str | None = None

    @classmethod
    def of(
        cls, citation: QuotedCitation, document: Document | None, base: str = ""
    ) -> "VerifyResponse":
        """Check a citation of a document of a collection that is served under the path ``base``."""
        found = citation.find(document.text) if document else None
        if document is None or found is None:
            return cls(status="gone", document_sha256=document.sha256 if document else None)
        is_there = (found.start, found.end) == (citation.start, citation.end)
        start_utf16 = utf16_length(document.text[: found.start])
        return cls(
            status="valid" if is_there else "moved",
            start=found.start,
            end=found.end,
            start_utf16=start_utf16,
            end_utf16=start_utf16 + utf16_length(citation.quote),
            document_sha256=document.sha256,
            href=href(document.id, found.start, found.end, base=base),
        )
