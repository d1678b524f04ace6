"""Turns -> exchanges: what was asked and answered before, in plain words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering import explained
from rag.conversation.words import COURTESY, SMALL_TALK, words
from rag.types import Reason, Role, Turn

_LINK = re.compile(r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\s[^()]*)?\)")
_NOTE = re.compile(r"\[\[?\^?\d+\]?\](?:\([^()]*\))?|[¹²³⁰-⁹]|\(\s*!?\[[^\[\]]*\]\([^()]*\)\s*\)")
_QUOTED = re.compile(r"“([^“”]+)”")
_MARKUP = re.compile(r"[*_`~#>|]+|<[^<>\s][^<>]*>")
_SPOKEN_MARKS = "“”\"«»„‟‘’'.,;: \t\n"
_NONE = re.compile(
    r"(?:i (?:don['’]?t|do not) know|no answer|unknown|sorry)\b|cannotanswer", re.IGNORECASE
)
_COURTESY = re.compile(rf"^{COURTESY}", re.IGNORECASE)
_ABSTENTIONS = tuple(explained(reason) for reason in Reason)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered: "" where nothing was.

    ``taken_up`` are the pronouns that the question was asked with, and what each stood for.
    """

    question: str
    answer: str = ""
    taken_up: tuple[tuple[str, str], ...] = ()


_SHORT = 2
_REMEMBERED = 16
"""Turns that are considered: what was said before them is seldom referred to."""
_LONGEST_TURN = 600
"""Code points that are read of a turn."""


def exchanges(history: Sequence[Turn]) -> list[Exchange]:
    """Return what was said as exchanges, oldest first, without markup and citation marks.

    Of an answer in several paragraphs only the first is kept: sources follow it.
    """
    found: list[Exchange] = []
    for turn in history[-_REMEMBERED:]:
        content = turn.content[:_LONGEST_TURN]
        if turn.role is Role.USER:
            found.append(Exchange(_without_small_talk(_COURTESY.sub("", plain(content)))))
        elif found and not found[-1].answer:
            found[-1] = replace(found[-1], answer=_answer(content))
        else:
            found.append(Exchange("", _answer(content)))
    return found


def plain(text: str) -> str:
    """Return a text without Markdown, tags, the marks of citations and control characters."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    bare = _LINK.sub(lambda link: link["text"], _NOTE.sub(" ", printable))
    return " ".join(_MARKUP.sub(" ", _NOTE.sub(" ", bare)).split())


def _answer(content: str) -> str:
    paragraphs = (plain(each) for each in re.split(r"\n\s*\n", content))
    first = next((each for each in paragraphs if each), "")
    quoted = _QUOTED.match(first)
    first = (quoted[1] if quoted else first).strip(_SPOKEN_MARKS)
    is_none = _NONE.match(first) or content.strip().startswith(_ABSTENTIONS)
    return "" if is_none else _without_small_talk(first)


def _without_small_talk(text: str) -> str:
    """Return a text, or "" if it is a word or two of courtesy: they are about nothing."""
    said = words(text.strip(_SPOKEN_MARKS + "!"))
    return "" if len(said) <= _SHORT and {word.lower for word in said} & SMALL_TALK else text
