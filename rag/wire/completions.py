"""OpenAI's chat completions on the wire: what of a request has a meaning here, and the reply.

After the types of the ``openai`` package (3.54), ``openai.types.chat``; parameters that steer a
model are taken and passed over. ``rag`` and ``sources`` are ours: the native answer, and its
citations as Open WebUI shows them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from rag.wire.asking import AskResponse
from rag.wire.said import SYSTEM, Content, Said, Sparse, is_forced, is_formatted, refuse, said

_ROLES = {"developer": SYSTEM}


class ChatMessage(BaseModel):
    """What was said, or what instructs a model."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = []


class StreamOptions(BaseModel):
    """What a stream holds beside the answer."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A conversation whose last user message is the question."""

    model: Annotated[str, Field(examples=["rag"])]
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    tool_choice: Any = None
    function_call: Any = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | None = None
    audio: Any = None
    modalities: list[str] | None = None

    def said(self) -> list[Said]:
        """Return what was said, if nothing is asked for that has no meaning here.

        Raises:
            Unsupported: something is.
        """
        refuse(
            ("n", (self.n or 1) != 1, "one answer is given: leave it out, or send 1"),
            ("tool_choice", is_forced(self.tool_choice), "no tool is ever called"),
            ("function_call", is_forced(self.function_call), "no function is ever called"),
            ("response_format", is_formatted(self.response_format), "answers are plain quotes"),
            ("logprobs", self.logprobs, "answers have no tokens with probabilities"),
            ("audio", self.audio, "answers are texts"),
            ("modalities", "audio" in (self.modalities or ()), "answers are texts"),
        )
        messages = [(_ROLES.get(each.role, each.role), each.content) for each in self.messages]
        return said(messages, "messages", "content")


class UrlCitation(BaseModel):
    """A source: ``content[start_index:end_index]`` is the link to it, in code points."""

    start_index: int
    end_index: int
    title: str
    url: str


class ChatAnnotation(BaseModel):
    """A remark on a stretch of the content."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class AnswerMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[ChatAnnotation]


class Choice(BaseModel):
    """The one answer there is."""

    index: int = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """Tokens of the messages and of the answer, in the encoding that passages are counted in."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class SourceName(BaseModel):
    """What a source is called."""

    name: str
    url: str


class SourceMetadata(BaseModel):
    """Where a stretch of a source stands."""

    source: str
    source_url: str
    name: str
    document_id: str
    start: int
    end: int


class Source(BaseModel):
    """A citation as Open WebUI shows it: the sentences of a source, and where each stands."""

    source: SourceName
    document: list[str]
    metadata: list[SourceMetadata]


class Completion(BaseModel):
    """The reply to a chat request."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    sources: list[Source]
    rag: AskResponse | None


class Delta(Sparse):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: list[ChatAnnotation] | None = None


class ChunkChoice(BaseModel):
    """What a chunk adds to the one answer there is."""

    index: int = 0
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop"] | None


class Chunk(Sparse):
    """A part of a streamed reply; the one that ends the answer has ``sources`` and ``rag``."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
    sources: list[Source] | None = None
    rag: AskResponse | None = None


class Model(BaseModel):
    """A collection, as a model to choose."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "rag"


class ModelList(BaseModel):
    """The collections that can be asked."""

    object: Literal["list"] = "list"
    data: list[Model]
