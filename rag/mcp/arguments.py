"""What the tools take that HTTP does not."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_STRETCH = 20_000
"""Code points of a document that one call returns: some 5,000 tokens of a language model."""


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
