"""Question files -> the course of a training: what is learned from in which pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rag.engine import indexer
from rag.evaluation.importers import QuestionSet
from rag.evaluation.sets import Source
from rag.index import Index
from rag.indexing import Progress
from rag.models.loading import EMBEDDED_READER
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.training import examples
from rag.training.examples import Example
from rag.training.negatives import nearest, negatives
from rag.training.rewording import Rewording

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

    Both are kept in ``out`` as JSON Lines, to be looked at, and taken from there the next time.

    Raises: as ``examples.read``.
    """
    asked, made = out / "asked.jsonl", out / "negatives.jsonl"
    if not made.is_file():
        sets = examples.read(settings, sources, progress)
        random = Random(0)  # noqa: S311  # a draw of examples, not a secret
        once = {
            source: one for source, one in zip(sources, sets, strict=True) if not _is_short(one)
        }
        retriever = _retriever(settings, list(once.values()), out / "collection", progress)
        examples.write([each for one in sets for each in _asked(one, retriever)], asked)
        answerable = [e for one in once.values() for e in examples.examples(one) if e.spans]
        drawn = list(negatives(answerable, retriever, random, progress))
        random.shuffle(drawn)
        examples.write(drawn, made)
    return tuple(examples.read_again(asked)), tuple(examples.read_again(made))


def _asked(one: QuestionSet, retriever: Retriever) -> Iterator[Example]:
    yield from examples.examples(one)
    for question in examples.unplaced(one):
        yield from nearest(question, retriever)


def _is_short(one: QuestionSet) -> bool:
    return sum(len(each.text) for each in one.documents) < _SHORT * len(one.documents)


def _retriever(
    settings: Settings, sets: Sequence[QuestionSet], folder: Path, progress: Progress
) -> Retriever:
    making = indexer(settings.apart(folder))
    making.hold([each for one in sets for each in one.documents], progress)
    return Retriever(Index.open(folder), making.encoder)
