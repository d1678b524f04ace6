"""Ten thousand questions: every figure is finite, and the gold is read and checked."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.documents import parse
from rag.evaluation.gold import read_gold
from rag.evaluation.scoring import Scored
from rag.evaluation.summary import summarise

COUNT = 10_000
ONE = Scored(
    id="",
    question="?",
    type="who",
    is_answerable=True,
    is_answered=True,
    confidence=0.5,
    prediction="a",
    best="a",
    right=True,
    values={"em": 1.0, "f1": 1.0},
    forced={"em": 1.0, "f1": 1.0},
    latency_ms={},
    error=None,
)


@pytest.mark.slow
def test_figures_of_ten_thousand_questions_are_finite_and_near_the_truth() -> None:
    rng = np.random.default_rng(0)
    confident, lucky = rng.random(COUNT), rng.random(COUNT)
    scored = [
        replace(
            ONE,
            id=str(i),
            is_answerable=bool(i % 3),
            confidence=float(confident[i]),
            right=bool(i % 3 and lucky[i] < confident[i]),
            values={"em": float(i % 2), "f1": float(i % 2)},
        )
        for i in range(COUNT)
    ]
    figures = summarise(scored, seed=0)
    assert all(math.isfinite(x) for f in figures.values() for x in (f.value, f.low, f.high))
    assert figures["em"].value == 0.5
    assert figures["em"].high - figures["em"].low == pytest.approx(2 * 1.96 * 0.005, rel=0.15)


def test_ten_thousand_gold_questions_are_read_and_checked(tmp_path: Path) -> None:
    document = parse("a.txt", "Ada wrote it.")
    row = {"question": "Who?", "answers": ["Ada"], "document_id": "a.txt"}
    lines = (
        json.dumps({"id": str(i), **row, "spans": [{"start": 0, "end": 3}]}) for i in range(COUNT)
    )
    file = tmp_path / "gold.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert len(read_gold(file, {document.id: document})) == COUNT
