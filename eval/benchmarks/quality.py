"""What systems found and answered -> how good each is, and how far from another, paired."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.benchmarks.corpus import Texts
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.measures import squad
from rag.evaluation.measures.resampling import Column, Interval, interval_of

Answer = Mapping[str, Any]
"""What a worker answers to an order."""

_SEED = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """A measure of one system: a statistic of rows, a row for each question that counts."""

    statistic: Callable[[Column], float]
    rows: Mapping[str, Any]

    @property
    def value(self) -> float:
        """Return the measure."""
        return self.statistic(np.array(list(self.rows.values())))

    def over(self, other: "Quality") -> Interval | None:
        """Return by how much this is above another one, with the 95% interval of the difference.

        Both are resampled by the questions that count for both (``interval_of``); None without any.
        """
        shared = [each for each in self.rows if each in other.rows]
        if not shared:
            return None
        columns = [np.array([of.rows[each] for each in shared]) for of in (self, other)]
        return interval_of(
            lambda ours, theirs: self.statistic(ours) - self.statistic(theirs), columns, seed=_SEED
        )


def ranking(
    answers: Mapping[str, Answer], questions: Sequence[GoldQuestion], texts: Texts
) -> dict[str, Quality]:
    """Return how often a passage of the gold document is ranked first, and in the first five."""
    ranked = {
        each.id: [document == each.document_id for document in _documents(answers[each.id], texts)]
        for each in questions
        if each.is_answerable and each.id in answers
    }
    return _told(
        {
            f"hit@{k}": Quality(np.mean, {of: any(each[:k]) for of, each in ranked.items()})
            for k in (1, 5)
        }
    )


def reading(answers: Mapping[str, Answer], questions: Sequence[GoldQuestion]) -> dict[str, Quality]:
    """Return F1 where there is an answer, and over all at the best threshold on the score."""
    asked = [each for each in questions if each.id in answers]
    f1 = {each.id: squad.f1(answers[each.id]["answer"], each.answers) for each in asked}
    figures = {
        "f1_answerable": Quality(np.mean, {q.id: f1[q.id] for q in asked if q.is_answerable})
    }
    scores = {each.id: answers[each.id]["score"] for each in asked}
    if None not in scores.values():
        rows = {q.id: (f1[q.id], -scores[q.id], q.is_answerable) for q in asked}
        figures["f1_best_threshold"] = Quality(_best, rows)
    return _told(figures)


def _documents(answer: Answer, texts: Texts) -> list[str]:
    """Return the documents of what was found: of passages, for systems that were given those."""
    passages = texts.passages
    return [
        passages[each].document_id if each in passages else each for each in answer["documents"]
    ]


def _told(figures: Mapping[str, Quality]) -> dict[str, Quality]:
    return {name: each for name, each in figures.items() if each.rows}


def _best(rows: Column) -> float:
    """Return the F1 of rows (n, 3) of F1, no-answer score and answerability."""
    return squad.best_threshold(*rows.T).value
