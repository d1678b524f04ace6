"""What was measured of a system -> its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from eval.benchmarks.corpus import Texts
from eval.benchmarks.environments import Peer
from eval.benchmarks.quality import Answer, Quality, ranking, reading
from eval.benchmarks.running import Contestant
from rag.evaluation.gold import GoldQuestion

_BETWEEN = ", "
"""What stands between the parts of an answer from several places."""


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

    def quality(self, questions: Sequence[GoldQuestion], texts: Texts) -> dict[str, Quality]:
        """Return how good what it found and answered is; what can be told of it."""
        return ranking(self.retrieved, questions, texts) | reading(self.asked, questions)

    def result(
        self, questions: Sequence[GoldQuestion], texts: Texts, first: Mapping[str, Quality]
    ) -> dict[str, Any]:
        """Return the figures, those that there are, ``over_first`` being how far from the first's.

        That is of each measure of quality the difference, and the ends of its 95% interval.
        """
        quality = self.quality(questions, texts)
        place = self.contestant.environment if self.contestant else None
        figures: dict[str, Any] = {
            "install_mb": place.size_mb if place else None,
            "start_s": _median(self.started),
            "index_passages_per_s": _median(self.indexed),
            **_latency("ask", self.asked),
            **_latency("retrieve", self.retrieved),
            **{f"requests_per_s_{n}": _median(rates) for n, rates in self.rates.items()},
            "peak_mb": self.peak_mb,
            **{name: round(each.value, 3) for name, each in quality.items()},
            "exact_offsets": _exactness(self.asked, self.peer, texts),
        }
        versions = place.versions if place else {}
        return {
            **{name: value for name, value in figures.items() if value is not None},
            "over_first": _over(quality, first),
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


def _over(
    quality: Mapping[str, Quality], first: Mapping[str, Quality]
) -> dict[str, tuple[float, ...]]:
    """Return of each measure the difference to the first system's, and the interval's ends."""
    found = {name: each.over(first[name]) for name, each in quality.items() if name in first}
    return {
        name: tuple(round(value, 3) for value in (each.mean, each.low, each.high))
        for name, each in found.items()
        if each
    }


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
