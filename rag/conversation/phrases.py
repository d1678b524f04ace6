"""Text -> noun phrases, by simple rules: runs of open-class words without their verbs.

No part of speech is looked up: closed-class words, capitals, endings and the order of words in an
English question tell enough.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from rag.conversation.words import (
    ARTICLES,
    AUXILIARIES,
    BE,
    DEMONSTRATIVES,
    DETERMINERS,
    DO,
    INTERROGATIVE_DETERMINERS,
    MODALS,
    MONTHS,
    PARTICLES,
    PREPOSITIONS,
    QUANTIFIERS,
    TITLES,
    Word,
    is_past,
    is_time,
    is_verb_form,
    words,
)

_ASKING = INTERROGATIVE_DETERMINERS | {"how", "many", "much"}
POSSESSED = frozenset({"'s", "’s", "'", "’"})
"""What stands between an owner and what it owns."""
_KINDS = ("kind", "kinds", "sort", "sorts", "type", "types")
_JOINING = frozenset({"of", "and", ",", "'s", "'"})
_QUALIFYING = frozenset({"at", "between", "for", "from", "in", "of", "on", "with"})
_LONGEST_ASKED = 3
"""Words of a subject that is asked for, as "which large firm" is."""
_ONE = frozenset({"a", "an", "this", "that", "another", "each", "every", "either", "neither"})
_REMEMBERED = 512
"""Texts whose phrases are remembered: a conversation is gone through again and again."""
_SINGULAR_ENDINGS = ("ss", "us", "is", "news")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase at ``text[start:end]``, and what its form tells.

    ``lead`` is the preposition right before it, or ""; ``determiner`` its first word if that is
    one, or ""; ``words`` are its other words in lower case. ``is_asked`` is that of "country" in
    "which country"; ``is_possessor`` that of "Japan" in "Japan's president".
    """

    text: str
    start: int
    end: int
    lead: str
    determiner: str
    words: tuple[str, ...]
    is_name: bool
    is_asked: bool
    is_possessor: bool

    @property
    def head(self) -> str:
        """Return its last word, in lower case: the noun that the others qualify."""
        return self.words[-1]

    @property
    def is_counted(self) -> bool:
        """Whether it is asked how many there are, as of "Dutch ships" in "how many Dutch ships"."""
        return self.is_asked and self.determiner == "many"

    @property
    def start_of_counted(self) -> int:
        """Return where it starts without the "many" before what is counted."""
        return self.start + len("many ") * self.is_counted

    @property
    def is_time(self) -> bool:
        """Whether it names a time, as "Dec 19" does, and "the 2018 Cup" does not."""
        if self.is_name and self.head in MONTHS and self._is_surname:
            return False
        return is_time(self.head) or all(is_time(each) or each.isdigit() for each in self.words)

    @property
    def _is_surname(self) -> bool:
        """Whether its last word follows another name, as that of "Theresa May" does."""
        before = self.text.split()[-2:-1]
        return bool(before) and before[0][0].isupper() and not is_time(before[0].lower())

    @property
    def is_plural(self) -> bool:
        """Whether it names several, by its last letter and its determiner."""
        if self.determiner in _ONE or (self.is_name and not self.determiner):
            return False
        return is_plural(self.head)


def is_plural(noun: str) -> bool:
    """Say whether a noun in lower case looks like a plural."""
    return noun.endswith("s") and not noun.endswith(_SINGULAR_ENDINGS)


@lru_cache(_REMEMBERED)
def phrases(text: str) -> tuple[Phrase, ...]:
    """Return the noun phrases of a text in order, none within another."""
    found = words(text)
    return tuple(
        _phrase(text, found, first, last)
        for start, end in _runs(found)
        for first, last in _without_verbs(found, start, end)
    )


def end_with_qualifiers(found: Sequence[Phrase], phrase: Phrase, text: str) -> int:
    """Return where a phrase of a text ends with those that qualify it: "the summit in Tokyo"."""
    end = phrase.end
    for other in found[found.index(phrase) + 1 :]:
        between = text[end : other.start].split()
        is_owned = end > phrase.end and len(between) == 1 and between[0] in POSSESSED
        is_next = between == [other.lead] and other.lead in _QUALIFYING and not other.is_time
        if not (is_owned or is_next):
            break
        end = other.end
    return end


