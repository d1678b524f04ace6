"""Examples -> examples asked in other words, since people rarely ask in those of the text.

Questions of reading sets are written with the paragraph in view, and share its words; a reader
that learned from nothing else leans on them. So a share of the questions is asked anew: with other
words for those of the text (synonyms, or none), as keywords, or with typing errors.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from rag.training.examples import Example
from rag.training.synonyms import Synonyms

_REWORDED = 0.5
_SHARED = 0.5
"""Share of the words that question and text share which are said otherwise."""
_MISTYPED = 2
"""Slips of the finger at most."""
_LONG = 4
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FUNCTION_WORDS = """
a an and are as at be been by can could did do does for from had has have he her his how i if in
into is it its may me of on or our she should than that the their them then there these they this
those to was we were what when where which who whom whose why will with would you your not no
never first last
"""
_PLAIN = frozenset(_FUNCTION_WORDS.split())
_UNTYPED = _PLAIN - {"how", "when", "where", "which", "who", "why", "not", "no", "never"}
_LITERAL = frozenset({"changed"})
"""Kinds of example whose words decide whether they have an answer."""


@dataclass(frozen=True, slots=True)
class Rewording:
    """Asks anew a share of the questions.

    A question that people wrote to be unanswerable, or that was changed into one, turns on a
    single word: it only ever gets typing errors.
    """

    synonyms: Synonyms

    def __call__(self, example: Example, random: Random) -> Example:
        """Return the example, in half of all cases asked in other words or with errors."""
        if random.random() >= _REWORDED:
            return example
        ways: list[Callable[[Example, Random], str]] = [mistyped]
        if example.kind not in _LITERAL and (example.spans or example.kind != "asked"):
            ways = [self.otherwise, self.otherwise, mistyped, keywords]
        question = random.choice(ways)(example, random)
        return replace(example, question=question) if _WORD.search(question) else example

    def otherwise(self, example: Example, random: Random) -> str:
        """Return the question with half of the words that the text has too replaced or left out."""
        held = {word.casefold() for word in _WORD.findall(example.text)}

        def said(match: re.Match[str]) -> str:
            word = match.group()
            if not word.islower() or word in _PLAIN or word not in held:
                return word
            if random.random() >= _SHARED:
                return word
            return random.choice((*self.synonyms.of(word), ""))

        return " ".join(_WORD.sub(said, example.question).split())


def keywords(example: Example, random: Random) -> str:
    """Return the question as one types it into a search box."""
    words = example.question.rstrip("?. ").split()
    kept = " ".join(word for word in words if word.lower() not in _UNTYPED)
    return random.choice((kept, kept.lower()))


def mistyped(example: Example, random: Random) -> str:
    """Return the question typed in haste: in lower case, or with one or two slips of the finger."""
    question = random.choice((example.question, example.question.lower().rstrip("?")))
    for _ in range(random.randrange(_MISTYPED + 1)):
        long = [match for match in _WORD.finditer(question) if len(match.group()) >= _LONG]
        if long:
            word = random.choice(long)
            slip = _slip(word.group(), random)
            question = question[: word.start()] + slip + question[word.end() :]
    return question


def _slip(word: str, random: Random) -> str:
    """Return a word with two letters swapped, one left out, or one typed twice; not the first."""
    at = random.randrange(1, len(word) - 1)
    return random.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
        )
    )
