"""Question -> the same without typing errors, as far as the collection's words tell."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from rag.index import Index, either
from rag.seams import Encoder, Floats

_ASKING = ("what", "when", "where", "which")
_SHORTEST, _LONG = 4, 8
"""Letters of a word to be mended, and of one that may have two letters wrong."""
_CONSULTED = 20
"""Passages whose words are considered, by sense and by letters each."""
_ALIKE = 0.8


class Speller:
    """Mends words that stand nowhere in an index, unless they are words all the same.

    Such are those that the encoder knows whole: it has a token for each of the common ones.
    """

    def __init__(self, index: Index, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

    def mended(self, question: str, vector: Floats) -> str:
        """Return a question, whose vector is given, with each unknown word as it was likely meant.

        That is a word that asks ("wich", "waht"), or the most similar one in passages that are near
        by sense or by letters; a word like none stays as it is.
        """
        lexical = self._index.lexical
        unknown = {
            question[span.start : span.end]: stem
            for span, stem in lexical.words(question)
            if not lexical.document_frequency(stem)
        }
        for word, stem in unknown.items():
            meant = _SLIPS.get(word.lower()) or self._alike(word, stem, vector)
            question = re.sub(rf"\b{re.escape(word)}\b", meant, question)
        return question

    def _alike(self, word: str, stem: str, vector: Floats) -> str:
        """Return the most similar word near by, or the word itself.

        Typing errors seldom fall on the first letter, and names of kin end alike ("Pakistan",
        "Tajikistan"), so only words of the same first letter are considered.
        """
        if len(word) < _SHORTEST or self._encoder.tokenizer.count(word) == 1:
            return word
        known = {w.lower(): w for w in self._near(stem, vector) if w[0].lower() == word[0].lower()}
        alike = sorted(known)
        mixed_up = [each for each in alike if sorted(each) == sorted(word.lower())]
        found = mixed_up or get_close_matches(word.lower(), alike, n=1, cutoff=_ALIKE)
        return known[found[0]] if found else word

    def _near(self, stem: str, vector: Floats) -> Iterator[str]:
        """Yield the words of the passages near by sense or by letters, in the order of those."""
        lexical = self._index.lexical
        by_sense = self._index.vectors.search(vector, _CONSULTED)
        by_letters = lexical.near(stem, distance=1 + (len(stem) >= _LONG), k=_CONSULTED)
        for ordinal in either(by_sense, by_letters).tolist():
            text = self._index.passages[ordinal].text
            yield from (text[s.start : s.end] for s, _ in lexical.words(text))


def _slips(word: str) -> Iterator[str]:
    """Yield what a slip makes of a word: a letter left out, or two of them exchanged."""
    for place in range(1, len(word)):
        yield word[:place] + word[place + 1 :]
        yield word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


_SLIPS = {slip: word for word in _ASKING for slip in _slips(word)}
