"""What was said -> a question and the turns before it, whatever protocol it came in."""

import re
from collections.abc import Sequence

from rag.server.chat.prose import spoken
from rag.types import Role, Turn
from rag.wire import MAX_TURN, MAX_TURNS
from rag.wire.said import Said

_TURNS = {role.value: role for role in Role}
_WRAPPED = re.compile(
    r"\s*#{2,3} Task:.*</context>\s*(?:<user_query>(?P<marked>.*)</user_query>\s*|(?P<after>.*))",
    re.DOTALL,
)
"""How Open WebUI hands a model what it found itself, with the question behind it."""


def question(said: Sequence[Said]) -> tuple[str, tuple[Turn, ...]]:
    """Return what the user said last, blank if nothing, and the turns before it, oldest first.

    There is no model to instruct, so what is neither the user's nor ours does not count. Of a long
    conversation the end does. The lists of sources below our own answers are left out.
    """
    spots = [spot for spot, each in enumerate(said) if each.role == Role.USER]
    if not spots:
        return "", ()
    before = [each for each in said[: spots[-1]] if each.role in _TURNS and each.text.strip()]
    turns = [Turn(_TURNS[each.role], spoken(each.text)[:MAX_TURN]) for each in before[-MAX_TURNS:]]
    return _unwrapped(said[spots[-1]].text), tuple(turns)


def _unwrapped(text: str) -> str:
    wrapped = _WRAPPED.fullmatch(text)
    return (wrapped["marked"] or wrapped["after"] or text) if wrapped else text
