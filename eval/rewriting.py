"""Measures what is made of follow-up questions by the history alone, on CANARD.

    python -m eval.rewriting ../shared/data/eval/canard-public.json --half test

CANARD (Elgohary, Peskov and Boyd-Graber 2019) gives follow-up questions with their history and a
self-contained form that a person wrote. It has no documents, so no reader chooses: the reading
that is likeliest by the history counts. Dialogues alternate between the halves dev and test;
the rules were written with dev alone.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from rag.conversation import rewrites
from rag.evaluation.measures import squad
from rag.evaluation.measures.resampling import Interval, interval, paired_test
from rag.types import Role, Turn

HALVES = ("dev", "test")
SEED = 0
_BEFORE = 2
"""Entries of a history before the first question: the titles of the article and its section."""

Row = dict[str, Any]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--half", type=click.Choice(HALVES), default="dev", show_default=True)
def main(file: Path, half: str) -> None:
    """Compare our rewrites of the follow-ups of FILE, and the questions as typed, with people's."""
    rows = follow_ups(json.loads(file.read_text(encoding="utf-8")), half)
    ours = [rewrites(row["Question"], history(row))[0] for row in rows]
    shown = Table(title=f"{file.stem} ({half}), {len(rows)} follow-ups")
    for heading in ("", "value", "95% interval", "n"):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, values in measured(rows, ours).items():
        found = interval(values, seed=SEED)
        shown.add_row(name, *_cells(found), str(len(values)))
    Console().print(shown)
    typed = [squad.f1(row["Question"], (row["Rewrite"],)) for row in rows]
    test = paired_test(typed, [_f1(o, r) for o, r in zip(ours, rows, strict=True)], seed=SEED)
    click.echo(f"F1 of ours over that as typed: {test.delta:+.4f}, p = {test.p_value:.4f}")


def follow_ups(rows: Sequence[Row], half: str) -> list[Row]:
    """Return the questions of one half that are not the first of their dialogue."""
    dialogues = list(dict.fromkeys(row["QuAC_dialog_id"] for row in rows))
    kept = {*dialogues[HALVES.index(half) :: len(HALVES)]}
    return [row for row in rows if row["QuAC_dialog_id"] in kept and row["Question_no"] > 1]


def history(row: Row) -> list[Turn]:
    """Return what was said before a question; the article's title stands for an opening turn."""
    title, said = row["History"][0], row["History"][_BEFORE:]
    roles = (Role.USER, Role.ASSISTANT)
    turns = [Turn(roles[place % 2], content) for place, content in enumerate(said)]
    return [Turn(Role.USER, title), *turns]


def measured(rows: Sequence[Row], ours: Sequence[str]) -> dict[str, list[float]]:
    """Return each measure by name, a value for each question that it applies to."""
    pairs = list(zip(ours, rows, strict=True))
    needing = [(o, r) for o, r in pairs if not _is_same(r["Question"], r["Rewrite"])]
    others = [(o, r) for o, r in pairs if _is_same(r["Question"], r["Rewrite"])]
    return {
        "F1, as typed": [_f1(row["Question"], row) for row in rows],
        "F1, ours": [_f1(o, row) for o, row in pairs],
        "F1 where a rewrite is needed, as typed": [_f1(r["Question"], r) for _, r in needing],
        "F1 where a rewrite is needed, ours": [_f1(o, r) for o, r in needing],
        "the person's words exactly": [float(_is_same(o, r["Rewrite"])) for o, r in needing],
        "left alone where none is needed": [float(_is_same(o, r["Question"])) for o, r in others],
        "rewritten where one is needed": [float(o != r["Question"]) for o, r in needing],
    }


def _f1(question: str, row: Row) -> float:
    return squad.f1(question, (row["Rewrite"],))


def _is_same(one: str, other: str) -> bool:
    return squad.normalised(one) == squad.normalised(other)


def _cells(found: Interval) -> tuple[str, str]:
    low, high = np.round((found.low, found.high), 3)
    return f"{found.mean:.3f}", f"{low:.3f}–{high:.3f}"


if __name__ == "__main__":
    main()
