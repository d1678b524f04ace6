"""Exact match, token F1 and the best threshold, as the official SQuAD 2.0 script defines them.

Source: Rajpurkar, Jia and Liang 2018, "Know What You Don't Know", and its ``evaluate-v2.0.py``.
A question without an answer has the one gold answer ``""``; an abstention is the prediction ``""``.
Scores lie in 0..1, where the script prints percentages.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class BestThreshold:
    """The best mean score that a threshold on the no-answer probability reaches, and where.

    Questions whose no-answer probability exceeds ``threshold`` are the ones not answered.
    """

    value: float
    threshold: float


def normalised(text: str) -> str:
    """Return the text as it is compared (``normalize_answer``).

    In this order: lower case, ASCII punctuation deleted, the words a, an and the replaced by a
    space, white space collapsed. Punctuation outside ASCII stays, as in the script.
    """
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact(prediction: str, golds: Sequence[str]) -> float:
    """Return 1.0 if the prediction equals a gold answer once both are normalised, else 0.0."""
    return float(normalised(prediction) in _normalised_golds(golds))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Return the best token F1 of the prediction over the gold answers, in 0..1."""
    tokens = normalised(prediction).split()
    return max(_token_f1(tokens, gold.split()) for gold in _normalised_golds(golds))


def best_threshold(
    scores: npt.ArrayLike, no_answer_scores: npt.ArrayLike, is_answerable: npt.ArrayLike
) -> BestThreshold:
    """Return the best mean score over all thresholds on the no-answer probability.

    This is ``find_best_thresh``: start by answering nothing, answer questions by rising
    probability, equal ones in the order given, and keep the first maximum. So the value may fall
    between two equal probabilities, and the threshold is 0 where answering nothing is best.

    ``scores`` (n,) in 0..1 holds each question's exact match or F1 as if it were answered,
    ``no_answer_scores`` (n,) in 0..1 the probability that it has no answer, and ``is_answerable``
    (n,) booleans. For no questions both results are 0.

    An unanswerable question counts ``scores`` here, the script whether its prediction is "":
    these differ only for a prediction such as "the", of which normalising leaves nothing.
    """
    score = np.asarray(scores, dtype=np.float64)
    no_answer = np.asarray(no_answer_scores, dtype=np.float64)
    answerable = np.asarray(is_answerable, dtype=np.bool_)
    if not score.size:
        return BestThreshold(0.0, 0.0)
    order = np.argsort(no_answer, kind="stable")
    gains = np.where(answerable, score, score - 1.0)[order]
    totals = np.cumsum(np.concatenate(([float((~answerable).sum())], gains)))
    best = int(totals.argmax())
    threshold = float(no_answer[order[best - 1]]) if best else 0.0
    return BestThreshold(float(totals[best]) / score.size, threshold)


def _normalised_golds(golds: Sequence[str]) -> list[str]:
    """Return the golds that normalising does not empty, or the one gold "" if none is left."""
    return [gold for gold in map(normalised, golds) if gold] or [""]


def _token_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """Return the harmonic mean of token precision and recall (``compute_f1``).

    A token counts as often as both sides hold it; if a side is empty, F1 is 1 if both are, else 0.
    """
    if not prediction or not gold:
        return float(prediction == gold)
    shared = (Counter(prediction) & Counter(gold)).total()
    return 2.0 * shared / (len(prediction) + len(gold))
