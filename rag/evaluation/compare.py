"""Evaluation x baseline -> what changed, question by question, and whether it is chance.

A baseline is a small JSON file of an earlier evaluation: its figures, the gated measures of every
question, and what it was made from. It is refused where the corpus or the questions differ.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag import __version__
from rag.errors import InvalidInput
from rag.evaluation.measures.resampling import paired_test
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Scored

GATED = (
    *("hit@1", "hit@5", "ndcg@10", "f1", "right", "decided", "citation_exactness"),
    "as_resolved",
)
"""Measures of which a significant fall fails a comparison."""

_FORMAT = "rag-baseline"
_VERSION = 1
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Delta:
    """How a measure moved on the same questions; p by randomisation test."""

    name: str
    before: float
    after: float
    delta: float
    p_value: float
    significant: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """An evaluation held against a baseline; ``regressions`` names the measures that fell."""

    baseline: str
    deltas: tuple[Delta, ...]
    regressions: tuple[str, ...]


def write_baseline(evaluation: Evaluation, file: Path) -> None:
    """Write an evaluation as a baseline for later ones; the same evaluation, the same bytes."""
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "name": evaluation.name,
        "corpus": evaluation.corpus,
        "code": __version__,
        "settings": evaluation.settings,
        "seed": evaluation.seed,
        "figures": {
            name: [round(each, 4) for each in (figure.value, figure.low, figure.high)]
            for name, figure in evaluation.figures.items()
        },
        "ids": [each.id for each in evaluation.scored],
        "values": {name: _column(evaluation.scored, name) for name in GATED},
    }
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def compare(evaluation: Evaluation, file: Path) -> Comparison:
    """Pair an evaluation with a baseline, question by question.

    Raises:
        InvalidInput: not a baseline, or one of another corpus or other questions.
    """
    baseline = _read(file)
    if baseline["corpus"] != evaluation.corpus:
        raise InvalidInput(
            f"{file} is a baseline of another corpus ({baseline['corpus'][:12]}, here "
            f"{evaluation.corpus[:12]}): compare on the same documents, or make a new baseline."
        )
    ids = [each.id for each in evaluation.scored]
    missing = set(ids) - set(baseline["ids"])
    if missing:
        raise InvalidInput(
            f"{file} lacks {len(missing)} of the questions ({sorted(missing)[0]!r} first): "
            "compare on the same questions, or make a new baseline."
        )
    deltas = tuple(
        delta
        for name, column in baseline["values"].items()
        if (delta := _delta(name, dict(zip(baseline["ids"], column, strict=True)), evaluation))
    )
    fallen = tuple(each.name for each in deltas if each.significant and each.delta < 0)
    return Comparison(str(file), deltas, fallen)


def below(evaluation: Evaluation, limits: str) -> list[str]:
    """Return a sentence for each figure under its limit in ``"f1=0.8,hit@1=0.9"``.

    Raises:
        InvalidInput: not of that form, or a figure that this evaluation does not have.
    """
    faults = []
    for each in filter(None, (part.strip() for part in limits.split(","))):
        name, _, limit = each.partition("=")
        figure = evaluation.figures.get(name.strip())
        try:
            least = float(limit)
        except ValueError:
            raise InvalidInput(f"{each!r} is not of the form figure=number.") from None
        if figure is None:
            known = ", ".join(evaluation.figures)
            raise InvalidInput(f"There is no figure {name!r} to hold to a limit. Known: {known}.")
        if not figure.value >= least:
            faults.append(f"{name} is {figure.value:.4f}, under {least}")
    return faults


def measured(each: Scored, name: str) -> float | None:
    """Return a gated measure of one question, None where it does not apply."""
    if name == "right":
        return float(each.right) if each.is_answerable else None
    if name == "decided":
        return float(each.decided) if "f1" in each.values else None
    return each.values.get(name)


def _column(scored: Sequence[Scored], name: str) -> list[float | None]:
    values = [measured(each, name) for each in scored]
    return [None if value is None else round(value, 4) for value in values]


def _delta(name: str, before: Mapping[str, float | None], evaluation: Evaluation) -> Delta | None:
    pairs = [(before[each.id], measured(each, name)) for each in evaluation.scored]
    kept = [(old, round(new, 4)) for old, new in pairs if old is not None and new is not None]
    if not kept:
        return None
    old, new = zip(*kept, strict=True)
    test = paired_test(old, new, seed=evaluation.seed)
    return Delta(
        name=name,
        before=sum(old) / len(old),
        after=sum(new) / len(new),
        delta=test.delta,
        p_value=test.p_value,
        significant=test.p_value < _SIGNIFICANT,
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        is_ours = content["format"] == _FORMAT and content["version"] == _VERSION
        _ = content["corpus"], content["ids"], content["values"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{file} cannot be read as a baseline: {error!r}.") from error
    if not is_ours:
        raise InvalidInput(f"{file} is not a baseline that this release reads: make a new one.")
    return dict(content)
