"""Gold questions x subject -> evaluation: asks, ranks, scores and sums up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from rag.errors import RagError
from rag.evaluation.blame import Blame, attribute
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.measures import ranking
from rag.evaluation.scoring import Asked, Scored, holds, score
from rag.evaluation.subject import Subject
from rag.evaluation.summary import Figure, summarise
from rag.indexing import Progress

DEPTH = 100
"""Passages ranked for each question, to score the ranking; fewer are read."""

RANKING = ("hit@1", "hit@5", "recall@5", "recall@20", "mrr@10", "ndcg@10", "map")
_EVIDENCE = "evidence"

Judgements = Mapping[str, Mapping[str, int]]
"""Question id -> document id -> relevance, for sets that judge documents and give no answers."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that a report shows of one run.

    ``seconds`` is the wall-clock time of all questions, ``blames`` maps the id of each missed one
    to the stage that lost it, ``ablation`` maps a condition ("gold passage") to its figures.
    """

    name: str
    corpus: str
    settings: Mapping[str, str]
    seed: int
    asked: tuple[Asked, ...]
    scored: tuple[Scored, ...]
    figures: Mapping[str, Figure]
    seconds: float
    blames: Mapping[str, Blame]
    ablation: Mapping[str, Mapping[str, Figure]]


def evaluate(  # what a run is: who is asked, what, how it is named and shown
    subject: Subject,
    questions: Sequence[GoldQuestion],
    judgements: Judgements,
    name: str,
    seed: int,
    progress: Progress,
) -> Evaluation:
    """Ask every question and score it; one that fails counts as wrong, none is skipped."""
    started = perf_counter()
    asked = []
    for done, question in enumerate(questions, start=1):
        asked.append(_ask(subject, question, read=not judgements))
        progress("asking", done, len(questions))
    seconds = perf_counter() - started
    ranked = _ranking(asked, judgements)
    scored = tuple(_scored(each, subject, ranked[each.gold.id], bool(judgements)) for each in asked)
    return Evaluation(
        name=name,
        corpus=subject.corpus,
        settings=subject.settings,
        seed=seed,
        asked=tuple(asked),
        scored=scored,
        figures=summarise(scored, seed),
        seconds=seconds,
        blames={} if judgements else attribute(asked, scored, subject.passages),
        ablation={},
    )


def _ask(subject: Subject, gold: GoldQuestion, *, read: bool) -> Asked:
    try:
        if not read:
            return Asked(gold, None, subject.search(gold.question, DEPTH))
        answer = subject.ask(gold.question, gold.history)
        hits = subject.search(answer.resolved_question, DEPTH)
        if gold.resolved_question is None:
            return Asked(gold, answer, hits)
        resolved, alone = subject.ask(gold.resolved_question), subject.ask(gold.question)
        return Asked(gold, answer, hits, resolved=resolved, alone=alone)
    except RagError as error:
        return Asked(gold, None, (), f"{type(error).__name__}: {error}")


def _scored(
    asked: Asked, subject: Subject, ranked: Mapping[str, float], ranking_only: bool
) -> Scored:
    plain = score(asked, subject)
    answers = {} if ranking_only else plain.values
    return replace(plain, values={**ranked, **answers})


def _ranking(asked: Sequence[Asked], judgements: Judgements) -> dict[str, dict[str, float]]:
    """Return question id -> ranking measure -> value.

    Where the gold has places, what is relevant is its evidence: the first passage that holds an
    answer. Else it is the gold document, or the documents that the judgements name.
    """
    run = {each.gold.id: _run(each) for each in asked if not each.error}
    qrels = judgements or {each.gold.id: _relevant(each.gold) for each in asked}
    measured = ranking.measure(run, qrels, RANKING)
    return {
        each.gold.id: {
            name: of[each.gold.id] for name, of in measured.items() if each.gold.id in of
        }
        for each in asked
    }


def _run(asked: Asked) -> dict[str, float]:
    run: dict[str, float] = {}
    for hit in asked.hits:
        if not asked.gold.spans:
            key = hit.passage.document_id
        else:
            key = _EVIDENCE if holds(hit.passage, asked.gold) else hit.passage.id
        run.setdefault(key, hit.score)
    return run


def _relevant(gold: GoldQuestion) -> dict[str, int]:
    if gold.spans:
        return {_EVIDENCE: 1}
    return {gold.document_id: 1} if gold.is_answerable and gold.document_id else {}
