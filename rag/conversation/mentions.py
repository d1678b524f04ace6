"""Exchanges -> mentions: whom and what a conversation was about, the most salient first.

Salience is a weight for each mention by its role, summed over the exchanges, the older the less
(after Lappin and Leass 1994): what is spoken of again and again stays the topic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.conversation.entities import Mention, is_nominal, of_answer, of_text, shown
from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind
from rag.conversation.words import ARTICLES, words

_FADING = 0.6
"""What is left of a weight after each exchange."""
_SUBJECT, _OTHER, _ANSWER, _WITHIN_ANSWER = 1.0, 0.6, 0.95, 0.3
_COMMON, _ATTRIBUTE = 0.7, 0.4
"""Weight of a common noun, of that of a name; and of one like "the price of", which less often is
the topic than what it belongs to."""


def mentions(earlier: Sequence[Exchange]) -> list[Mention]:
    """Return what was mentioned in the exchanges, each once, the most salient first."""
    found: list[Mention] = []
    for age, exchange in enumerate(reversed(earlier)):
        for mention in _of_exchange(exchange):
            faded = replace(mention, weight=mention.weight * _FADING**age)
            same = next((i for i, other in enumerate(found) if _are_same(other, faded)), None)
            if same is None:
                found.append(faded)
            else:
                found[same] = _merged(found[same], faded)
    taken_up = [each for exchange in earlier for each in exchange.taken_up]
    for place, mention in enumerate(found):
        pronouns = (pronoun for pronoun, meant in taken_up if meant == shown(mention.text))
        last = (pronoun for pronoun, meant in earlier[-1].taken_up if meant == shown(mention.text))
        found[place] = replace(mention, known_as=frozenset(pronouns), last_as=frozenset(last))
    return sorted(found, key=lambda mention: -mention.weight)


def _of_exchange(exchange: Exchange) -> Iterator[Mention]:
    for place, mention in enumerate(of_text(exchange.question)):
        role = _OTHER if place else _SUBJECT
        yield replace(mention, weight=role * _aptness(mention))
    yield from _of_answer(exchange)
    yield from _together(exchange)


def _aptness(mention: Mention) -> float:
    """Return how apt a mention is to be the topic, of a name."""
    if mention.is_named:
        return 1.0
    return _ATTRIBUTE if " of " in mention.text else _COMMON


def _of_answer(exchange: Exchange) -> Iterator[Mention]:
    answer = exchange.answer
    if is_nominal(answer):
        whole = of_answer(exchange)
        is_plain = answer.islower() and not (whole.is_plural or words(answer)[0].lower in ARTICLES)
        yield replace(whole, weight=_OTHER if is_plain else _ANSWER)
    inner = list(of_text(answer))
    if len(inner) > 1 or not is_nominal(answer):
        for mention in inner:
            yield replace(mention, weight=_WITHIN_ANSWER)


def _together(exchange: Exchange) -> Iterator[Mention]:
    """Yield those who are named side by side, or one in the question and one in the answer."""
    asked = [each for each in of_text(exchange.question) if each.is_named]
    for one, other in pairwise(asked):
        if f"{one.text} and {other.text}" in exchange.question:
            yield _both(one, other, Kind.THING, _SUBJECT)
    answers = [each for each in _of_answer(exchange) if each.kind is Kind.PERSON and each.is_named]
    is_person = asked and asked[0].kind in {Kind.PERSON, Kind.NAME} and not asked[0].is_neuter
    if len(answers) == 1 and is_person:
        yield _both(asked[0], answers[0], Kind.PERSON, _OTHER)


def _both(one: Mention, other: Mention, kind: Kind, weight: float) -> Mention:
    text = f"{one.text} and {other.text}"
    return Mention(text, kind, one.words + other.words, is_plural=True, weight=weight)


def _are_same(one: Mention, other: Mention) -> bool:
    """Say whether two mentions are of the same: a name may be given in part."""
    if one.is_plural != other.is_plural or not one.words or not other.words:
        return one.text.lower() == other.text.lower()
    if one.is_named and other.is_named:
        return {*one.words} <= {*other.words} or {*other.words} <= {*one.words}
    return one.words == other.words


def _merged(newer: Mention, older: Mention) -> Mention:
    fuller = older if len(older.words) > len(newer.words) else newer
    return replace(
        fuller,
        called=newer.called or older.called,
        kind=newer.kind if older.kind in {Kind.NAME, Kind.THING} else older.kind,
        gender=newer.gender or older.gender,
        weight=newer.weight + older.weight,
    )
