"""WordNet's database files -> synonyms of a word in its most frequent sense.

The format is that of wndb(5WN), WordNet 3.0: `index.POS` lists for each lemma the places of its
senses in `data.POS`, the most frequent one first; a line of `data.POS` lists the sense's words.
"""

from dataclasses import dataclass
from pathlib import Path

from rag.errors import InvalidGold

_PARTS = ("verb", "noun", "adj")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Words by those that mean them, each in its most frequent sense."""

    words: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, folder: Path) -> "Synonyms":
        """Read a WordNet database.

        Raises:
            InvalidGold: the folder holds none.
        """
        words: dict[str, tuple[str, ...]] = {}
        for part in _PARTS:
            try:
                index = (folder / f"index.{part}").read_text(encoding="utf-8")
                data = (folder / f"data.{part}").read_bytes()
            except OSError as error:
                raise InvalidGold(
                    f"{folder} holds no WordNet database (index.{part}, data.{part}): name the "
                    "folder that Debian's package wordnet-base installs, /usr/share/wordnet."
                ) from error
            for line in index.splitlines():
                if not line.startswith(" "):
                    lemma, _, _, pointers, *fields = line.split()
                    first = int(fields[int(pointers) + 2])
                    words[lemma] = (*words.get(lemma, ()), *_others(data, first, lemma))
        return cls({lemma: others for lemma, others in words.items() if others})

    def of(self, word: str) -> tuple[str, ...]:
        """Return what can be said for a word: nouns in the plural too, verbs as after "did"."""
        if found := self.words.get(word):
            return found
        one = f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
        return tuple(f"{other}s" for other in self.words.get(one, ()) if one != word)


def _others(data: bytes, place: int, lemma: str) -> list[str]:
    """Return the other single words of the sense at a place of a data file."""
    line = data[place : data.index(b"\n", place)].decode("ascii")
    count, fields = int(line.split()[3], 16), line.split()[4:]
    words = [field.partition("(")[0] for field in fields[: 2 * count : 2]]
    return [word for word in words if word != lemma and word.islower() and word.isalpha()]
