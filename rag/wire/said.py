"""What chat protocols have in common: messages, parameters for a model, parts of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from rag.errors import Unsupported
from rag.types import Role

Text = Annotated[str, Field(max_length=1_000_000)]
"""What was said; the bound lets no lone surrogates through, which are no text."""

SYSTEM = "system"
"""The role of what instructs a model."""

_TEXTS = {"text", "input_text", "output_text"}
_DATA = "data-"
"""Parts that an application made for itself."""


class Part(BaseModel):
    """A part of a message; only texts are read."""

    type: Annotated[str, Field(max_length=200)]
    text: Text = ""


def _in_parts(content: Any) -> Any:
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


Content = Annotated[
    list[Part], BeforeValidator(_in_parts, json_schema_input_type=str | list[Part] | None)
]
"""A text, or parts."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message; ``role`` is "user", "assistant", ``SYSTEM``, or what does not count here."""

    role: str
    text: str


def said(messages: Sequence[tuple[str, list[Part]]], name: str, member: str) -> list[Said]:
    """Return the texts of messages, which stand in the body under a name, each in a member.

    Raises:
        Unsupported: the last message of the user has a part that is no text. Where earlier ones
            have, it was told then.
    """
    asked = [place for place, (role, _) in enumerate(messages) if role == Role.USER]
    for number, part in enumerate(messages[asked[-1]][1] if asked else []):
        if part.type not in _TEXTS and not part.type.startswith(_DATA):
            raise Unsupported(
                f"Invalid content type '{part.type}': only text is read here.",
                *(name, asked[-1], member, number, "type"),
            )
    return [Said(role, _text(content)) for role, content in messages]


def _text(parts: Sequence[Part]) -> str:
    return "\n".join(part.text for part in parts if part.type in _TEXTS)


def refuse(*refusals: tuple[str, object, str]) -> None:
    """Refuse the first parameter that is asked for: its name, whether it is, and why not.

    Raises:
        Unsupported: one is asked for.
    """
    for name, is_asked, why in refusals:
        if is_asked:
            raise Unsupported(f"Unsupported value of '{name}': {why}.", name)


def is_forced(choice: Any) -> bool:
    """Say whether a choice of tools makes the model call one; that it may is no harm."""
    return choice not in (None, "auto", "none")


def is_formatted(wanted: dict[str, Any] | None) -> bool:
    """Say whether an answer is wanted in a format of its own, such as a JSON schema."""
    return wanted is not None and wanted.get("type") not in (None, "text")


class ErrorBody(BaseModel):
    """What went wrong; ``param`` is its place in the body, ``code`` names what programs handle."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str | None


class OpenAIError(BaseModel):
    """An error as OpenAI tells it."""

    error: ErrorBody


class Sparse(BaseModel):
    """A part of a stream: it has the members that were given to it, and no others."""

    @model_serializer(mode="wrap")
    def _given(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        given = {fields[name].serialization_alias or name for name in self.model_fields_set}
        return {name: value for name, value in serialize(self).items() if name in given}
