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
    likelier by the history. The question as it stands is among them where it may need none: a
    "he" of nobody in particular is answered by what the documents say of anybody. Where there is no
    other reading, the documents are not asked.
    """
    readings = rewrites(question, history)
    if len(readings) == 1:
        return question, None
    judged = []
    likely = (
        [each for each in readings if each != question] if readings[0] != question else readings
    )
    for place, reading in enumerate(likely):
        said = judge(reading)
        if said.confidence >= enough:
            return reading, said
        judged.append((_odds(said.confidence) * _NEXT**place, reading, said))
    is_typed_first = likely[0] == question
    _, reading, said = judged[0] if is_typed_first else max(judged, key=lambda each: each[0])
    return reading, said


def _odds(probability: float) -> float:
    bounded = min(probability, _SUREST)
    return bounded / (1 - bounded)
