"""Text -> entities: whom and what it names or describes, as far as its words and form tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.conversation.history import Exchange
from rag.conversation.kinds import Kind, asked_for, gender_of, kind_of_noun
from rag.conversation.phrases import (
    POSSESSED,
    Phrase,
    end_of_name,
    end_with_qualifiers,
    is_plural,
    phrases,
)
from rag.conversation.words import (
    ARTICLES,
    AUXILIARIES,
    BODIES,
    DEMONSTRATIVES,
    DETERMINERS,
    OFFICES,
    PLACES,
    POSSESSIVES,
    QUANTIFIERS,
    TITLES,
    is_verb_form,
    words,
)

_LONGEST = 12
"""Words of an answer that is a mention as a whole."""
_COUNTED = 2
"""Words of "many councillors", which are too few to tell who they are."""
_MOST = 16
"""Phrases of a text that are considered."""
_LONGEST_MENTION = 120
"""Code points of a mention."""
_CURRENCIES = "£$€¥"
_WHEREABOUTS = frozenset({"in", "at", "to", "from", "into"})
_VAGUE = POSSESSIVES | DEMONSTRATIVES | (QUANTIFIERS - frozenset({"both"}))
"""Determiners of what is not definite enough to be taken up, or refers back itself."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody or something spoken of; ``words`` are those of its name, or its noun phrase.

    ``gender`` is "male", "female", "neuter" or ""; ``is_named`` says whether its words are a name;
    ``known_as`` are the pronouns that it was taken up with, ``last_as`` those in the last question;
    ``called`` is the noun of the "which" or "what" that it answered, or "".
    """

    text: str
    kind: Kind
    words: tuple[str, ...]
    is_plural: bool = False
    gender: str = ""
    is_named: bool = False
    known_as: frozenset[str] = frozenset()
    last_as: frozenset[str] = frozenset()
    called: str = ""
    weight: float = 0.0

    @property
    def is_neuter(self) -> bool:
        """Whether it is known to be no person."""
        return self.gender == "neuter"


def shown(text: str) -> str:
    """Return a mention as it stands within a sentence: a summit, once mentioned, is the summit."""
    first, _, rest = text.partition(" ")
    if first.lower() in {"a", "an"} and rest:
        return f"the {rest}"
    return f"{first.lower()} {rest}" if first.lower() in DETERMINERS and rest else text


def is_nominal(answer: str) -> bool:
    """Say whether an answer is a noun phrase, not a clause: it can stand for a pronoun."""
    held = words(answer)
    found = phrases(answer)
    if (
        not found
        or answer[: found[0].start].strip(_CURRENCIES)
        or len(held) > _LONGEST
        or len(answer) > _LONGEST_MENTION
    ):
        return False
    first = found[0]
    after = next((word.text for word in held if word.start >= first.end), "")
    is_word = _is_bare(first) and len(first.words) == 1 and first.text.isalpha()
    is_order = is_word and after in DETERMINERS
    has_verb = is_verb_form(after) or any(word.lower in AUXILIARIES for word in held)
    return not (is_order or has_verb)


def of_text(text: str) -> Iterator[Mention]:
    """Yield what a text speaks of, in order; what is vague or asked for is passed over."""
    found = phrases(text)[:_MOST]
    is_small = text.islower()  # then no name shows as one
    owner: Phrase | None = None
    for phrase in found:
        is_owned = owner and text[owner.end : phrase.start].strip() in POSSESSED
        told = _before_name(phrase)
        start = owner.start if owner and is_owned else phrase.start_of_counted + len(told)
        owner = phrase if phrase.is_possessor else None
        is_told = is_owned or _is_marked(phrase, text, may_be_name=is_small)
        is_passed = phrase.is_asked or not is_told or _is_vague(phrase)
        if is_passed and not (phrase.is_counted and len(phrase.words) > _COUNTED):
            continue
        is_bare_name = phrase.is_name and not phrase.determiner
        whole = end_of_name if is_bare_name else end_with_qualifiers
        end = whole(found, phrase, text)
        if end - start <= _LONGEST_MENTION:
            kind = _kind_of(phrase, may_be_name=is_small and _is_bare(phrase))
            if told:
                kind = kind_of_noun(told.split()[-1]) or Kind.NAME
            made = _mention(text[start:end], kind)
            is_no_person = phrase.head in BODIES or _has_officer(found, phrase)
            yield replace(
                made,
                gender="neuter" if phrase.is_name and is_no_person else made.gender,
                is_plural=phrase.is_plural,
                is_named=phrase.is_name,
                words=made.words if phrase.is_name else phrase.words,
            )


def _before_name(phrase: Phrase) -> str:
    """Return what stands before the name in "the footballer Bosman", "" where nothing does."""
    held = words(phrase.text)
    names = [each.is_capital for each in held]
    first = names.index(True) if phrase.is_name and any(names) else 0
    said = [each.lower for each in held[:first] if each.is_open and not each.text.isdigit()]
    is_apposed = {*said} - QUANTIFIERS and phrase.determiner in ARTICLES and not phrase.is_plural
    return phrase.text[: held[first].start] if is_apposed else ""


def _has_officer(found: Sequence[Phrase], phrase: Phrase) -> bool:
    """Say whether somebody is the president, or the like, of what a phrase names."""
    place = found.index(phrase)
    officer = found[place + 1 :][:1] if phrase.is_possessor else ()
    if phrase.lead == "of":
        officer = found[:place][-1:]
    return any(each.head in OFFICES for each in officer)


def _is_bare(phrase: Phrase) -> bool:
    return not (phrase.is_name or phrase.determiner or phrase.is_plural)


def _is_marked(phrase: Phrase, text: str, *, may_be_name: bool) -> bool:
    """Say whether a phrase is one in all likelihood, not a verb or an adjective by itself."""
    before = {*text[: phrase.start].rsplit(maxsplit=1)[-1:]}
    if not _is_bare(phrase) or phrase.lead or len(phrase.words) > 1:
        return True
    is_predicate = bool(before & {"be", "been", "being"})  # "will it be available"
    return not is_predicate and (may_be_name or bool(before & AUXILIARIES))


def _is_vague(phrase: Phrase) -> bool:
    """Say whether a phrase, as "their price" or "the country", has to be resolved itself."""
    is_place = phrase.determiner == "the" and {*phrase.words} <= PLACES
    return phrase.determiner in _VAGUE or is_place


def _kind_of(phrase: Phrase, *, may_be_name: bool = False) -> Kind:
    if phrase.is_time:
        return Kind.TIME
    if phrase.text[0].isdigit() and not phrase.is_name:
        return Kind.NUMBER
    is_title = phrase.determiner == "the" or not phrase.text[0].isalpha()
    if (phrase.is_name and not is_title) or may_be_name:
        return Kind.PLACE if phrase.lead in _WHEREABOUTS else Kind.NAME
    return kind_of_noun(phrase.head) or Kind.THING


def _mention(text: str, kind: Kind) -> Mention:
    """Return the mention that a text as a whole is; a name is given without its titles."""
    held = words(text)
    lower = [word.lower for word in held]
    is_list = "and" in lower or "," in lower
    is_title = held[0].is_capital and held[-1].is_capital  # "King" is one, if no name by itself
    gender = next(filter(None, map(gender_of, lower[:-1] if is_title else lower)), "")
    title = max((i for i, word in enumerate(lower) if word in TITLES), default=len(held))
    is_titled = title + 1 < len(held) and held[title + 1].is_capital and not is_list
    if is_titled and kind in {Kind.NAME, Kind.PERSON, Kind.PLACE}:
        kind, held = Kind.PERSON, held[title + 1 :]
    return Mention(
        text=text[held[0].start :],
        kind=kind,
        words=tuple(word.lower for word in held if word.is_open),
        is_plural=is_list,
        gender=gender,
        is_named=any(word.is_capital for word in held) and not is_list,
    )


def of_answer(exchange: Exchange) -> Mention:
    """Return the mention that an answer is, as the question tells what of."""
    first, asked = phrases(exchange.answer)[0], asked_for(exchange.question)
    whole = _mention(exchange.answer, _kind_of(first) if asked is Kind.NAME else asked)
    heads = (each.head for each in phrases(exchange.question) if each.is_asked)
    noun = next(heads, "")
    if first.head in BODIES:
        whole = replace(whole, kind=Kind.THING, gender="neuter")
    is_several = asked is Kind.THING and len(first.words) == 1 and is_plural(first.head)
    return replace(
        whole,
        is_plural=whole.is_plural or first.is_plural or is_several,
        is_named=first.is_name and not whole.is_plural,
        gender=whole.gender or gender_of(noun),
        called=noun.removesuffix("s"),
    )
