"""A question that leaves out its subject, or the event that it asks of -> the question with it."""

import re

from rag.conversation.asking import Asking, asking, opened, verb_of
from rag.conversation.entities import is_nominal
from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind, asked_for
from rag.conversation.words import (
    BE,
    DO,
    MODALS,
    PREPOSITIONS,
    QUESTION_WORDS,
    is_past,
    is_verb_form,
    words,
)

_THEN = re.compile(r"\s+(?:at\s+(?:the|that)\s+time|(?:back\s+)?then)\s*\??\s*$", re.IGNORECASE)
_AGE = re.compile(
    r"(?:and\s+|so\s+)?how\s+old\s+(?:was|were)\s+(?:he|she|it|they)\W*$", re.IGNORECASE
)
_BARE = 2
"""Words of "Who objected?", which leaves out to what."""
_LONGEST = 5


def with_subject(question: str) -> str:
    """Return "By whom was it built?" for "Built by whom?", any other question as it is."""
    text = opened(question).text
    held = words(text)
    if (
        not _BARE <= len(held) <= _LONGEST
        or not is_verb_form(held[0].lower)
        or held[0].lower == "born"
    ):
        return question
    is_led = held[1].lower in PREPOSITIONS and len(held) > _BARE
    if held[1 + is_led].lower not in QUESTION_WORDS:
        return question
    asked = text[held[1].start :]
    return f"{asked[0].upper()}{asked[1:]} was it {held[0].lower}?"


def with_event(question: str, before: Exchange) -> str:
    """Return a question with the event that it leaves out, any other as it is.

    After "Who met Tom?", answered "Ann", "How old was she then?" asks how old she was when Ann met
    Tom; so do "How old was she?" and "Who objected?" without saying so.
    """
    then = _THEN.search(question)
    if not (then or _AGE.match(question) or _is_bare(question)):
        return question
    event = _event(before)
    return (
        f"{question[: then.start() if then else None].rstrip(' ?')} {event}?" if event else question
    )


def _is_bare(question: str) -> bool:
    held = words(opened(question).text)
    return len(held) == _BARE and held[0].lower == "who" and is_past(held[1].lower)


def _event(before: Exchange) -> str:
    """Return when something was, as the question before and its answer say what; "" if unclear."""
    parts = asking(before.question)
    if parts is None:
        return ""
    is_time = asked_for(before.question) is Kind.TIME
    has_answer = bool(parts.asked) and not (parts.is_adjunct or is_time)
    if has_answer and not is_nominal(before.answer):
        return ""
    if not parts.auxiliary:
        is_who = parts.asked.lower() == "who" and is_past(parts.rest.partition(" ")[0])
        return f"when {before.answer} {parts.rest}" if is_who else ""
    clause = parts.with_answer(before.answer) if has_answer else f"{parts.auxiliary} {parts.rest}"
    auxiliary, _, rest = clause.partition(" ")
    if auxiliary.lower() in DO | MODALS:
        saying = Asking("when", auxiliary, rest).saying
        return f"at the time of {saying}" if saying else ""
    verb = verb_of(clause)
    if auxiliary.lower() in BE and verb and is_past(verb.text) and not has_answer:
        subject = clause[: verb.start].partition(" ")[2]
        return f"when {subject}{auxiliary.lower()} {clause[verb.start :]}"
    return ""
