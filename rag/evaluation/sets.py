"""Gold on disk -> an evaluation: finds the questions, their collection, and whom to ask."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from rag.engine import Engine, indexer
from rag.errors import InvalidGold
from rag.evaluation.blame import ablate as ablated
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.importers import QuestionSet, read_questions
from rag.evaluation.remote import Remote
from rag.evaluation.run import Evaluation, evaluate
from rag.evaluation.subject import InProcess, Subject, corpus
from rag.indexing import Progress, read
from rag.settings import Settings
from rag.types import Document


@dataclass(frozen=True, slots=True)
class Source:
    """What to evaluate on: a gold file or folder, and how to narrow or redirect it."""

    gold: Path
    collection: Path | None = None
    url: str | None = None
    split: str | None = None
    limit: int | None = None


def evaluate_set(
    settings: Settings, source: Source, seed: int, progress: Progress, *, ablate: bool = False
) -> Evaluation:
    """Evaluate the engine, or the server at ``source.url``, on a question set.

    Raises:
        InvalidGold: the gold is broken, or names documents that the collection lacks.
        IndexUnusable, ModelUnusable: the engine cannot be opened.
        Unreachable: there is no server at the address.
    """
    with opened(settings, source, seed, progress) as (subject, questions, judgements):
        name = source.gold.stem + (f" ({source.split})" if source.split else "")
        evaluation = evaluate(subject, questions, judgements, name, seed, progress)
        if ablate and isinstance(subject, InProcess):
            helped = ablated(subject.engine, evaluation.asked, seed, progress)
            evaluation = replace(evaluation, ablation=helped)
    return evaluation


@contextmanager
def opened(
    settings: Settings, source: Source, seed: int, progress: Progress
) -> Iterator[tuple[Subject, list[GoldQuestion], Mapping[str, Mapping[str, int]]]]:
    """Open what answers the questions of a source, with the questions and their judgements.

    Raises: as ``evaluate_set``.
    """
    imported = read_questions(source.gold)
    with _subject(settings, source, imported, progress) as subject:
        questions = _narrowed(_questions(source, imported, subject), source, seed)
        yield subject, questions, imported.judgements if imported else {}


@contextmanager
def _subject(
    settings: Settings, source: Source, imported: QuestionSet | None, progress: Progress
) -> Iterator[Subject]:
    if source.url:
        with closing(Remote(source.url)) as remote:
            yield remote
    elif source.collection:
        documents, _ = read([source.collection], progress)
        yield InProcess(_indexed(settings, documents, progress))
    elif imported:
        yield InProcess(_indexed(settings, imported.documents, progress))
    else:
        yield InProcess(Engine.open(settings))


def _indexed(settings: Settings, documents: Sequence[Document], progress: Progress) -> Engine:
    """Open an engine over the documents, in an index of their own that later runs find again."""
    name = corpus((d.id, d.sha256) for d in documents)[:16]
    folder = settings.index / "evaluation" / name
    apart = settings.apart(folder)
    indexer(apart).hold(documents, progress)
    return Engine.open(apart)


def _questions(
    source: Source, imported: QuestionSet | None, subject: Subject
) -> Sequence[GoldQuestion]:
    if imported:
        return imported.questions
    return read_gold(source.gold, subject, split=source.split)


def _narrowed(questions: Sequence[GoldQuestion], source: Source, seed: int) -> list[GoldQuestion]:
    """Draw ``limit`` questions, the same ones for the same seed, in the order of the file."""
    drawn = list(enumerate(questions))
    if source.limit is not None and source.limit < len(drawn):
        drawn = sorted(Random(seed).sample(drawn, source.limit))  # noqa: S311  # not a secret
    if not drawn:
        raise InvalidGold(f"{source.gold} holds no question of the split {source.split!r}.")
    return [question for _, question in drawn]
