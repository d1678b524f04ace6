"""The Vercel AI SDK's conversations on the wire: what ``useChat`` sends, and what it reads.

After the source of the ``ai`` package (7.0): ``HttpChatTransport`` and ``uiMessageChunkSchema``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from rag.types import Reason
from rag.wire.asking import CitationBody
from rag.wire.said import Part, Said, Sparse, said
from rag.wire.shared import IndexBody


class UIMessage(BaseModel):
    """What was said; parts that are no text show where from, and are passed over."""

    role: Literal["system", "user", "assistant"]
    parts: list[Part]


class UIChatRequest(BaseModel):
    """A conversation whose last user message is the question."""

    messages: Annotated[list[UIMessage], Field(min_length=1)]

    def said(self) -> list[Said]:
        """Return what was said.

        Raises:
            Unsupported: the user sent a file with the question, which is not read.
        """
        return said([(each.role, each.parts) for each in self.messages], "messages", "parts")


class _Sent(BaseModel):
    """What is sent has JavaScript's names."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class UIMetadata(_Sent):
    """What is told of a whole message, as its ``metadata``."""

    resolved_question: str
    abstained: bool
    reason: Reason | None
    confidence: float
    index: IndexBody


class UISource(_Sent):
    """A source as a citation names it."""

    type: Literal["source"] = "source"
    source_type: Literal["url"] = "url"
    id: str
    url: str
    title: str


class UICitation(_Sent):
    """What proves ``text.slice(startIndex, endIndex)``."""

    source: UISource
    start_index: int
    end_index: int
    cited_text: str


class UIPassage(_Sent):
    """A passage near to a question that has no answer."""

    title: str
    url: str
    text: str


class UIChunk(_Sent, Sparse):
    """An event of the stream; it has the members that its type asks for."""

    type: str
    message_id: str | None = None
    id: str | None = None
    delta: str | None = None
    citations: list[UICitation] | None = None
    source_id: str | None = None
    url: str | None = None
    title: str | None = None
    media_type: str | None = None
    filename: str | None = None
    data: list[CitationBody] | list[UIPassage] | None = None
    finish_reason: Literal["stop", "error"] | None = None
    message_metadata: UIMetadata | None = None
    error_text: str | None = None
