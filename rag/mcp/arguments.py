"""What the tools take."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag import wire
from rag.types import Role, Turn

MAX_STRETCH = 20_000
"""Code points of a document that one call returns: some 5,000 tokens of a language model."""


class Said(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["user", "assistant"]
    content: str


class AskArguments(wire.AskRequest):
    """A question to answer."""

    history: Annotated[
        list[Said] | None,
        Field(
            description="What was said before, oldest first: it tells what a question like "
            "“And when?” is about."
        ),
    ] = None

    def turns(self) -> tuple[Turn, ...]:
        """Return what was said before the question."""
        return tuple(Turn(Role(each.role), each.content) for each in self.history or ())


class SearchArguments(wire.SearchRequest):
    """A question to find passages for."""


class DocumentArguments(BaseModel):
    """A document, or a stretch of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document_id: Annotated[
        str, Field(description="Its id, as answers and passages name it.", examples=["article.txt"])
    ]
    start: Annotated[
        int, Field(ge=0, description="Where to begin: an offset in code points, 0-based.")
    ] = 0
    end: Annotated[
        int | None,
        Field(
            ge=0,
            description=f"Where to end, exclusive; at most {MAX_STRETCH} characters come at once.",
        ),
    ] = None
