"""Pronoun or noun x mentions -> what may be meant, the likeliest first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from rag.conversation.asking import asking
from rag.conversation.entities import Mention, is_nominal, shown
from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind, asked_for, kind_of_noun
from rag.conversation.words import DETERMINERS, words

_KNOWN = 2.0
"""How much likelier a pronoun stands for what it stood for before."""
_TITLED = 4.0
"""How much likelier "she" is one who was called Ms than one of whom nothing is known."""
_FEW = 3
_NEARLY = 0.4
"""What is less likely than this, of the likeliest, is not considered."""
_LONGEST_QUOTED = 8
"""Words of an answer that is no noun phrase and may be quoted in the place of "that"."""


class Pro(StrEnum):
    """Pronouns that stand for the same, by their first form."""

    HE = "he"
    SHE = "she"
    IT = "it"
    THEY = "they"
    THERE = "there"
    THEN = "then"


_OPPOSED = {
    Pro.HE: frozenset({Pro.SHE, Pro.IT}),
    Pro.SHE: frozenset({Pro.HE, Pro.IT}),
    Pro.IT: frozenset({Pro.HE, Pro.SHE}),
}
GENDERED = {"male": Pro.HE, "female": Pro.SHE, "neuter": Pro.IT}
_FITS = {
    Pro.HE: {Kind.PERSON: 1.0, Kind.NAME: 0.5},
    Pro.SHE: {Kind.PERSON: 1.0, Kind.NAME: 0.5},
    Pro.IT: {Kind.THING: 1.0, Kind.PLACE: 1.0, Kind.NAME: 1.0},
    Pro.THEY: {Kind.PERSON: 0.3, Kind.NAME: 0.6, Kind.PLACE: 0.3, Kind.THING: 0.2},
    Pro.THERE: {Kind.PLACE: 1.0, Kind.NAME: 0.4, Kind.THING: 0.3},
    Pro.THEN: {Kind.TIME: 1.0},
}
"""How well one thing of a kind goes with a pronoun."""
_UNNAMED_PERSON = 0.5
_NAMED = frozenset({Kind.PERSON, Kind.PLACE, Kind.NAME})
_SEVERAL = 1.5
"""How well several go with "they", which one thing may go with too, as a band or firm does."""


class Strength(Enum):
    """How surely words refer back.

    "The firm" likely does, yet may be the one that all the documents are about; "the minister" may
    as well be whom the documents call so.
    """

    SURE = "sure"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Reference:
    """Words at ``[start:end]`` of a question that refer back; ``meant`` may stand in their place.

    What is likeliest comes first. ``pro`` is the pronoun, if it is one.
    """

    start: int
    end: int
    meant: tuple[str, ...]
    pro: Pro | None = None
    strength: Strength = Strength.SURE


def by_pronoun(pro: Pro, salient: Iterable[Mention]) -> tuple[str, ...]:
    """Return what a pronoun may stand for."""
    return _ranked(salient, lambda mention: _fit(pro, mention))


def by_noun(nouns: Sequence[str], salient: Iterable[Mention]) -> tuple[str, ...]:
    """Return what "that country" or "this summit" may be, given the nouns in lower case.

    A longer phrase of the same noun, else a name of the kind that the noun names.
    """
    kind = kind_of_noun(nouns[-1])

    def fit(mention: Mention) -> float:
        if nouns[-1] in mention.words and len(words(mention.text)) > len(nouns) + 1:
            return 2.0
        if kind is None or mention.is_plural:
            return 0.0
        is_alike = mention.kind is kind and (mention.is_named or kind is Kind.TIME)
        is_perhaps = mention.kind is Kind.NAME and kind is not Kind.TIME
        return 1.0 if is_alike else 0.5 * is_perhaps

    return _ranked(salient, fit)


def called(noun: str, salient: Iterable[Mention]) -> tuple[str, ...]:
    """Return what answered "which" or "what" of a noun in lower case: what "that noun" is."""
    return _ranked(salient, lambda each: float(each.called == noun.removesuffix("s")))


def things(salient: Iterable[Mention]) -> tuple[str, ...]:
    """Return what was spoken of that is no person, nor a time: what "this album" may be."""
    others = {Kind.PERSON, Kind.TIME, Kind.NUMBER}
    return _ranked(salient, lambda each: float(each.kind not in others))


def named_things(salient: Iterable[Mention]) -> tuple[str, ...]:
    """Return the names that were spoken of which may be those of groups: what "the firm" may be."""

    def fit(mention: Mention) -> float:
        is_person = mention.kind is Kind.PERSON or bool(mention.known_as & {Pro.HE, Pro.SHE})
        is_one = mention.is_named and not (mention.is_plural or is_person)
        return float(is_one and mention.kind in {Kind.THING, Kind.NAME})

    return _ranked(salient, fit)


def by_event(last: Exchange) -> tuple[str, ...]:
    """Return what "that" may be in "after that": what the question and its answer say happened."""
    parts = asking(last.question)
    if parts is None or parts.auxiliary or parts.asked.lower() != "who":
        return by_situation(last)
    return (f"{last.answer} {parts.rest}",) if is_nominal(last.answer) else ()


def by_situation(last: Exchange) -> tuple[str, ...]:
    """Return what "that" may be where it stands for no noun: what was said last.

    What the question says, where it asks for a circumstance ("Ann leaving Rome", of "Why did Ann
    leave Rome?"); else the answer, quoted if it is no noun phrase.
    """
    parts = asking(last.question)
    if parts and parts.asked and parts.is_adjunct and parts.saying:
        return (parts.saying,)
    if asked_for(last.question) in {Kind.NUMBER, Kind.TIME}:
        return ()
    if is_nominal(last.answer):
        return (shown(last.answer),)
    if last.answer and len(words(last.answer)) <= _LONGEST_QUOTED:
        return (f"“{last.answer}”",)
    return ()


def _ranked(salient: Iterable[Mention], fit: Callable[[Mention], float]) -> tuple[str, ...]:
    fits = [(fit(mention) * mention.weight, mention) for mention in salient]
    least = _NEARLY * max((score for score, _ in fits), default=0.0)
    found = sorted(
        (each for each in fits if each[0] > 0 and each[0] >= least), key=lambda each: -each[0]
    )
    return tuple(dict.fromkeys(shown(mention.text) for _, mention in found))[:_FEW]


def _is_determined(mention: Mention) -> bool:
    return words(mention.text)[0].lower in DETERMINERS


def _fit(pro: Pro, mention: Mention) -> float:
    """Return how well a mention goes with a pronoun, 0 for not at all."""
    gendered = GENDERED.get(mention.gender)
    if mention.known_as & _OPPOSED.get(pro, frozenset()) or gendered in _OPPOSED.get(pro, ()):
        return 0.0
    is_titled = pro is gendered and not _is_determined(mention)
    known = _KNOWN if pro in mention.last_as else _TITLED if is_titled else 1.0
    if pro is Pro.THEY and mention.is_plural:
        several = _SEVERAL if mention.kind in _NAMED else 1.0
        return 0.0 if mention.kind in {Kind.TIME, Kind.NUMBER} else known * several
    if mention.is_plural and pro in {Pro.HE, Pro.SHE, Pro.IT}:
        return 0.0
    if pro is Pro.THEY and mention.known_as & {Pro.HE, Pro.SHE, Pro.IT}:
        return _FITS[pro][Kind.PERSON]
    is_role = mention.kind is Kind.PERSON and not mention.is_named
    fits = 1.0 if pro in mention.known_as else _FITS[pro].get(mention.kind, 0.0)
    return known * fits * (_UNNAMED_PERSON if is_role else 1.0)