def end_of_name(found: Sequence[Phrase], phrase: Phrase, text: str) -> int:
    """Return where a name of a text ends with the name that belongs to it: "Diet of Worms"."""
    other = next(iter(found[found.index(phrase) + 1 :]), None)
    if not phrase.is_name or other is None or not other.is_name:
        return phrase.end
    between = text[phrase.end : other.start].split()
    is_joined = between == ["of"] and other.determiner in {"", "the"} and not phrase.is_time
    return other.end if is_joined else phrase.end


def _runs(found: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each run of determiners and then open-class words."""
    place = 0
    while place < len(found):
        end = start = place
        while end < len(found) and found[end].lower in DETERMINERS:
            end += 1
        if end - start == 1 and found[start].lower == "that" and _is_name(found, end):
            start = end  # it opens a clause: "the city that Ann left"
        if end - start > 1 and found[start].lower in DEMONSTRATIVES:
            start += found[start + 1].lower in ARTICLES  # it stands alone: "is this the first one"
        first = end
        while end < len(found) and (found[end].is_open or _goes_on_as_name(found, end)):
            end += 1
        if end > first:
            yield start, end
        place = max(end, place + 1)


def _is_name(found: Sequence[Word], place: int) -> bool:
    return place < len(found) and found[place].is_capital


def _goes_on_as_name(found: Sequence[Word], place: int) -> bool:
    """Say whether a function word is part of a name, as that in "Doctor Who" is."""
    return found[place].text[0].isupper() and place > 0 and found[place - 1].is_capital


def _without_verbs(found: Sequence[Word], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of what a run holds beside its verb: a subject, an object, or both."""
    verb = _verb(found, start, end)
    for first, last in ((start, verb), (verb + 1, end)):
        if any(word.is_open for word in found[first:last]):
            yield first, last


def _verb(found: Sequence[Word], start: int, end: int) -> int:
    """Return the place of the verb in a run, or ``end`` where there is none to be told.

    Where it stands depends on what stands before the run: in "did Ann visit Rome" it follows the
    name, in "did the firm buy land" and "which firm bought Rome" it precedes the name or ends the
    run, in "is the firm buying land" and "Ann bought land" it shows by its form, and in "who will
    buy land" it comes first.
    """
    first = next(i for i in range(start, end) if found[i].is_open)
    later = range(first + 1, end)
    forms = [i for i in range(first, end) if is_verb_form(found[i].text)]
    after_name = [i for i in later if found[i - 1].is_capital and not _goes_on(found, i)]
    before_name = [i for i in range(first, end - 1) if _leads_to_name(found, i)]
    auxiliary = _auxiliary_before(found, start, end)
    if auxiliary in MODALS and first == start and _is_asked_who(found, start):
        places = [first]
    elif auxiliary in DO | MODALS and _is_followed_by(found, end, BE):
        places = []
    elif auxiliary in DO | MODALS:
        places = after_name if found[first].is_capital else _base_form(found, start, end)
    elif auxiliary:
        predicates = after_name if found[start].is_capital else []
        places = sorted({i for i in forms if i > first or first == start} | {*predicates})
    elif found[start - 1].lower == "what" and start and is_past(found[start].text):
        places = [start]
    elif _is_asked(found, start) and not _is_followed_by(found, end, AUXILIARIES):
        is_counted = found[start].lower == "many" and is_plural(found[end - 1].lower)
        last = [] if is_counted else [*later[-1:]]
        places = [i for i in forms + before_name if i > first] or last
    elif first == start and not _is_asked(found, start):
        places = before_name or [i for i in forms if i == first or found[first].is_capital]
    else:
        ends = [end - 1] if is_past(found[end - 1].text) and end - 1 > first else []
        places = [i for i in forms if i in after_name] or ends
    return next(iter(places), end)


def _goes_on(found: Sequence[Word], place: int) -> bool:
    """Say whether a word after a name is part of it, by its capital or as "van" before one."""
    while place < len(found) - 1 and found[place].lower in PARTICLES:
        place += 1
    return found[place].text[0].isupper()


def _is_asked_who(found: Sequence[Word], start: int) -> bool:
    """Say whether the subject of "will" before a run is asked for, and no run is the subject."""
    is_verb = found[start].is_lower and not is_plural(found[start].lower)
    auxiliary = start - 1
    before = [word.lower for word in found[max(0, auxiliary - _LONGEST_ASKED) : auxiliary]]
    return is_verb and (before[-1:] == ["who"] or not INTERROGATIVE_DETERMINERS.isdisjoint(before))


def _base_form(found: Sequence[Word], start: int, end: int) -> list[int]:
    """Return the place of the verb after a subject in small letters, as in "did the firm buy".

    It follows a plural without determiner, else precedes a name or a plural, or ends the run.
    """
    first = next(i for i in range(start, end) if found[i].is_open)
    later = range(first + 1, end)
    if first == start and is_plural(found[first].lower):
        return [*later[:1]]
    before_name = [i for i in later[:-1] if _leads_to_name(found, i)]
    takes_place = found[end - 1].lower == "place"
    has_object = len(later) > 1 and (takes_place or is_plural(found[end - 1].lower))
    return before_name or [i - has_object for i in later[-1:]]


def _leads_to_name(found: Sequence[Word], place: int) -> bool:
    word = found[place]
    is_part = word.text in TITLES or word.text in PARTICLES
    return word.is_lower and not is_part and not found[place + 1].is_lower


def _auxiliary_before(found: Sequence[Word], start: int, end: int) -> str:
    """Return the auxiliary before the subject that this run is the end of, or ""."""
    if _is_followed_by(found, end, _JOINING):
        return ""
    joining = _JOINING | PREPOSITIONS if found[start].is_capital else _JOINING
    place = start - 1
    while place > 0 and found[place].lower in joining:
        place -= 1
        while place > 0 and (found[place].is_open or found[place].lower in DETERMINERS):
            place -= 1
    return found[place].lower if place >= 0 and found[place].lower in AUXILIARIES else ""


def _is_asked(found: Sequence[Word], start: int) -> bool:
    return start > 0 and found[start - 1].lower in _ASKING


def _is_followed_by(found: Sequence[Word], end: int, among: Set[str]) -> bool:
    return end < len(found) and found[end].lower in among


def _is_kind_asked(found: Sequence[Word], place: int) -> bool:
    """Say whether "what kind of" stands before a place: what it is a kind of is asked for too."""
    before = [word.lower for word in found[max(0, place - 3) : place]]
    return before[1:] in [[kind, "of"] for kind in _KINDS] and before[0] in _ASKING


def _ends_as_name(inner: Sequence[Word]) -> bool:
    """Say whether the last word is a name's: "British users" are none, "Apollo 11" is one."""
    last = inner[-1]
    after_capital = len(inner) > 1 and inner[-2].is_capital
    return last.is_capital or (after_capital and not last.is_lower)


def _phrase(text: str, found: Sequence[Word], first: int, last: int) -> Phrase:
    before = found[first - 1].lower if first else ""
    after = found[last].lower if last < len(found) else ""
    inner = found[first:last]
    determined = inner[0].lower in DETERMINERS
    content = [word for word in inner if word.lower not in DETERMINERS - QUANTIFIERS]
    return Phrase(
        text=text[inner[0].start : inner[-1].end],
        start=inner[0].start,
        end=inner[-1].end,
        lead=before if before in PREPOSITIONS else "",
        determiner=inner[0].lower if determined else "",
        words=tuple(word.lower for word in content),
        is_name=_ends_as_name(inner),
        is_asked=before in _ASKING or _is_kind_asked(found, first),
        is_possessor=after == "'s" or (after == "'" and inner[-1].lower.endswith("s")),
    )
