"""The clients of npm over this service: the AI SDK's transport for useChat, and OpenAI's own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
UNANSWERED = "Who founded the Zambezi railway?"

Ask = Callable[..., dict[str, Any]]
Run = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow


@pytest.fixture
def run(node: Path, server: httpx.Client) -> Run:
    """Return what runs a script against the server, and gives what it prints."""

    def script(name: str, *arguments: str) -> dict[str, Any]:
        command = ["node", name, str(server.base_url).rstrip("/"), *arguments]
        done = subprocess.run(command, cwd=node, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    return script


def test_the_ai_sdk_makes_a_message_of_the_stream(run: Run, ask: Ask) -> None:
    message, native = run("ui_chat.mjs", PRESS)["message"], ask(PRESS)
    parts = {part["type"]: part for part in message["parts"]}
    assert list(parts) == [
        "text", "source-url", "source-document", "data-citations", "data-passages",
    ]  # fmt: skip
    assert (parts["text"]["text"], parts["text"]["state"]) == (native["answer"], "done")
    (citation,) = parts["text"]["citations"]
    (proof,) = native["citations"]
    assert message["role"] == "assistant"
    assert citation["source"]["url"] == parts["source-url"]["url"]
    assert citation["source"]["url"].endswith(proof["href"])
    assert (citation["startIndex"], citation["endIndex"]) == (0, len(native["answer"]))
    assert parts["data-citations"]["data"] == [proof]
    assert parts["source-document"]["filename"] == "article.txt"
    assert message["metadata"]["confidence"] == native["confidence"]


def test_the_ai_sdk_shows_an_abstention(run: Run, ask: Ask) -> None:
    message = run("ui_chat.mjs", PRESS, "Toshihiro Kitamura", UNANSWERED)["message"]
    assert message["parts"][0]["text"].startswith("Sorry, I found no answer: ")
    assert message["metadata"]["reason"] == ask(UNANSWERED)["reason"]


def test_the_ai_sdk_raises_what_is_refused(run: Run) -> None:
    told = run("ui_chat.mjs", " ")
    assert told["status"] == 422
    assert json.loads(told["error"])["type"] == "urn:rag:InvalidQuestion"


@pytest.mark.parametrize("question", [PRESS, UNANSWERED])
def test_openais_client_for_node_reads_every_form(
    question: str, run: Run, server: httpx.Client, ask: Ask
) -> None:
    told = run("openai_client.mjs", question)
    body = {"model": "rag", "messages": [{"role": "user", "content": question}]}
    expected = server.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
    assert told["whole"]["content"] == expected["content"]
    assert told["whole"]["annotations"] == expected["annotations"]
    assert told["streamed"]["content"] == expected["content"]
    assert told["response"] == told["final"] == expected["content"]
    assert len(told["annotations"]) == len(ask(question)["citations"])
    assert told["refused"] == {"status": 404, "code": "model_not_found"}
