"""Readings x documents -> the reading to answer: of what was likely meant, what they answer."""

from collections.abc import Callable, Sequence

from rag.conversation.rewriting import rewrites
from rag.judging import Judged
from rag.types import Turn

_NEXT = 0.5
"""How likely a reading is meant, of the reading before it."""
_SUREST = 1 - 1e-9


def resolve(
    question: str, history: Sequence[Turn], judge: Callable[[str], Judged], enough: float
) -> tuple[str, Judged | None]:
    """Return what a question asks in full after its history, and what the documents say to that.

    Of its readings, the likeliest by the history is taken that they answer with ``enough``
    confidence; if there is none, the one of the best odds, halved for each reading that is
    likelier by the history. Where the question as typed is the likeliest, another has to be
    answered to be taken. It is no reading where it surely refers back: to "What was his job?"
    by itself the documents of many people have answers. Nothing is asked of the documents where
    there is one reading.
    """
    readings = rewrites(question, history)
    if len(readings) == 1:
        return readings[0], None
    judged = []
    for place, reading in enumerate(readings):
        said = judge(reading)
        if said.confidence >= enough:
            return reading, said
        judged.append((_odds(said.confidence) * _NEXT**place, reading, said))
    likely = judged[:1] if readings[0] == question else judged
    _, reading, said = max(likely, key=lambda each: each[0])
    return reading, said


def _odds(probability: float) -> float:
    bounded = min(probability, _SUREST)
    return bounded / (1 - bounded)
