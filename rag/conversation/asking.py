"""Question -> what it asks with, its auxiliary and the rest; and what it says beyond asking."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.conversation.phrases import phrases
from rag.conversation.words import (
    AUXILIARIES,
    BE,
    COURTESY,
    DETERMINERS,
    DO,
    MODALS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    Word,
    asks_with_more,
    is_past,
    words,
)

_OPENING = re.compile(
    rf"{COURTESY}(?:(?:(?:and|but|so|or|then|also|ok|okay|well|yes|now)\b|no,)[,\s]*)*"
    r"(?P<about>(?:(?:and|what|how)\s+)*about\b\s*)?",
    re.IGNORECASE,
)
_COUNTED = frozenset({"many", "much"})
_MARKS = " \t\n?.!"


@dataclass(frozen=True, slots=True)
class Opened:
    """A question without "and" or "what about" before it, nor the mark after it.

    ``goes_on`` says whether there was any of them: it goes on from the question before.
    """

    text: str
    is_about: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """A question in parts: "In which month", "did", "Putin go to Tajikistan".

    ``asked`` is "" for a question of yes or no, ``auxiliary`` where the verb follows at once.
    """

    asked: str
    auxiliary: str
    rest: str

    @property
    def is_adjunct(self) -> bool:
        """Whether a circumstance is asked for (when, why, in which month), not who or what."""
        first, *others = self.asked.lower().split()
        if first == "how":
            return not _COUNTED & {*others}
        return first in {"when", "where", "why"} or (first in PREPOSITIONS and bool(others))

    @property
    def saying(self) -> str:
        """Return what the rest says as a noun phrase, "Putin going to Rome"; "" if unclear."""
        subject = self.rest.partition(" ")[0].lower()
        if self.auxiliary.lower() not in DO | MODALS or subject in PRONOUNS:
            return ""
        clause = f"{self.auxiliary} {self.rest}"
        verb = verb_of(clause)
        if verb is None:
            return ""
        return f"{clause[: verb.start]}{_gerund(verb.text)}{clause[verb.end :]}".partition(" ")[2]

    def with_answer(self, answer: str) -> str:
        """Return what follows the question word, with an answer in the gap that it asks about."""
        if not self.auxiliary:
            return f"was it that {answer} {self.rest}"
        held = words(self.rest)
        if held and held[-1].lower in PREPOSITIONS:
            return f"{self.auxiliary} {self.rest} {answer}"
        auxiliary = self.auxiliary.lower()
        has_subject = held and (held[0].is_capital or held[0].lower in DETERMINERS)
        if auxiliary in BE or not (has_subject or auxiliary in DO):
            return f"{self.auxiliary} {answer} {self.rest}".rstrip()
        clause = f"{self.auxiliary} {self.rest}"
        verb = verb_of(clause)
        place = verb.end if verb else len(clause)
        return f"{clause[:place]} {answer}{clause[place:]}"


def opened(question: str) -> Opened:
    """Return a question without what opens and ends it."""
    bare = question.strip(_MARKS)
    opening = _OPENING.match(bare)
    if not opening or opening.end() == len(bare):
        return Opened(bare, is_about=False, goes_on=False)
    asks = question.rstrip().endswith("?")
    text = bare[opening.end() :]
    return Opened(text, bool(opening["about"]), goes_on=asks or bool(opening.end()))


def asking(question: str) -> Asking | None:
    """Return a question in parts, or None where it is none that we can part."""
    bare = opened(question).text
    held = words(bare)
    if held and held[0].lower in AUXILIARIES:
        return Asking("", held[0].text, bare[held[0].end :].strip())
    first = next((i for i, word in enumerate(held[:2]) if word.lower in QUESTION_WORDS), None)
    if first is None or (first and held[0].lower not in PREPOSITIONS | {"since"}):
        return None
    end = _end_of_asked(bare, held, first)
    auxiliary = held[end].text if end < len(held) and held[end].lower in AUXILIARIES else ""
    start = held[end].end if auxiliary else held[end - 1].end
    return Asking(bare[: held[end - 1].end], auxiliary, bare[start:].strip())


def verb_of(clause: str) -> Word | None:
    """Return the verb behind the subject of "did the leaders of Japan say so", or None."""
    found = phrases(clause)
    if not found:
        return None
    end = found[0].end
    for phrase in found[1:]:
        if clause[end : phrase.start].strip() not in {"of", "and", ","}:
            break
        end = phrase.end
    return next((word for word in words(clause) if word.start >= end and word.is_open), None)


def _end_of_asked(bare: str, held: Sequence[Word], first: int) -> int:
    """Return the place of the word after "In which month": past the noun that is asked about."""
    end = first + 1
    after = held[end].lower if end < len(held) else ""
    if held[first].lower == "what" and is_past(after):
        return end
    if not asks_with_more(held[first].lower, after):
        return end
    for place in range(end, len(held)):
        if held[place].lower in AUXILIARIES:
            return place
        if not (held[place].is_open or held[place].lower in PREPOSITIONS | DETERMINERS):
            break
    asked = next((phrase for phrase in phrases(bare) if phrase.is_asked), None)
    if asked is None:
        return end
    return next((i for i, word in enumerate(held) if word.start >= asked.end), len(held))


def _gerund(verb: str) -> str:
    """Return "sending" for "send", by the rules of spelling."""
    if re.fullmatch(r".*[^aeiouy]ie", verb):
        return f"{verb[:-2]}ying"
    if re.fullmatch(r".*[^eoy]e", verb):
        return f"{verb[:-1]}ing"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb}ing"
