"""An evaluation seen in parts: by type of question, and stage by stage with help."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from rag.evaluation.measures.resampling import interval
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Scored
from rag.evaluation.summary import Figure

BY_TYPE = ("hit@1", "hit@5", "ndcg@10", "em", "f1", "evidence_sentence")
"""The figures shown for each type of question."""

END_TO_END = "end to end"


def has_answers(evaluation: Evaluation) -> bool:
    """Say whether answers were measured, not the ranking alone."""
    return any("f1" in each.values for each in evaluation.scored)


def by_type(evaluation: Evaluation) -> dict[str, dict[str, Figure]]:
    """Return type of question -> measure -> figure, the commonest type first.

    A measure that applies to no question of a type is left out there.
    """
    groups: dict[str, list[Scored]] = defaultdict(list)
    for each in evaluation.scored:
        groups[each.type].append(each)
    order = sorted(groups, key=lambda name: (-len(groups[name]), name))
    return {name: _means(groups[name], BY_TYPE, evaluation.seed) for name in order}


def by_condition(evaluation: Evaluation) -> dict[str, Mapping[str, Figure]]:
    """Return condition -> figures: end to end, then with ever more help; empty without ablation.

    End to end is measured on the questions that were helped, those with gold places.
    """
    if not any(evaluation.ablation.values()):
        return {}
    placed = {each.gold.id for each in evaluation.asked if each.gold.spans}
    alone = [each for each in evaluation.scored if each.id in placed]
    figures = _means(alone, ("em", "f1"), evaluation.seed)
    right = interval([float(each.right) for each in alone], seed=evaluation.seed)
    return {
        END_TO_END: {
            "has_ans_em": figures["em"],
            "has_ans_f1": figures["f1"],
            "right": Figure(right.mean, right.low, right.high, len(alone)),
        },
        **evaluation.ablation,
    }


def _means(scored: Iterable[Scored], names: Iterable[str], seed: int) -> dict[str, Figure]:
    columns = {
        name: np.array([each.values[name] for each in scored if name in each.values])
        for name in names
    }
    found = {name: interval(column, seed=seed) for name, column in columns.items() if column.size}
    return {
        name: Figure(each.mean, each.low, each.high, columns[name].size)
        for name, each in found.items()
    }
