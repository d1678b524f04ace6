"""A question cut short -> whole questions, with what was left out taken from the one before."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from rag.conversation.asking import Asking, asking, opened
from rag.conversation.entities import is_nominal, shown
from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind, kind_of_noun
from rag.conversation.phrases import Phrase, end_of_name, end_with_qualifiers, is_plural, phrases
from rag.conversation.words import (
    AUXILIARIES,
    BE,
    DIRECTIONS,
    INTERROGATIVE_DETERMINERS,
    MONTHS,
    PREPOSITIONS,
    QUESTION_WORDS,
    SMALL_TALK,
    WEEKDAYS,
    Word,
    asks_with_more,
    is_time,
    is_verb_form,
    words,
)
from rag.question import MEASURES

_POINTING = frozenset({"it", "that", "this"})
_ADJUNCTS = frozenset({"when", "where", "why", "how"})
_BESIDE_ASKED = frozenset({"else", "many", "much", "few", "one", "other", "others", "exactly"})
_CLASSES = {"month": MONTHS, "weekday": WEEKDAYS, "direction": DIRECTIONS}
_DAYS = frozenset({"date", "day", "weekday"})
_OWNING = ("'s", "’s", "'", "’")
_NUMBERED = re.compile(r"(?<!\w)([^\W\d_][\w-]*|§) (\d[\w.]*(?<!\.)|[A-Z]\b)")
"""What is named and numbered: "chapter 4", "design B", "Q3 2024"."""
_NUMBER_AFTER = re.compile(r" (?!(?:1\d|20)\d\d\b)\d[\w.]*\b|")
"""The number, but no year, that a name goes on with."""
_DEEPEST = 4
"""Words among which the question word is looked for: "in connection with which law"."""
_LONGEST = 8
"""Words of a question that may be cut short."""
_SHORT = 3
"""Words of a name that may be all of a question."""
_ALIKE = 0.8
"""Likeness of two nouns, by letters, that may be the same: there are typing errors."""
_LIKE = 2
"""How well a phrase has to fit to give way rather than be added to."""


def completions(question: str, before: Exchange) -> list[str]:
    """Return what a question cut short may ask in full, the likeliest first; none if it is whole.

    ``before`` is the last exchange, its question itself completed.
    """
    part = opened(question)
    held = words(part.text)
    if not held or len(held) > _LONGEST or not before.question:
        return []
    if asked := _asked_alone(part.text, held):
        return list(dict.fromkeys(_asked_of(asked, before)))
    if part.is_about or (_is_constituent(held) and (part.goes_on or _is_telling(held))):
        return list(dict.fromkeys(_put_into(part.text, held, before)))
    return []


def _is_constituent(held: Sequence[Word]) -> bool:
    """Say whether it is neither question nor order, but a part of one: "Of Japan", "in 2019"."""
    lower = {word.lower for word in held}
    has_verb = lower & AUXILIARIES or any(is_verb_form(word.text) for word in held)
    return not (has_verb or lower & QUESTION_WORDS or held[0].lower in SMALL_TALK) and any(
        word.is_open for word in held
    )


def _is_telling(held: Sequence[Word]) -> bool:
    """Say whether a constituent shows to be one by itself: by a preposition, as a name, a time."""
    only = phrases(" ".join(word.text for word in held))
    is_named = len(only) == 1 and len(held) <= _SHORT and (only[0].is_name or only[0].is_time)
    return held[0].lower in PREPOSITIONS or held[-1].is_possessive or is_named


def _asked_alone(text: str, held: Sequence[Word]) -> str:
    """Return the question words of a question that has little else, or "" if it has more.

    "In which month", "What for", "How many people"; "when" of "When was that?" and "in which year"
    of "Which year was that in?".
    """
    first = next(
        (i for i, word in enumerate(held[:_DEEPEST]) if word.lower in QUESTION_WORDS), None
    )
    if first is None or not all(
        word.lower in PREPOSITIONS if place % 2 == 0 else word.is_open
        for place, word in enumerate(held[:first])
    ):
        return ""
    asked, lead = _without_pointing(held, first)
    beside = asked[first + 1 :]
    if beside and beside[-1].lower in PREPOSITIONS:
        beside = beside[:-1]
    takes_noun = asks_with_more(held[first].lower, beside[0].lower if beside else "")
    has_verb = any(is_plural(word.lower) for word in beside[:-1])  # "which virus causes fever"
    is_alone = (
        bool(asked)
        and not has_verb
        and all(
            (takes_noun and word.is_open and not is_verb_form(word.text))
            or word.lower in _BESIDE_ASKED | MEASURES
            for word in beside
        )
    )
    if not is_alone:
        return ""
    words_asked = text[: asked[-1].end]
    return f"{lead} {words_asked[0].lower()}{words_asked[1:]}" if lead else words_asked


def _without_pointing(held: Sequence[Word], first: int) -> tuple[Sequence[Word], str]:
    """Return a question without "was that" at its end, and the preposition after that.

    Nothing is left of it where "that" may be something that was spoken of.
    """
    lead = held[-1].lower if held[-1].lower in PREPOSITIONS else ""
    rest = held[: len(held) - bool(lead)]
    if len(rest) < first + 3 or rest[-2].lower not in BE or rest[-1].lower not in _POINTING:
        return held, ""
    asked = rest[:-2]
    word, is_bare = held[first].lower, len(asked) == first + 1
    if word in INTERROGATIVE_DETERMINERS and not is_bare:
        is_time = kind_of_noun(asked[-1].lower) is Kind.TIME
        when = "on" if asked[-1].lower in _DAYS else "in"
        return (asked if first or is_time else held), "" if first else lead or when
    if first or (word in _ADJUNCTS and is_bare and not lead):
        return asked, lead
    return (() if word in _ADJUNCTS else held), ""


def _asked_of(asked: str, before: Exchange) -> Iterator[str]:
    """Yield the question before, asked with other question words than its own."""
    parts = asking(before.question)
    if parts is None:
        return
    new, _, tail = asked.rpartition(" ")
    if tail.lower() not in PREPOSITIONS or new.split(" ")[0].lower() in PREPOSITIONS:
        new, tail = asked, ""
    if before.question[0].isupper():
        new = new[0].upper() + new[1:]
    is_adjunct = bool(tail) or Asking(new, "", "").is_adjunct
    if not parts.asked and not is_adjunct:
        return
    if not parts.asked or parts.is_adjunct or not is_adjunct:
        whole: tuple[str, ...] = (new, parts.auxiliary.lower(), parts.rest, tail)
    elif given := _given(parts, before.answer):
        whole = (new, parts.with_answer(given), tail)
    elif any(word.lower in AUXILIARIES for word in words(before.answer)):
        whole = (new, before.answer, tail)
    else:
        return
    yield " ".join(filter(None, whole)) + "?"


def _given(parts: Asking, answer: str) -> str:
    """Return what a question asked for: its answer, "10 meetings" for "10", or else "meetings"."""
    words_asked = parts.asked.split()
    nouns = words_asked[1 + (words_asked[0].lower() == "how") :]
    if is_nominal(answer):
        return " ".join((answer, *nouns)) if answer.isdigit() else answer
    return "" if answer or words_asked[0].lower() != "how" else " ".join(nouns)


def _put_into(text: str, held: Sequence[Word], before: Exchange) -> Iterator[str]:
    """Yield the question before with what is asked about now in place of its like."""
    question = opened(before.question).text
    lead = held[0].lower if held[0].lower in PREPOSITIONS and len(held) > 1 else ""
    is_owner = held[-1].is_possessive and len(held) > 1
    new = shown(text[held[bool(lead)].start : held[-1 - is_owner].end])
    bare = new.removeprefix("the ")
    found = phrases(question)
    if held[0].lower == "any":
        owners = [each.text for each in found if each.is_name and not each.is_asked]
        yield from (f"Did {owner} have {text}?" for owner in owners[:1])
        return
    if numbered := _renumbered(question, bare):
        yield numbered
        return
    for word in words(question):
        if _shape(word.text) and _shape(word.text) == _shape(bare):
            yield f"{question[: word.start]}{bare}{question[word.end :]}?"
            return
    fit, alike = _alike(found, new, lead, is_owner=is_owner)
    if fit < _LIKE:
        yield f"{question} {lead or 'for'} {new}?"
    for phrase in alike:
        whole = end_with_qualifiers if len(phrases(new)) > 1 else end_of_name
        end = whole(found, phrase, question)
        if phrase.is_name and (more := _NUMBER_AFTER.match(question, end)):
            end = more.end()
        is_owned = question[: phrase.start].rstrip().endswith(_OWNING)
        put = bare if is_owned else new
        yield f"{question[: phrase.start_of_counted]}{put}{question[end:]}?"


def _renumbered(question: str, new: str) -> str | None:
    """Return the question with what is named by a number like what is new: "Q3 2023", "chapter 4".

    None where there is no such thing in it, or what is new is none.
    """
    named = _NUMBERED.fullmatch(new)
    if named is None:
        return None
    for own in _NUMBERED.finditer(question):
        if own[1].lower() == named[1].lower() or _shape(own[1]) == _shape(named[1]) != "":
            return f"{question[: own.start()]}{new}{question[own.end() :]}?"
    return None


def _alike(
    found: Sequence[Phrase], new: str, lead: str, *, is_owner: bool
) -> tuple[int, list[Phrase]]:
    """Return how well the phrases that fit best can give way to what is new, and these phrases.

    The subject fits better if it is a name, or none, as what is new; several may be of either.
    """
    other = next(iter(phrases(new)), None)
    if other is None:
        return 0, []
    subject = next((each for each in found if not each.is_asked), None)
    fits = [_likeness(each, other, lead, is_owner=is_owner) for each in found]
    for place, phrase in enumerate(found):
        is_of_form = phrase.is_name == other.is_name or other.is_plural
        fits[place] += bool(fits[place]) and phrase is subject and is_of_form
    best = max(fits, default=0)
    return best, [each for fit, each in zip(fits, found, strict=True) if fit == best > 0]


def _shape(word: str) -> str:
    """Return what class a word is of, "" for none: one gives way to another of its class."""
    if word.isdigit():
        return "year" if is_time(word) else "number"
    return next((name for name, of in _CLASSES.items() if word.lower() in of), "")


def _likeness(phrase: Phrase, other: Phrase, lead: str, *, is_owner: bool) -> int:
    """Return how well a phrase can give way to another: 0 for not at all."""
    if phrase.is_time != other.is_time:
        return 0
    if phrase.is_asked and not (phrase.is_counted and phrase.head == other.head):
        return 0
    if (
        {*other.words} <= {*phrase.words}
        or (lead and phrase.lead != lead)
        or (is_owner and not phrase.is_possessor)
        or (phrase.is_possessor and not (is_owner or other.is_name))
    ):
        return 0
    same_head = SequenceMatcher(None, phrase.head, other.head).ratio() >= _ALIKE
    same_form = phrase.is_name == other.is_name and phrase.is_plural == other.is_plural
    return 1 + 2 * same_head + same_form + bool(lead) + is_owner
