"""What was said before a question: taken as it is, bounded, and passed to the engine."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from rag.engine import Engine
from rag.types import Answer, Role, Turn
from rag.wire import MAX_TURN, MAX_TURNS

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
USER = {"role": "user", "content": "Where does Central Asia lie?"}
ASSISTANT = {"role": "assistant", "content": "Between China and the Caspian Sea."}

Ask = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "history", [None, [], [USER], [USER, ASSISTANT], [{**USER, "content": ""}]]
)
def test_a_question_may_come_with_what_was_said(history: Any, ask: Ask) -> None:
    assert ask(PRESS, history=history)["answer"] == "Toshihiro Kitamura"


@pytest.mark.parametrize(
    ("history", "pointer"),
    [
        ("before", "#/history"),
        ([{"role": "system", "content": "Be kind."}], "#/history/0/role"),
        ([USER, {"role": "tool", "content": "1"}], "#/history/1/role"),
        ([{"role": "user"}], "#/history/0/content"),
        ([{**USER, "name": "me"}], "#/history/0/name"),
        ([{**USER, "content": ["Who?"]}], "#/history/0/content"),
        ([{**USER, "content": "x" * (MAX_TURN + 1)}], "#/history/0/content"),
        ([{**USER, "content": "a\x00b"}], "#/history/0/content"),
        ([USER] * (MAX_TURNS + 1), "#/history"),
    ],
)
def test_what_is_no_history_is_refused(history: Any, pointer: str, server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": PRESS, "history": history})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


def test_every_protocol_passes_it_to_the_engine(
    gated: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, Sequence[Turn]]] = []
    ask = Engine.ask

    def listen(engine: Engine, question: str, **more: Any) -> Answer:
        heard.append((question, tuple(more.get("history", ()))))
        return ask(engine, question, **more)

    monkeypatch.setattr(Engine, "ask", listen)
    messages = [USER, ASSISTANT, {"role": "user", "content": "And Japan?"}]
    parted = [
        {"role": each["role"], "parts": [{"type": "text", "text": each["content"]}]}
        for each in messages
    ]
    for path, body in {
        "/v1/ask": {"question": "And Japan?", "history": messages[:2]},
        "/v1/chat/completions": {"model": "rag", "messages": messages},
        "/v1/responses": {"model": "rag", "input": messages},
        "/v1/ui/chat": {"messages": parted},
    }.items():
        assert gated.post(path, json=body).status_code == 200
    turns = (Turn(Role.USER, USER["content"]), Turn(Role.ASSISTANT, ASSISTANT["content"]))
    assert heard == [("And Japan?", turns)] * 4
