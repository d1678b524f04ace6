"""Text -> words, and the closed classes of English that reference and ellipsis turn on."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.question import MEASURES

_WORD = re.compile(
    r"(?:[A-Z]\.){2,}|[A-Z]\.(?=\s?[A-Z])|['’]s\b|\w+(?:[-.&/]\w+|['’](?!s\b)\w+)*|[^\w\s]"
)


COURTESY = (
    r"(?:(?:ok|okay|thanks|thank you|interesting|great|good|nice|cool|right|i see|hm+)[.!,;]+\s*)*"
)
"""What is said of an answer before the next question, as a regular expression."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DO = _set("do does did")
MODALS = _set("can could may might must shall should will would")
HAVE = _set("has have had")
BE = _set("am is are was were be been being")
AUXILIARIES = DO | MODALS | HAVE | BE | _set("don't doesn't didn't isn't wasn't won't can't")
QUESTION_WORDS = _set("who whom whose what which when where why how")
INTERROGATIVE_DETERMINERS = _set("which what whose")
PREPOSITIONS = _set(
    "about above across after against along among around as at before behind below between by "
    "during for from in inside into near of off on onto out over since through to toward towards "
    "under until up upon with within without"
)
ARTICLES = _set("a an the")
DEMONSTRATIVES = _set("this that these those")
POSSESSIVES = _set("my your his her its our their")
QUANTIFIERS = _set(
    "all another any both each either every few many more most much neither no other several some "
    "such two three four five six seven eight nine ten first second third last next"
)
DETERMINERS = ARTICLES | DEMONSTRATIVES | POSSESSIVES | QUANTIFIERS
PRONOUNS = _set(
    "i you he she it we they me him us them mine yours hers ours theirs himself herself itself "
    "themselves one ones someone anyone everyone something anything everything nothing nobody "
    "there here"
)
LINKING = _set(
    "and or but nor so if because while although though than then also too not n't ever else just "
    "only still again even yet never always often now already worth please maybe yes besides "
    "according despite except unlike compared recently currently originally initially ask tell "
    "describe explain"
)
CLOSED = (AUXILIARIES | QUESTION_WORDS | PREPOSITIONS | DETERMINERS | PRONOUNS | LINKING) - _set(
    "first second third last next"
)

