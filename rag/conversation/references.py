"""What a question refers back with, and what may be meant: pronouns, "that country", "the one"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.conversation.antecedents import (
    Pro,
    by_event,
    by_noun,
    by_pronoun,
    by_situation,
    called,
    named_things,
    things,
)
from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind, gender_of, kind_of_noun
from rag.conversation.mentions import Mention, mentions
from rag.conversation.phrases import Phrase, phrases
from rag.conversation.words import (
    AUXILIARIES,
    BODIES,
    DEMONSTRATIVES,
    GROUPS,
    MOVING,
    OFFICES,
    OPENING_CLAUSES,
    PREPOSITIONS,
    SUBORDINATING,
    WEEKDAYS,
    Word,
    is_past,
    is_time,
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
_PRONOUNS = {form: pro for pro, forms in _FORMS.items() for form in forms.split()}
_SEVERAL = frozenset({"these", "those"})
_SEQUENCE = frozenset({"after", "before", "since"})
_OWNERS = frozenset({"his", "hers", "its", "their", "theirs", "thier"})
_POINTING_AT_ONE = frozenset({"the", "which", "that", "this"})
_EXPLETIVE = re.compile(
    r"\bit\s+(?:that|who)\b|"
    r"\b(?:is|was|be|been|does|did)\s+it\s+(?:\w+\s+){1,2}?(?:that|whether|to|if)\b|"
    r"\bhow\s+\w+\s+(?:is|was)\s+it\s+to\s+(?-i:[a-z])",
    re.IGNORECASE,
)
_RESTRICTING = PREPOSITIONS - {"as", "to"} | {"that", "which", "who", "whose"}
_REFERRING = DEMONSTRATIVES | {"one", "ones", "the", *_PRONOUNS}
_GENDERS = {Pro.HE: "male", Pro.SHE: "female"}
_ORDER = {
    **{"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3},
    **{"last": -1, "latter": -1},
}
_PAIRED = frozenset({"former", "latter"})
_BETWEEN_ITEMS = re.compile(r",\s+(?:(?:and|or)\s+)?|\s+(?:and|or)\s+")
_LED = re.compile(r"^(?:by|with|in|at|on|to|for|from)\s+(?:\w+ing\s+)?")
_YEAR = 3
"""Digits of a number that is a year at least."""
_FEW = 3
_MOST = 4
"""References of a question that are resolved."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Words at ``[start:end]`` of a question that refer back; ``meant`` may stand in their place.

    What is likeliest comes first. ``pro`` is the pronoun, if it is one. A weak reference may as
    well be none: "the minister" may be somebody whom the documents call so.
    """

    start: int
    end: int
    meant: tuple[str, ...]
    pro: Pro | None = None
    is_weak: bool = False


def references(question: str, earlier: Sequence[Exchange]) -> list[Reference]:
    """Return what a question refers back with, wherever something fits that was said before.

    Of a pronoun that stands several times only the first is returned: the others take it up.
    """
    salient = mentions(earlier)
    by_pro: dict[Pro | int, Reference] = {}
    for place, word in enumerate(words(question)):
        is_within = any(each.start <= word.start < each.end for each in by_pro.values())
        if word.lower in _REFERRING and not is_within:
            reference = _reference(question, place, salient, earlier)
            if reference is not None and reference.meant:
                by_pro.setdefault(reference.pro or place, reference)
    return list(by_pro.values())[:_MOST]


def _reference(
    question: str, place: int, salient: Sequence[Mention], earlier: Sequence[Exchange]
) -> Reference | None:
    """Return what the word at a place refers to, None where it refers to nothing."""
    found = words(question)
    word = found[place].lower
    if word in _PRONOUNS:
        pro = _PRONOUNS[word]
        return _pronoun(found, place, pro, salient) if _refers(question, found, place) else None
    if word in DEMONSTRATIVES:
        return _demonstrative(question, place, salient, earlier[-1])
    if word in {"one", "ones"}:
        return _one(found, place, earlier[-1])
    return _of_list(question, place, earlier) or _definite(question, place, salient)


def _pronoun(found: Sequence[Word], place: int, pro: Pro, salient: Sequence[Mention]) -> Reference:
    word = found[place]
    meant = by_pronoun(pro, salient)
    if _is_owner(found, place):
        meant = tuple(_possessive(each) for each in meant)
    if pro is Pro.THERE:
        before = found[place - 1].lower if place else ""
        where = "" if before in PREPOSITIONS else "to " if before in MOVING else "in "
        meant = tuple(f"{where}{each}" for each in meant)
    if pro is Pro.THEN:
        meant = tuple(map(_dated, meant))
    return Reference(word.start, word.end, meant, pro)


def _refers(question: str, found: Sequence[Word], place: int) -> bool:
    """Say whether a pronoun refers to something outside its question."""
    pro = _PRONOUNS[found[place].lower]
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
        and (not phrase.is_asked or gender_of(phrase.head) == _GENDERS.get(pro))
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


def _demonstrative(
    question: str, place: int, salient: Sequence[Mention], last: Exchange
) -> Reference | None:
    """Return what "that country" or "that" alone refers to; None where it opens a clause."""
    found = words(question)
    word = found[place]
    before = found[place - 1] if place else None
    end = _end_of_nouns(question, found, place)
    if word.lower == "that" and before is not None:
        opens_clause = before.is_open and end < len(found) and found[end].text.isalnum()
        if before.lower in SUBORDINATING or opens_clause:
            return None
    if end == place + 1:
        plural = [each for each in salient if each.is_plural and word.lower in _SEVERAL]
        several = by_pronoun(Pro.THEY, plural)
        is_event = before is not None and before.lower in _SEQUENCE
        alone = by_event(last) if is_event else by_situation(last)
        return Reference(word.start, word.end, several or alone)
    nouns = [each.lower for each in found[place + 1 : end]]
    meant = called(nouns[-1], salient) or by_noun(nouns, salient)
    is_vague = not meant and kind_of_noun(nouns[-1]) is None
    if is_vague:
        meant = (*things(salient), *by_situation(last))[:_FEW]
    return Reference(word.start, found[end - 1].end, meant, is_weak=is_vague)


def _end_of_nouns(question: str, found: Sequence[Word], place: int) -> int:
    """Return the place after the nouns that a determiner at a place goes with, and no verb."""
    own = next((each for each in phrases(question) if each.start == found[place].start), None)
    end = place + 1
    while own and end < len(found) and found[end].end <= own.end:
        if is_past(found[end].text):
            break
        end += 1
    return end


def _one(found: Sequence[Word], place: int, last: Exchange) -> Reference | None:
    """Return the noun of the question before that "the one", "which one" stands for."""
    word = found[place]
    before = found[place - 1] if place else None
    after = found[place + 1] if place + 1 < len(found) else None
    points = before is not None and (before.is_open or before.lower in _POINTING_AT_ONE)
    is_number = after is not None and (after.lower == "of" or (after.is_open and not points))
    nouns = [each for each in phrases(last.question) if not each.is_name or each.determiner]
    if is_number or not nouns:
        return None
    meant = next((each for each in nouns if each.is_asked), nouns[-1])
    if meant.is_name:
        return Reference(word.start, word.end, (_bare(meant),))
    head = meant.head.removesuffix("s") if meant.is_plural and word.lower == "one" else meant.head
    return Reference(word.start, word.end, (head,))


def _bare(phrase: Phrase) -> str:
    """Return a phrase without determiners and years: what several may be called."""
    held = words(phrase.text)
    first = next(
        (i for i, each in enumerate(held) if each.is_capital and not is_time(each.lower)), 0
    )
    return phrase.text[held[first].start - held[0].start :] if held else phrase.text


def _of_list(question: str, place: int, earlier: Sequence[Exchange]) -> Reference | None:
    """Return which of the things listed before "the second one" is, or "the latter"."""
    found = words(question)
    order = found[place + 1].lower if place + 1 < len(found) else ""
    listed = next(filter(None, map(_listed, reversed(earlier))), [])
    if not listed or order not in _ORDER or _ORDER[order] >= len(listed):
        return None
    end = max(place + 2, _end_of_nouns(question, found, place))
    rest = [each.lower for each in found[end : end + 3]]
    if end > place + 2:
        heads = {each.head.removesuffix("s") for each in phrases(earlier[-1].question)}
        is_asked = found[end - 1].lower.removesuffix("s") in heads
        if not (is_asked or order in _PAIRED):
            return None
        end = end if is_asked else place + 2
    elif rest[:1] == ["one"]:
        end += 1
    elif rest[:1] == ["of"]:
        if rest[1:] not in (["the", "two"], ["the", "three"]) and rest[1:2] not in (
            ["them"],
            ["these"],
        ):
            return None
        end += 3 if rest[1] == "the" else 2
    elif rest and found[end].is_open and order not in _PAIRED and not is_past(rest[0]):
        return None
    return Reference(found[place].start, found[end - 1].end, (listed[_ORDER[order]],))


def _listed(exchange: Exchange) -> list[str]:
    """Return the things that an answer lists, or the names joined in its question."""
    items = [_LED.sub("", each) for each in _BETWEEN_ITEMS.split(exchange.answer) if each]
    if len(items) > 1:
        return items
    names = [each for each in phrases(exchange.question) if each.is_name]
    for one, other in pairwise(names):
        if exchange.question[one.end : other.start].strip() in {"and", "or"}:
            return [one.text, other.text]
    return []


def _definite(question: str, place: int, salient: Sequence[Mention]) -> Reference | None:
    """Return what "the country" may be, where nothing after it says which.

    If nothing was called so, it may be of what was spoken of: "the final" of the cup (bridging,
    Clark 1975), unless the question itself names something.
    """
    found = words(question)
    end = _end_of_nouns(question, found, place)
    after = found[end].lower if end < len(found) else ""
    if end == place + 1 or after in _RESTRICTING:
        return None
    start, stop = found[place].start, found[end - 1].end
    nouns = [each.lower for each in found[place + 1 : end]]
    if len(nouns) == 1 and (so_called := called(nouns[0], salient)):
        return Reference(start, stop, so_called)
    meant = by_noun(nouns, salient)
    if not meant and len(nouns) == 1 and nouns[0] in GROUPS:
        return Reference(start, stop, named_things(salient))
    is_owner = after in {"'s", "'"}
    if not (meant or is_owner or any(each.is_capital for each in found)):
        phrase = " ".join(each.text for each in found[place:end])
        meant = tuple(f"{phrase} of {topic}" for topic in things(salient)[:1])
        if nouns[-1] in OFFICES:
            return Reference(start, stop, meant)
    return Reference(start, stop, meant, is_weak=True)


def _dated(time: str) -> str:
    """Return "in 1990" for "1990", "on 4 May" for "4 May", and what has its preposition as it is."""
    first, *others = time.lower().split()
    if first in PREPOSITIONS:
        return time
    has_day = any(each.isdigit() and len(each) < _YEAR for each in (first, *others))
    return f"{'on' if has_day or first in WEEKDAYS else 'in'} {time}"


def _possessive(text: str) -> str:
    return f"{text}'" if text.endswith("s") and text.islower() else f"{text}'s"
