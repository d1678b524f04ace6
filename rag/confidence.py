"""Evidence -> confidence: the probability, fitted on gold questions, that a candidate is right."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.errors import InvalidSetting
from rag.reading import FEATURES, Evidence
from rag.types import Candidate

_ABOUT = 0.8
"""Share of a confidence from which another is about as high."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on data: the probability that a candidate is right, and when to withhold it.

    The probability is the logistic function of the weighted evidence (Platt 1999, with several
    inputs). ``curve`` pairs thresholds, rising, with the precision of what they let through.
    """

    weights: Mapping[str, float]
    intercept: float
    curve: tuple[tuple[float, float], ...]

    @classmethod
    def read(cls, text: str) -> "Calibration":
        """Read a calibration from JSON.

        Raises:
            InvalidSetting: it is none.
        """
        try:
            content = json.loads(text)
            (lowest, *rest) = ((_finite(t), _finite(reached)) for t, reached in content["curve"])
            weights = _weights(dict(content["weights"]))
            return cls(weights, _finite(content["intercept"]), (lowest, *rest))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise InvalidSetting(
                f"The calibration is not as 'rag train calibrator' writes it ({error!r}): make it "
                "anew, or leave the setting 'calibration' unset."
            ) from error

    def confidence(self, evidence: Evidence) -> float:
        """Return the probability that a candidate with this evidence is right."""
        weighed = (self.weights[name] * getattr(evidence, name) for name in FEATURES)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.intercept + sum(weighed)))))

    def rank(
        self, candidates: Sequence[Candidate], evidence: Sequence[Evidence]
    ) -> tuple[list[Candidate], list[Evidence]]:
        """Return candidates and their evidence anew, the likeliest to be right first.

        Of those that say the same one stands for all: of the likeliest, and those about as likely,
        the one whose passage stands highest.
        """
        confidence = [self.confidence(each) for each in evidence]
        places: dict[tuple[str, ...], list[int]] = {}
        for place in sorted(range(len(candidates)), key=lambda place: -confidence[place]):
            places.setdefault(candidates[place].said, []).append(place)
        order = []
        for first, *others in places.values():
            near = [p for p in others if confidence[p] >= _ABOUT * confidence[first]]
            order.append(max((first, *near), key=lambda place: evidence[place].standing))
        order.sort(key=lambda place: -confidence[place])
        return [candidates[place] for place in order], [evidence[place] for place in order]

    def threshold(self, precision: float) -> float:
        """Return the lowest confidence from which answers were right at least that often.

        Where no threshold reached it, the highest one fitted.
        """
        reaching = [threshold for threshold, reached in self.curve if reached >= precision]
        return min(reaching, default=self.curve[-1][0])


def _weights(given: Mapping[str, float | str]) -> dict[str, float]:
    """Return the weight of each piece of evidence; ``ValueError`` if others are weighed."""
    if given.keys() != set(FEATURES):
        raise ValueError(f"it weighs {', '.join(given)}; what counts is {', '.join(FEATURES)}")
    return {name: _finite(given[name]) for name in FEATURES}


def _finite(value: float | str) -> float:
    """Return a number of a calibration; ``ValueError`` for one that cannot weigh anything."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no finite number")
    return number
