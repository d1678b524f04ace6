"""Descriptions x mentions -> what "that country" is, "the one", "the latter" or "the final"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.conversation.antecedents import (
    Pro,
    Reference,
    Strength,
    by_event,
    by_noun,
    by_pronoun,
    by_situation,
    called,
    named_things,
    things,
)
from rag.conversation.entities import Mention
from rag.conversation.history import Exchange
from rag.conversation.kinds import kind_of_noun
from rag.conversation.phrases import Phrase, phrases
from rag.conversation.words import (
    GROUPS,
    OFFICES,
    PREPOSITIONS,
    SUBORDINATING,
    Word,
    is_past,
    is_time,
    words,
)

_SEVERAL = frozenset({"these", "those"})
_SEQUENCE = frozenset({"after", "before", "since"})
_POINTING_AT_ONE = frozenset({"the", "which", "that", "this"})
_RESTRICTING = PREPOSITIONS - {"as", "to"} | {"that", "which", "who", "whose"}
_ORDER = {
    **{"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3},
    **{"last": -1, "latter": -1},
}
_PAIRED = frozenset({"former", "latter"})
_CLOSING = re.compile(r"one\b|of (?:them|these|the (?:two|three|four))\b")
_BETWEEN_ITEMS = re.compile(r",\s+(?:(?:and|or)\s+)?|\s+(?:and|or)\s+")
_LED = re.compile(r"^(?:by|with|in|at|on|to|for|from)\s+(?:\w+ing\s+)?")
_FEW = 3


def demonstrative(
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
    strength = Strength.POSSIBLE if is_vague else Strength.SURE
    return Reference(word.start, found[end - 1].end, meant, strength=strength)


def _end_of_nouns(question: str, found: Sequence[Word], place: int) -> int:
    """Return the place after the nouns that a determiner at a place goes with, and no verb."""
    own = next((each for each in phrases(question) if each.start == found[place].start), None)
    end = place + 1
    while own and end < len(found) and found[end].end <= own.end:
        if is_past(found[end].text):
            break
        end += 1
    return end


def one(question: str, place: int, last: Exchange) -> Reference | None:
    """Return the noun of the question before that "the one", "which one" stands for."""
    found = words(question)
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


def of_list(question: str, place: int, earlier: Sequence[Exchange]) -> Reference | None:
    """Return which of the things listed before "the second one" is, or "the latter"."""
    found = words(question)
    order = found[place + 1].lower if place + 1 < len(found) else ""
    listed = next(filter(None, map(_listed, reversed(earlier))), [])
    if not listed or order not in _ORDER or _ORDER[order] >= len(listed):
        return None
    end = _end_of_order(question, place, earlier[-1])
    if end is None:
        return None
    return Reference(found[place].start, found[end - 1].end, (listed[_ORDER[order]],))


def _end_of_order(question: str, place: int, last: Exchange) -> int | None:
    """Return the place after "the second method" or "the second of them", None if it is of others.

    Methods were asked for; "the latter" may stand before what belongs to it: "the latter's size".
    """
    found = words(question)
    is_paired = found[place + 1].lower in _PAIRED
    end, alone = _end_of_nouns(question, found, place), place + 2
    if end > alone:
        asked = {each.head.removesuffix("s") for each in phrases(last.question)}
        is_asked = found[end - 1].lower.removesuffix("s") in asked
        return end if is_asked else alone if is_paired else None
    after = " ".join(each.lower for each in found[alone : alone + 3])
    if closing := _CLOSING.match(after):
        return alone + len(closing[0].split())
    is_other = alone < len(found) and found[alone].is_open and not is_past(found[alone].text)
    return None if is_other and not is_paired else alone


def _listed(exchange: Exchange) -> list[str]:
    """Return the things that an answer lists, or the names joined in its question."""
    items = [_LED.sub("", each) for each in _BETWEEN_ITEMS.split(exchange.answer) if each]
    if len(items) > 1:
        return items
    names = [each for each in phrases(exchange.question) if each.is_name]
    for former, latter in pairwise(names):
        if exchange.question[former.end : latter.start].strip() in {"and", "or"}:
            return [former.text, latter.text]
    return []


def definite(question: str, place: int, salient: Sequence[Mention]) -> Reference | None:
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
        return Reference(start, stop, named_things(salient), strength=Strength.LIKELY)
    is_owner = after in {"'s", "'"}
    if not (meant or is_owner or any(each.is_capital for each in found)):
        phrase = " ".join(each.text for each in found[place:end])
        meant = tuple(f"{phrase} of {topic}" for topic in things(salient)[:1])
        if nouns[-1] in OFFICES:
            return Reference(start, stop, meant, strength=Strength.LIKELY)
    return Reference(start, stop, meant, strength=Strength.POSSIBLE)
