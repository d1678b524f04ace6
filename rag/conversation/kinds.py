"""What kind of thing a noun names, and what kind a question asks for."""

from collections.abc import Sequence
from enum import Enum

from rag.conversation.words import (
    AMOUNTS,
    FEMALE,
    MALE,
    PEOPLE,
    PLACES,
    QUESTION_WORDS,
    is_time,
    words,
)

_NEAR = 3
"""Words after "which" or "what" among which the noun that it asks for is looked for."""


class Kind(Enum):
    """What a mention is of, as far as its words and the question it answers tell."""

    PERSON = "person"
    PLACE = "place"
    TIME = "time"
    NUMBER = "number"
    THING = "thing"
    NAME = "name"
    """Of a person, a place or a thing, who knows."""


_BY_WORD = {
    "who": Kind.PERSON,
    "whom": Kind.PERSON,
    "where": Kind.PLACE,
    "when": Kind.TIME,
    "how": Kind.NUMBER,
}


def kind_of_noun(noun: str) -> Kind | None:
    """Return the kind of what a noun names, None where it is neither person, place nor time."""
    singular = f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")
    for kind, nouns in ((Kind.PLACE, PLACES), (Kind.PERSON, PEOPLE | MALE | FEMALE)):
        if noun in nouns or singular in nouns:
            return kind
    return Kind.TIME if is_time(noun) or is_time(singular) else None


def gender_of(noun: str) -> str:
    """Return "male" or "female" where a noun in small letters tells it, else ""."""
    return "male" if noun in MALE else "female" if noun in FEMALE else ""


def asked_for(question: str) -> Kind:
    """Return what kind of thing a question asks for; ``NAME`` where it does not say."""
    lower = [word.lower for word in words(question)]
    place = next((i for i, word in enumerate(lower) if word in QUESTION_WORDS), None)
    if place is None:
        return Kind.NAME
    if lower[place] in {"which", "what"}:
        return _asked_by_noun(lower[place + 1 :])
    return _BY_WORD.get(lower[place], Kind.NAME)


def _asked_by_noun(following: Sequence[str]) -> Kind:
    """Return what "which" or "what" asks for: what the noun after it names, else a thing."""
    if {*following[:_NEAR]} & AMOUNTS:
        return Kind.NUMBER
    is_of_name = bool({*following} & {"name", "called", "named"})
    kinds = map(kind_of_noun, following if is_of_name else following[:_NEAR])
    return next((kind for kind in kinds if kind), Kind.NAME if is_of_name else Kind.THING)
