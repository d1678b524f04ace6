"""What chat front-ends ask a model behind the user's back: titles, tags, follow-up questions.

Put to the documents they would find some answer or other, so they are known by their form, and
answered without a model: a title is the first question, a list of proposals is empty. The forms
are those of Open WebUI ("### Task:" and ``<chat_history>``), of LibreChat (an instruction, then
the conversation as "User:" and "AI:"), and of clients that ask for a title in the last message
or in the instructions.
"""

import json
import re
from collections.abc import Sequence

from rag.server.chat.prose import excerpt
from rag.types import Role
from rag.wire.said import SYSTEM, Said

_LONGEST_TITLE = 60
"""Code points of a title."""
_HEAD = 300
"""Code points in which an instruction says what it wants."""
_NO_QUESTION = "Please ask a question: there is none in the conversation."

_TASK = re.compile(r"\s*#{2,3} Task:")
_OPENED, _CLOSED = "<chat_history>", "</chat_history>"
_SAMPLE = re.compile(r"\{\s*\"(\w+)\"\s*:\s*([\[\"])")
_TURN = re.compile(r"^(USER|Human|ASSISTANT|AI):", re.MULTILINE | re.IGNORECASE)
_MAKE = re.compile(r"\W*(?:please )?(?:generate|create|provide|write|suggest|summari[sz]e)\b", re.I)
_TITLE = re.compile(
    r"(?=.*(?:\b(?:generate|create|provide|write|suggest|craft(?:ing)?)\s+"
    r"(?:(?!(?:and|with|in|by|under)\b)[\w-]+,?\s+){0,5}titles?\b"
    r"(?!\s+of\s+(?:the|each|every|any|all|your|its)\s+(?!conversation|chat|discussion))"
    r"|\bsummari[sz]e\b[^.\n]*\binto\b[^.\n]*\btitle\b))"
    r"(?=.*\b(?:conversations?|chats?|discussions?|messages?)\b)"
    r"(?=.*\b(?:concise|short|brief|words?)\b)",
    re.DOTALL | re.IGNORECASE,
)
"""An instruction to make a title, of a conversation, in few words; not to tell that of a source."""


def side_answer(said: Sequence[Said]) -> str | None:
    """Return what a side prompt is answered with; None where a question is asked.

    A conversation in which the user says nothing is no question either.
    """
    asked = [each.text for each in said if each.role == Role.USER]
    instructions = [each.text for each in said if each.role == SYSTEM]
    last = (asked or instructions or [""])[-1]
    if _TASK.match(last) and _OPENED in last:
        instruction, _, rest = last.partition(_OPENED)
        return _rendered(instruction, rest.partition(_CLOSED)[0])
    if (turn := _TURN.search(last)) and _wants_title(last[: turn.start()]):
        return _rendered(last[: turn.start()], last[turn.start() :])
    if len(asked) > 1 and _MAKE.match(last) and _wants_title(last):
        return _rendered(last, asked[0])
    wishes = [each for each in instructions if _wants_title(each)]
    if len(asked) == 1 and wishes:
        return _rendered(wishes[0], asked[0])
    return None if asked else _NO_QUESTION


def _wants_title(instruction: str) -> bool:
    return _TITLE.match(instruction[:_HEAD]) is not None


def _rendered(instruction: str, talk: str) -> str:
    """Answer in the JSON that an instruction shows a sample of, else with the title alone."""
    sample = _SAMPLE.search(instruction)
    if sample is None:
        return _title(talk)
    name, kind = sample.groups()
    empty: list[str] | str = [] if kind == "[" else ""
    return json.dumps({name: _title(talk) if name == "title" else empty}, ensure_ascii=False)


def _title(talk: str) -> str:
    """Return the first question of a conversation, shortened between words."""
    _, *turns = _TURN.split(talk)
    by_user = (
        text
        for role, text in zip(turns[::2], turns[1::2], strict=True)
        if role.lower() in {"user", "human"}
    )
    return excerpt(next(by_user, talk), _LONGEST_TITLE)
