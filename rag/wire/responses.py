"""OpenAI's responses on the wire: what of a request has a meaning here, and the reply.

After the types of the ``openai`` package (3.54), ``openai.types.responses``. Nothing is stored,
so what refers to something stored is refused; ``rag`` is ours: the native answer.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from rag.wire.asking import AskResponse
from rag.wire.said import (
    SYSTEM,
    Content,
    Said,
    Sparse,
    Text,
    is_forced,
    is_formatted,
    refuse,
    said,
)

_UNSTORED = "nothing is stored here, so send the whole conversation as input"
_ROLES = {"developer": SYSTEM}


class InputItem(BaseModel):
    """A message; items of other types, such as calls of tools, have no role, and do not count."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant", ""] = ""
    content: Content = []


def _as_items(given: Any) -> Any:
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


class TextConfig(BaseModel):
    """How the answer is to be written: only as text."""

    format: dict[str, Any] | None = None


class ResponsesRequest(BaseModel):
    """A conversation whose last user message is the question."""

    model: Annotated[str, Field(examples=["rag"])]
    input: Annotated[
        list[InputItem],
        BeforeValidator(_as_items, json_schema_input_type=str | list[InputItem]),
        Field(min_length=1),
    ]
    instructions: Text | None = None
    stream: bool | None = None
    tool_choice: Any = None
    text: TextConfig | None = None
    previous_response_id: Any = None
    conversation: Any = None
    prompt: Any = None
    background: bool | None = None
    top_logprobs: int | None = None

    def said(self) -> list[Said]:
        """Return what was said, if nothing is asked for that has no meaning here.

        Raises:
            Unsupported: something is.
        """
        refuse(
            ("previous_response_id", self.previous_response_id, _UNSTORED),
            ("conversation", self.conversation, _UNSTORED),
            ("prompt", self.prompt, _UNSTORED),
            ("background", self.background, _UNSTORED),
            ("tool_choice", is_forced(self.tool_choice), "no tool is ever called"),
            (
                "text",
                is_formatted(self.text.format if self.text else None),
                "answers are plain quotes",
            ),
            ("top_logprobs", self.top_logprobs, "answers have no tokens with probabilities"),
        )
        refuse(("input", any(each.type == "item_reference" for each in self.input), _UNSTORED))
        messages = [(_ROLES.get(each.role, each.role), each.content) for each in self.input]
        return [Said(SYSTEM, self.instructions or ""), *said(messages, "input", "content")]


class TextAnnotation(BaseModel):
    """A source: ``text[start_index:end_index]`` is the link to it, in code points."""

    type: Literal["url_citation"] = "url_citation"
    start_index: int
    end_index: int
    title: str
    url: str


class OutputText(BaseModel):
    """The answer."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[TextAnnotation]
    logprobs: list[None] = []


class OutputMessage(BaseModel):
    """The one message of the reply."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["in_progress", "completed"]
    content: list[OutputText]


class InputTokens(BaseModel):
    """None of them is ever cached."""

    cached_tokens: Literal[0] = 0
    cache_write_tokens: Literal[0] = 0


class OutputTokens(BaseModel):
    """None of them is ever reasoning."""

    reasoning_tokens: Literal[0] = 0


class ResponseUsage(BaseModel):
    """Tokens of the messages and of the answer, in the encoding that passages are counted in."""

    input_tokens: int
    input_tokens_details: InputTokens = InputTokens()
    output_tokens: int
    output_tokens_details: OutputTokens = OutputTokens()
    total_tokens: int


class ModelResponse(BaseModel):
    """The reply to a request for a response."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed"]
    error: None = None
    incomplete_details: None = None
    instructions: str | None
    model: str
    output: list[OutputMessage]
    parallel_tool_calls: bool = False
    previous_response_id: None = None
    store: Literal[False] = False
    tool_choice: Literal["none"] = "none"
    tools: list[None] = []
    usage: ResponseUsage | None = None
    rag: AskResponse | None = None


class ResponseEvent(Sparse):
    """An event of a streamed reply; it has the members that its type asks for."""

    type: str
    sequence_number: int
    response: ModelResponse | None = None
    output_index: int | None = None
    item: OutputMessage | None = None
    item_id: str | None = None
    content_index: int | None = None
    part: OutputText | None = None
    delta: str | None = None
    text: str | None = None
    logprobs: list[None] | None = None
    annotation_index: int | None = None
    annotation: TextAnnotation | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None
