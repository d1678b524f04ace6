"""Question and history -> readings of the question that need no history, the likeliest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.conversation.antecedents import Reference, Strength
from rag.conversation.ellipsis import completions
from rag.conversation.history import Exchange, exchanges
from rag.conversation.references import references
from rag.conversation.restoring import with_event, with_subject
from rag.types import Turn

_MOST = 4
"""Readings of a question, itself among them."""
_LONGEST = 400
"""Code points of a question that may leave something out: longer ones tell what they are about."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question may ask in full; ``taken_up`` says what its pronouns then stand for."""

    text: str
    taken_up: tuple[tuple[str, str], ...] = ()


def rewrites(question: str, history: Sequence[Turn]) -> list[str]:
    """Return the readings of a question, the likeliest first.

    The question itself is among them where it may mean itself, and alone where it needs no history
    or nothing there fits.
    """
    if len(question) > _LONGEST:
        return [question]
    told: list[Exchange] = []
    for exchange in exchanges(history):
        first = _understood(with_subject(exchange.question), told)[0]
        told.append(replace(exchange, question=first.text, taken_up=first.taken_up))
    return [reading.text for reading in _readings(question, told)]


def _readings(question: str, told: Sequence[Exchange]) -> list[Reading]:
    raw = Reading(question)
    if not told or not question:
        return [raw]
    whole = with_subject(question)
    fuller = with_event(whole, told[-1])
    if fuller == question:
        return _understood(question, told)
    likely = [_understood(fuller, told)[0], *_understood(whole, told)]
    kept = {each.text: each for each in likely if each.text not in {whole, question}}
    return list(kept.values())[:_MOST] or [raw]


def _understood(question: str, told: Sequence[Exchange]) -> list[Reading]:
    """Return the readings of a question that says what it asks and when, or of a part of one."""
    raw = Reading(question)
    if not told or not question:
        return [raw]
    found = references(question, told)
    taken = [each for each in found if each.strength is not Strength.POSSIBLE]
    first = _replaced(question, taken)
    whole = [Reading(each, first.taken_up) for each in completions(first.text, told[-1])]
    if whole:
        likely = [*whole, first]
    else:  # "When was it?" may ask of a thing, or of all that was said
        pointing = [Reading(each) for each in completions(question, told[-1])]
        possible = [each for each in found if each.strength is Strength.POSSIBLE]
        likely = [*pointing, first, *_others(question, taken, possible)]
    kept = list({each.text: each for each in likely if each.text != question}.values())
    if likely[0] == raw:
        return [raw, *kept[: _MOST - 1]]
    is_itself = bool(taken) and all(each.strength is Strength.LIKELY for each in taken)
    return [*kept[: _MOST - 1], raw] if is_itself and not whole else kept[:_MOST]


def _others(
    question: str, taken: Sequence[Reference], possible: Sequence[Reference]
) -> Iterator[Reading]:
    """Yield the question with one reference less likely meant, or a possible one replaced."""
    for number in range(_MOST - 1):
        for reference in possible:
            if number < len(reference.meant):
                other = replace(reference, meant=reference.meant[number:])
                yield _replaced(question, [*taken, other])
    for number in range(1, _MOST):
        for place, reference in enumerate(taken):
            if number < len(reference.meant):
                less_likely = replace(reference, meant=reference.meant[number:])
                yield _replaced(question, [*taken[:place], less_likely, *taken[place + 1 :]])


def _replaced(question: str, found: Sequence[Reference]) -> Reading:
    """Return the question with the likeliest meant in place of each reference."""
    text = question
    for reference in sorted(found, key=lambda each: -each.start):
        meant = reference.meant[0]
        if reference.start == 0:
            meant = meant[0].upper() + meant[1:]
        text = text[: reference.start] + meant + text[reference.end :]
    taken_up = ((each.pro, each.meant[0].removesuffix("'s")) for each in found if each.pro)
    return Reading(text, tuple((str(pro), meant) for pro, meant in taken_up))
