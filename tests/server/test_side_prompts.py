"""What front-ends ask behind the user's back is not put to the documents; questions are."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from rag.server.chat.side_prompts import side_answer
from rag.wire.said import Said

FIRST = "Who is the press secretary of Japan’s Foreign Ministry?"
HISTORY = f"""\
<chat_history>
USER: {FIRST}
ASSISTANT: Toshihiro Kitamura

1. [The article](http://here/documents/article.txt): “He said so.”
</chat_history>"""
TALK = f"User: {FIRST}\nAI: Toshihiro Kitamura"


def open_webui(wish: str, sample: str) -> str:
    """Return a prompt of the form that Open WebUI's have, in words of our own."""
    return (
        f"### Task:\n{wish}\n\n### Guidelines:\n- Be brief, as the user is.\n- Use no emojis.\n\n"
        f"### Output:\nJSON format: {sample}\n\n### Chat History:\n{HISTORY}"
    )


OPEN_WEBUI = [
    ("Find a title for the chat.", '{ "title": "a title of few words" }', {"title": FIRST}),
    ("Name 1-3 tags.", '{ "tags": ["one", "two"] }', {"tags": []}),
    ("Propose what the user may ask next.", '{ "follow_ups": ["What?"] }', {"follow_ups": []}),
    ("Write queries for a search engine.", '{"queries": ["a", "b"]}', {"queries": []}),
    ("Go on where the user stopped typing.", '{ "text": "<more>" }', {"text": ""}),
    ("Describe a picture.", '{"prompt": "a picture of"}', {"prompt": ""}),
]
TITLES = [
    [Said("user", f"Provide a concise title, at most 5 words, for the conversation.\n\n{TALK}")],
    [
        Said("user", FIRST),
        Said("assistant", "Toshihiro Kitamura"),
        Said("user", "Please create a short title of four words for our conversation so far."),
    ],
    [Said("system", "You write brief titles for chats, and nothing else."), Said("user", FIRST)],
    [
        Said("system", "Summarize the user's conversation into a title of at most ten words."),
        Said("user", FIRST),
    ],
    [
        Said("system", "- you will generate a short title based on the first message of a chat"),
        Said("user", FIRST),
    ],
    [Said("system", f"### Task:\nFind a title.\n### Chat History:\n{HISTORY}")],
    [Said("user", f"### Task:\nFind a title with an emoji.\n{HISTORY}")],
]
QUESTIONS = [
    [Said("user", FIRST)],
    [Said("system", "You are helpful. Give the title of each document."), Said("user", FIRST)],
    [
        Said("system", "Write concise answers; give the title of what your message relies on."),
        Said("user", FIRST),
    ],
    [
        Said("system", "Provide brief answers with the title of each document in the chat."),
        Said("user", FIRST),
    ],
    [Said("user", "Provide a short title for the conversation.")],
    [
        Said("user", "Who?"),
        Said("user", "Provide a short quote: with what titles did they exchange messages?"),
    ],
    [Said("user", "Who?"), Said("user", "Which title did the conversation in Tokyo have?")],
    [Said("user", "Who?"), Said("user", "Create a list of the leaders who had a conversation.")],
    [Said("user", "### Task:\nName the task of the summit.")],
    [Said("user", "What did she say?\nUser: I left.\nAI: Why?")],
    [Said("user", "")],
]


@pytest.mark.parametrize(("wish", "sample", "answer"), OPEN_WEBUI)
def test_a_task_is_answered_in_the_json_that_it_shows(
    wish: str, sample: str, answer: dict[str, Any]
) -> None:
    told = side_answer([Said("user", open_webui(wish, sample))])
    assert json.loads(told or "") == answer


@pytest.mark.parametrize("said", TITLES)
def test_a_title_is_the_first_question(said: Sequence[Said]) -> None:
    assert side_answer(said) == FIRST


def test_a_long_question_is_cut_between_words() -> None:
    long = "Which of the five countries of Central Asia exports more uranium than any other one?"
    task = open_webui("Find a title.", '{"title": ""}').replace(FIRST, long)
    title = json.loads(side_answer([Said("user", task)]) or "")["title"]
    assert title == "Which of the five countries of Central Asia exports more…"
    unbroken = task.replace(long, "中" * 100)
    assert len(json.loads(side_answer([Said("user", unbroken)]) or "")["title"]) <= 61


@pytest.mark.parametrize("said", QUESTIONS)
def test_a_question_is_not_taken_for_one(said: Sequence[Said]) -> None:
    assert side_answer(said) is None


@pytest.mark.parametrize(
    "said",
    [
        [Said("system", "You are helpful.")],
        [Said("system", "Is it?"), Said("assistant", "Hello!")],
        [Said("assistant", "Hello!")],
    ],
)
def test_where_the_user_says_nothing_a_question_is_asked_for(said: Sequence[Said]) -> None:
    assert (side_answer(said) or "").startswith("Please ask a question")


def test_hostile_prompts_take_no_longer_than_their_length() -> None:
    for text in (
        "### Task:" + "<chat_history>" * 70_000,
        "### Task:" + '{"' * 500_000,
        "### Task:" + "</context><user_query>" * 40_000,
        "User:\n" * 150_000,
        "create title " * 80_000,
        "create " * 150_000,
    ):
        side_answer([Said("system", text), Said("user", "Who?"), Said("user", text)])


# Through the protocols


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_is_looked_up_for_a_side_prompt(stream: bool, server: httpx.Client) -> None:
    task = open_webui("Find a title for the chat.", '{ "title": "a title" }')
    before = answers(server)
    body = {"model": "rag", "messages": [{"role": "user", "content": task}], "stream": stream}
    reply = server.post("/v1/chat/completions", json=body)
    if stream:
        chunks = [json.loads(line[6:]) for line in reply.text.splitlines() if line[:7] == "data: {"]
        content = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks)
        told = chunks[-1]
    else:
        told = reply.json()
        content = told["choices"][0]["message"]["content"]
    assert json.loads(content) == {"title": FIRST}
    assert (told["rag"], told["sources"]) == (None, [])
    body = {"model": "rag", "input": task, "stream": stream}
    assert json.dumps({"title": FIRST}, ensure_ascii=False) in server.post(
        "/v1/responses", json=body
    ).text.replace('\\"', '"')
    assert answers(server) == before


def answers(server: httpx.Client) -> list[str]:
    lines = server.get("/metrics").text.splitlines()
    return [line for line in lines if line.startswith("rag_answers_total")]