PLACES = _set(
    "area capital city continent country island kingdom nation place province region republic "
    "state territory town village"
)
PEOPLE = _set(
    "actor actress analyst architect artist athlete author boxer boy candidate captain chairman "
    "champion chancellor chief coach comedian composer critic dancer defender designer director "
    "doctor driver economist editor emperor engineer expert footballer founder girl governor king "
    "journalist judge lawyer leader man manager mayor minister musician novelist officer official "
    "owner painter person philosopher pilot player poet politician premier president prince "
    "princess producer queen scientist secretary senator singer soldier spokesman spokeswoman "
    "spokesperson winner woman writer"
)
OFFICES = _set(
    "ambassador captain chairman chairwoman chancellor chief coach commander director editor "
    "emperor executive governor head king leader manager mayor minister premier president queen "
    "secretary owner senator spokesman spokesperson spokeswoman"
)
"""What somebody is of a country, a firm or a team, which is no person itself."""
BODIES = _set(
    "club co corp corporation council fund ltd plc trust academy agency airline army association "
    "authority bank board bureau college commission committee community company congress court "
    "department federation foundation government group hospital inc institute institution league "
    "ltd ministry museum office organisation organization parliament party police school senate "
    "society team tribunal union university"
)
"""Nouns that end the names of what is no person."""
GROUPS = _set("band choir club company crew family firm gang group orchestra squad team tribe")
"""Nouns of several who are one, and whom a name tells."""
MONTHS = _set(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
WEEKDAYS = _set("monday tuesday wednesday thursday friday saturday sunday")
DIRECTIONS = _set(
    "north south east west northeast northwest southeast southwest north-east north-west "
    "south-east south-west"
)
_PERIODS = _set(
    "century centuries date day days decade decades era month months morning night period season "
    "time week weeks year years"
)
TIMES = MONTHS | WEEKDAYS | _PERIODS
MALE = _set(
    "mr king prince sir emperor lord father son brother husband uncle nephew grandfather man boy "
    "spokesman chairman businessman duke widower"
)
FEMALE = _set(
    "ms mrs miss queen princess lady mother daughter sister wife empress aunt niece grandmother "
    "woman girl spokeswoman chairwoman businesswoman duchess widow actress heroine"
)
PARTICLES = _set("von van der den de du la le del della di da dos bin ibn al el ter ten")
"""Small words within names, as in "Vincent van Gogh"."""
TITLES = MALE | FEMALE | PEOPLE | _set("dr prof professor")
AMOUNTS = _set("age amount cost fraction number percentage price proportion rate share sum")

_IRREGULAR = _set(
    "beat become began begun bought brought built came caught chose chosen came cut did done drawn "
    "drew driven drove eaten fell fallen felt flew flown fought found gave given gone got grew "
    "grown held heard hidden hit hurt kept knew known laid led left lent let lost made meant met "
    "overtaken overthrown overtook paid put ran ridden risen rose said sang saw seen sent set shot "
    "shown sold sought spent spoke "
    "spoken stood struck stolen sung sworn taken taught thought threw thrown told took understood "
    "went won wore worn written wrote born broke broken"
)
_NOUNS_TOO = _set("cut fall felt hit left let lead led put read rose run saw set shot thought")
_ADJECTIVES = _set("bed hundred naked red sacred wicked")
_NAMES_TOO = _set("rose cut hit put led let set shot read run said")
_REMEMBERED = 512
"""Texts whose words are remembered: a conversation is gone through again and again."""
SUBORDINATING = _set(
    "say says said claim claimed believe believed suggest suggested think thought mean means meant "
    "know knew true possible announce announced report reported state stated so now ensure "
    "anything something everything nothing anyone someone everyone those one ones all"
)
"""Words after which "that" opens a clause."""
SMALL_TALK = _set(
    "bye cool describe explain fine give good great hello hey hi list name nice ok okay please "
    "right say show sure tell thank thanks"
)
"""What opens a turn that is an order or no question at all."""
OPENING_CLAUSES = _set(
    "that when while because if before after and but where since as than so how why whether until "
    "which who although though once , ;"
)
"""Words before the subject of a further clause."""
MOVING = _set("come coming go going gone move moved travel travelled went")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark of a text, and its place there."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Return the word in lower case, its apostrophes straight."""
        return self.text.lower().replace("’", "'")

    @property
    def is_open(self) -> bool:
        """Whether it is a noun, verb, adjective, name or number, not a function word."""
        is_month = self.text == "May" and self.start > 0
        return self.text[0].isalnum() and (is_month or self.lower not in CLOSED)

    @property
    def is_capital(self) -> bool:
        """Whether it is written with a capital, as names are, and is no function word."""
        is_inner = self.text[0].islower() and not self.text.islower()  # as in "al-Biruni", "eBay"
        return (self.text[0].isupper() or is_inner) and self.is_open

    @property
    def is_lower(self) -> bool:
        """Whether it is written in small letters, as no name or number is."""
        return self.text.islower()

    @property
    def is_possessive(self) -> bool:
        """Whether it is the mark of a possessor, as "'s" is."""
        return self.lower in {"'s", "'"}


@lru_cache(_REMEMBERED)
def words(text: str) -> tuple[Word, ...]:
    """Return the words and marks of a text, in order; "'s" is one of its own."""
    return tuple(Word(each.group(), each.start(), each.end()) for each in _WORD.finditer(text))


def is_verb_form(word: str) -> bool:
    """Say whether a word looks like a past tense, a participle or a gerund; no name does."""
    if not word.islower():
        return word.lower() in _IRREGULAR and word.lower() not in _NAMES_TOO
    return is_past(word) or word in _IRREGULAR or bool(re.fullmatch(r".*[aeiouy].*ing", word))


def is_past(word: str) -> bool:
    """Say whether a word looks like a past tense or participle, and like no noun."""
    if word in _IRREGULAR:
        return word not in _NOUNS_TOO
    return bool(re.fullmatch(r".*[^e]ed", word)) and word not in _ADJECTIVES


def is_time(word: str) -> bool:
    """Say whether a lower-case word names a time: a month, a weekday, a year."""
    return word in TIMES or bool(re.fullmatch(r"(?:1\d|20)\d\d(?:'?s)?", word))


def asks_with_more(word: str, after: str) -> bool:
    """Say whether a question word asks together with the words after it: "which day", "how far"."""
    return word in INTERROGATIVE_DETERMINERS or (word == "how" and after in MEASURES)
