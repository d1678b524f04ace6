"""LangChain's ChatOpenAI over this service: chat completions and responses, whole and streamed."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Ask = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow


Models = Callable[[bool], ChatOpenAI]


@pytest.fixture
def over(server: httpx.Client) -> Iterator[Models]:
    """Return what makes a model over responses, or over completions; its connections close."""
    with httpx.Client() as connections:
        yield lambda responses: ChatOpenAI(
            model="rag",
            base_url=f"{server.base_url}/v1",
            api_key=SecretStr("none"),
            max_retries=0,
            use_responses_api=responses,
            http_client=connections,
        )


@pytest.fixture(params=[False, True], ids=["completions", "responses"])
def model(request: pytest.FixtureRequest, over: Models) -> ChatOpenAI:
    return over(request.param)


def test_a_question_is_answered(model: ChatOpenAI, ask: Ask) -> None:
    message = model.invoke([SystemMessage("You are a pirate."), HumanMessage(PRESS)])
    assert isinstance(message, AIMessage)
    assert message.text.startswith(f"{ask(PRESS)['answer']}\n\n1. [")
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] > 0


def test_a_stream_adds_up_to_the_whole(model: ChatOpenAI) -> None:
    parts = list(model.stream(PRESS))
    assert all(isinstance(part, AIMessageChunk) for part in parts)
    assert "".join(part.text for part in parts) == model.invoke(PRESS).text


def test_citations_are_langchains_own(over: Models, server: httpx.Client, ask: Ask) -> None:
    (block,) = over(True).invoke(PRESS).content_blocks
    assert block["type"] == "text"
    (citation,) = block["annotations"]
    (native,) = ask(PRESS)["citations"]
    assert citation["type"] == "citation"
    assert citation["url"] == f"{server.base_url}{native['href']}"
    assert citation["title"] == native["title"]
