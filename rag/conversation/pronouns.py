"""Pronoun x mentions -> whom or what it stands for, the likeliest first, or that it is bound."""

import re
from collections.abc import Sequence

from rag.conversation.antecedents import GENDERED, Pro, Reference, by_pronoun
from rag.conversation.entities import Mention
from rag.conversation.kinds import Kind, gender_of, kind_of_noun
from rag.conversation.phrases import Phrase, phrases
from rag.conversation.words import (
    AUXILIARIES,
    BODIES,
    GROUPS,
    MOVING,
    OPENING_CLAUSES,
    PREPOSITIONS,
    WEEKDAYS,
    Word,
    words,
)

_FORMS = {
    Pro.HE: "he him his himself",
    Pro.SHE: "she her hers herself",
    Pro.IT: "it its itself",
    Pro.THEY: "they them their thier theirs themselves",
    Pro.THERE: "there",
    Pro.THEN: "then",
}
PRONOUNS = {form: pro for pro, forms in _FORMS.items() for form in forms.split()}
_OWNERS = frozenset({"his", "hers", "its", "their", "theirs", "thier"})
_PLACING = frozenset({"at", "from", "in", "near", "to"})
_EXPLETIVE = re.compile(
    r"\bit\s+(?:that|who)\b|"
    r"\b(?:is|was|be|been|does|did)\s+it\s+(?:\w+\s+){1,2}?(?:that|whether|to|if)\b|"
    r"\bhow\s+\w+\s+(?:is|was)\s+it\s+to\s+(?-i:[a-z])",
    re.IGNORECASE,
)
_LONGEST_DAY = 2
"""Digits of a day of a month."""


def pronoun(question: str, place: int, salient: Sequence[Mention]) -> Reference | None:
    """Return what the pronoun at a place refers to, None where it refers to nothing before."""
    found = words(question)
    if not _refers(question, found, place):
        return None
    word = found[place]
    pro = PRONOUNS[word.lower]
    meant = by_pronoun(pro, salient)
    if _is_owner(found, place):
        meant = tuple(_possessive(each) for each in meant)
    if pro is Pro.THERE:
        before = found[place - 1].lower if place else ""
        where = "" if before in _PLACING else "to " if before in MOVING else "in "
        meant = tuple(f"{where}{each}" for each in meant)
    if pro is Pro.THEN:
        meant = tuple(map(_dated, meant))
    return Reference(word.start, word.end, meant, pro)


def _refers(question: str, found: Sequence[Word], place: int) -> bool:
    """Say whether a pronoun refers to something outside its question."""
    pro = PRONOUNS[found[place].lower]
    around = {found[i].lower for i in (place - 1, place + 1) if 0 <= i < len(found)}
    if pro is Pro.THERE:
        return not around & (AUXILIARIES | {"'s", "where"})
    if pro is Pro.THEN:
        return place > 0
    expletive = _EXPLETIVE.search(question)
    if pro is Pro.IT and expletive:
        return not expletive.start() <= found[place].start < expletive.end()
    return not _is_bound(question, found, place, pro)


def _is_bound(question: str, found: Sequence[Word], place: int, pro: Pro) -> bool:
    """Say whether a pronoun takes up something said before it in the same question.

    A possessive may ("Did Ann sell her car?"), and the subject of another clause ("Did Ann say
    that she sold it?"), but no object of the same one: principle B of Chomsky 1981.
    """
    before = found[place - 1].lower if place else ""
    if not _is_owner(found, place) and before not in OPENING_CLAUSES:
        return False
    return any(
        _may_bind(phrase, pro)
        for phrase in phrases(question[: found[place].start])
        if phrase.lead != "of"
        and not phrase.is_time
        and (not phrase.is_asked or GENDERED.get(gender_of(phrase.head)) is pro)
    )


def _may_bind(phrase: Phrase, pro: Pro) -> bool:
    """Say whether a pronoun that follows in the same question may stand for a phrase."""
    kind = kind_of_noun(phrase.head)
    if pro is Pro.THEY:
        return phrase.is_plural or phrase.is_name or phrase.head in BODIES | GROUPS
    if pro is Pro.IT:
        is_marked = phrase.is_name or bool(phrase.determiner)
        return is_marked and not phrase.is_plural and kind is not Kind.PERSON
    is_name = phrase.is_name and phrase.determiner != "the"
    return not phrase.is_plural and (kind is Kind.PERSON or is_name)


def _is_owner(found: Sequence[Word], place: int) -> bool:
    word = found[place].lower
    return word in _OWNERS or (word == "her" and _is_noun(found, place + 1))


def _is_noun(found: Sequence[Word], place: int) -> bool:
    return place < len(found) and found[place].is_open


def _dated(time: str) -> str:
    """Return "in 1990" for "1990" and "on 4 May" for "4 May"; "in May" stays as it is."""
    first, *others = time.lower().split()
    if first in PREPOSITIONS:
        return time
    has_day = any(each.isdigit() and len(each) <= _LONGEST_DAY for each in (first, *others))
    return f"{'on' if has_day or first in WEEKDAYS else 'in'} {time}"


def _possessive(text: str) -> str:
    return f"{text}'" if text.endswith("s") and text.islower() else f"{text}'s"
