"""What was measured of a system -> its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from eval.benchmarks.corpus import Texts
from eval.benchmarks.environments import Peer
from eval.benchmarks.running import Contestant
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.measures import squad

_BETWEEN = ", "
"""What stands between the parts of an answer from several places."""

Answer = Mapping[str, Any]
"""What a worker answers to an order."""


@dataclass(slots=True)
class Sheet:
    """A system, if it could be made ready, and all that was measured of it."""

    peer: Peer
    contestant: Contestant | None = None
    failures: list[str] = field(default_factory=list)
    indexed: list[float] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    asked: dict[str, Answer] = field(default_factory=dict)
    retrieved: dict[str, Answer] = field(default_factory=dict)
    rates: dict[int, list[float]] = field(default_factory=dict)
    peak_mb: float | None = None

    def result(self, questions: Sequence[GoldQuestion], texts: Texts) -> dict[str, Any]:
        """Return the figures; those that there are."""
        place = self.contestant.environment if self.contestant else None
        figures: dict[str, Any] = {
            "install_mb": place.size_mb if place else None,
            "start_s": _median(self.started),
            "index_passages_per_s": _median(self.indexed),
            **_latency("ask", self.asked),
            **_latency("retrieve", self.retrieved),
            **{f"requests_per_s_{n}": _median(rates) for n, rates in self.rates.items()},
            "peak_mb": self.peak_mb,
            **_ranking(self.retrieved, questions, texts),
            **_reading(self.asked, questions),
            "exact_offsets": _exactness(self.asked, self.peer, texts),
        }
        versions = place.versions if place else {}
        return {
            **{name: value for name, value in figures.items() if value is not None},
            "versions": {name: versions[name] for name in self.peer.shown if name in versions},
            "failures": self.failures,
        }


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 2) if values else None


def _latency(name: str, answers: Mapping[str, Answer]) -> dict[str, float]:
    """Return the median and the 95th percentile, in milliseconds."""
    if not answers:
        return {}
    times = [1e3 * each["seconds"] for each in answers.values()]
    ranks = {"p50": 50, "p95": 95}
    return {f"{name}_{p}_ms": round(float(np.percentile(times, ranks[p])), 1) for p in ranks}


def _ranking(
    answers: Mapping[str, Answer], questions: Sequence[GoldQuestion], texts: Texts
) -> dict[str, float]:
    """Return how often a passage of the gold document is ranked first, and in the first five."""
    ranked = []
    for question in questions:
        if question.is_answerable and question.id in answers:
            found = answers[question.id]["documents"]
            passages = texts.passages
            of = [passages[each].document_id if each in passages else each for each in found]
            ranked.append([document == question.document_id for document in of])
    if not ranked:
        return {}
    return {
        f"hit@{k}": round(sum(any(each[:k]) for each in ranked) / len(ranked), 3) for k in (1, 5)
    }


def _reading(answers: Mapping[str, Answer], questions: Sequence[GoldQuestion]) -> dict[str, float]:
    """Return F1 where there is an answer, and over all at the best threshold on the score."""
    scored = [
        (squad.f1(answers[each.id]["answer"], each.answers), answers[each.id]["score"], each)
        for each in questions
        if each.id in answers
    ]
    answerable = [f1 for f1, _, question in scored if question.is_answerable]
    if not answerable:
        return {}
    figures = {"f1_answerable": round(float(np.mean(answerable)), 3)}
    if all(score is not None for _, score, _ in scored):
        best = squad.best_threshold(
            [f1 for f1, _, _ in scored],
            [-score for _, score, _ in scored],
            [question.is_answerable for _, _, question in scored],
        )
        figures["f1_best_threshold"] = round(best.value, 3)
    return figures


def _exactness(answers: Mapping[str, Answer], peer: Peer, texts: Texts) -> str | None:
    """Say whether every answer is the text at the places told: "yes", "no", or "none are told"."""
    if not answers:
        return None
    if not any(each["places"] for each in answers.values()):
        return "none told"
    held = texts.passages if peer.given else texts.documents
    return "yes" if all(_is_exact(each, held) for each in answers.values()) else "no"


def _is_exact(answer: Answer, texts: Mapping[str, Any]) -> bool:
    parts = [texts[of].text[start:end] for of, start, end in answer["places"]]
    return bool(_BETWEEN.join(parts) == answer["answer"])
