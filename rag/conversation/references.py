"""What a question refers back with, and what may be meant: pronouns, "that country", "the one"."""

from collections.abc import Sequence

from rag.conversation.antecedents import Pro, Reference
from rag.conversation.descriptions import definite, demonstrative, of_list, one
from rag.conversation.entities import Mention
from rag.conversation.history import Exchange
from rag.conversation.mentions import mentions
from rag.conversation.pronouns import PRONOUNS, pronoun
from rag.conversation.words import DEMONSTRATIVES, words

_REFERRING = DEMONSTRATIVES | {"one", "ones", "the", *PRONOUNS}
_MOST = 4
"""References of a question that are resolved."""


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
    word = words(question)[place].lower
    if word in PRONOUNS:
        return pronoun(question, place, salient)
    if word in DEMONSTRATIVES:
        return demonstrative(question, place, salient, earlier[-1])
    if word in {"one", "ones"}:
        return one(question, place, earlier[-1])
    return of_list(question, place, earlier) or definite(question, place, salient)
