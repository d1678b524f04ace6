"""Question files -> the course of a training: what is learned from in which pass."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rag.engine import indexer
from rag.evaluation.importers import QuestionSet
from rag.evaluation.sets import Source
from rag.headings import Heads
from rag.index import Index
from rag.indexing import Progress
from rag.models.loading import EMBEDDED_READER
from rag.retrieval import Retriever
from rag.seams import Encoder
from rag.settings import Settings
from rag.training import examples
from rag.training.examples import Example
from rag.training.negatives import nearest, negatives
from rag.training.passages import Cutting
from rag.training.rewording import Rewording

_ORIGIN = "questions.sha256"

_CUT = 0.5
"""Share of the questions that are put to the passages of their text, not to all of it at once."""

_SHORT = 200
"""Code points of texts too short to make negatives of, on average over a file: one sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a training goes: ``passes`` over the questions, ``steps`` at most if given.

    ``start`` names what to go on from: the embedded reader, a checkpoint, or an encoder;
    ``wordnet`` is the folder of synonyms to ask with, or none to ask always as the files do.
    """

    passes: int
    steps: int | None
    seed: int
    start: str = EMBEDDED_READER
    wordnet: Path | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What is learned from: the questions in each pass, the negatives in turns."""

    asked: tuple[Example, ...]
    negatives: tuple[Example, ...]
    plan: Plan
    reworded: Rewording | None = None

    @property
    def fingerprint(self) -> str:
        """Name the course: equal fingerprints give equal batches in equal order."""
        told = hashlib.sha256(repr(self.plan).encode())
        for each in (*self.asked, *self.negatives):
            told.update(repr(each).encode())
        return told.hexdigest()

    def passes(self) -> Iterator[tuple[list[Example], Random]]:
        """Yield the examples of each pass, and what draws their order."""
        for number in range(self.plan.passes):
            turn = self.negatives[number :: self.plan.passes]
            random = Random(f"{self.plan.seed}-{number}")  # noqa: S311  # no secret
            asked = [*self.asked, *turn]
            if self.reworded:
                asked = [self.reworded(each, random) for each in asked]
            yield asked, random


def prepare(
    settings: Settings, sources: Sequence[Source], out: Path, progress: Progress
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return the questions of the files, and negatives made of them; a file given twice counts so.

    Both are kept in ``out`` as JSON Lines, to be looked at, and taken from there the next time
    that the same is asked of the same documents; ``questions.sha256`` says what they are made of.

    Raises: as ``examples.read``.
    """
    asked, made, origin = (out / each for each in ("asked.jsonl", "negatives.jsonl", _ORIGIN))
    sets = {each: examples.read(settings, each, progress) for each in dict.fromkeys(sources)}
    wanted = examples.fingerprint([sets[each] for each in sources])
    if not origin.is_file() or origin.read_text(encoding="utf-8") != wanted:
        origin.unlink(missing_ok=True)
        every, drawn = _made(settings, sources, sets, out / "collection", progress)
        examples.write(every, asked)
        examples.write(drawn, made)
        origin.write_text(wanted, encoding="utf-8")
    return tuple(examples.read_again(asked)), tuple(examples.read_again(made))


def _made(
    settings: Settings,
    sources: Sequence[Source],
    sets: Mapping[Source, QuestionSet],
    folder: Path,
    progress: Progress,
) -> tuple[list[Example], list[Example]]:
    """Return the questions, and negatives by what an index of their documents finds for them."""
    placed = {each: list(examples.examples(one)) for each, one in sets.items()}
    long = [each for each, one in sets.items() if not _is_short(one)]
    random = Random(0)  # noqa: S311  # a draw of examples, not a secret
    index, encoder = _indexed(settings, [sets[each] for each in long], folder, progress)
    retriever, heads = Retriever(index, encoder), Heads(index.documents)
    asked_of = {each: [*placed[each], *_nearest(sets[each], retriever, heads)] for each in sets}
    answerable = [example for each in long for example in placed[each] if example.spans]
    drawn = list(negatives(answerable, retriever, heads, random, progress))
    random.shuffle(drawn)
    asked = [example for each in sources for example in asked_of[each]]
    return list(_as_served(asked, Cutting(index, retriever), random, progress)), drawn


def _as_served(
    asked: Sequence[Example], cutting: Cutting, random: Random, progress: Progress
) -> Iterator[Example]:
    for done, example in enumerate(asked, start=1):
        yield from cutting.cut(example) if random.random() < _CUT else [example]
        progress("cutting", done, len(asked))


def _nearest(one: QuestionSet, retriever: Retriever, heads: Heads) -> Iterator[Example]:
    for question in examples.unplaced(one):
        yield from nearest(question, retriever, heads)


def _is_short(one: QuestionSet) -> bool:
    return sum(len(each.text) for each in one.documents) < _SHORT * len(one.documents)


def _indexed(
    settings: Settings, sets: Sequence[QuestionSet], folder: Path, progress: Progress
) -> tuple[Index, Encoder]:
    making = indexer(settings.apart(folder))
    making.hold([each for one in sets for each in one.documents], progress)
    return Index.open(folder), making.encoder
