"""What every figure means: one mapping, shown by the report, the terminal and the docs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rag.evaluation.run import RANKING


class Group(StrEnum):
    """What a figure is about; tables are in this order."""

    RANKING = "ranking"
    ANSWERS = "answers"
    CITATIONS = "citations"
    CONFIDENCE = "abstention and confidence"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Definition:
    """One line on a figure, and whom it is from; higher is better unless the line says lower."""

    group: Group
    text: str
    source: str


_SQUAD = "SQuAD 2.0, Rajpurkar et al. 2018"
_SELECTIVE = "El-Yaniv and Wiener 2010"
_HERE = "this project"

_RANKING = {
    "hit": ("share of questions with evidence within rank {k}", "Success@k of ir-measures"),
    "recall": ("share of a question’s evidence within rank {k}", "R@k of ir-measures"),
    "mrr": ("1 / rank of the first evidence, 0 below rank {k}", "Voorhees 1999"),
    "ndcg": (
        "evidence within rank {k}, discounted by the log of its rank, over the best ranking’s",
        "Järvelin and Kekäläinen 2002",
    ),
    "map": ("mean precision at the rank of each piece of evidence", "Buckley and Voorhees 2000"),
}

_ANSWERS = {
    "em": ("answer equals a gold one, normalised; where there is none, nothing given", _SQUAD),
    "f1": (
        "words shared with the closest gold answer; where there is none, nothing given",
        _SQUAD,
    ),
    "has_ans_em": ("em of the questions that the documents answer", _SQUAD),
    "has_ans_f1": ("f1 of the questions that the documents answer", _SQUAD),
    "no_ans_accuracy": ("share of the unanswerable questions given no answer", _SQUAD),
    "right": (
        "share of answerable questions whose best candidate, given or withheld, is at a gold place "
        "and holds a gold answer or has f1 of 0.5 and more",
        _HERE,
    ),
    "reading_hit@1": (
        "share of questions whose best candidate, given or withheld, lies in a passage that holds "
        "the evidence; to be held against hit@1",
        _HERE,
    ),
    "decided": ("share of questions given a right answer, or none where there is none", _HERE),
    "best_em": ("em had answers been withheld below the best of all thresholds", _SQUAD),
    "best_f1": ("f1 had answers been withheld below the best of all thresholds", _SQUAD),
}

_CITATIONS = {
    "citation_exactness": ("share of answers whose every quote is the cited text, exactly", _HERE),
    "span_iou": (
        "characters that cited and gold span share, over those of either; 0 if none is cited",
        "Jaccard 1901",
    ),
    "evidence_sentence": ("share of questions whose cited sentence holds a gold span", _HERE),
}

_CONFIDENCE = {
    "abstention_precision": ("share of abstentions that were right to abstain", _SQUAD),
    "abstention_recall": ("share of unanswerable questions abstained on", _SQUAD),
    "abstention_f1": ("harmonic mean of abstention precision and recall", _SQUAD),
    "auroc": (
        "chance that an answerable question has more confidence than an unanswerable one",
        "Hanley and McNeil 1982",
    ),
    "aurc": (
        "area under the risk-coverage curve: mean risk over all thresholds; lower is better",
        "Geifman, Uziel and El-Yaniv 2019",
    ),
    "accuracy@coverage80": ("accuracy if the most confident 80% were answered", _SELECTIVE),
    "coverage@accuracy90": ("largest share answerable at an accuracy of 90% and more", _SELECTIVE),
    "ece": (
        "mean gap of confidence and accuracy over 15 bins of equal size; lower is better",
        "Naeini et al. 2015; Nguyen and O’Connor 2015",
    ),
    "brier": ("mean squared gap of confidence and being right; lower is better", "Brier 1950"),
}

_CONVERSATION = {
    "as_resolved": (
        "share of follow-ups served as well as the same question in full: with a right candidate "
        "where that has one, without an answer where there is none and that gets none",
        _HERE,
    ),
    "alone_as_resolved": ("the same share had nothing been said before: the floor", _HERE),
    "resolved_f1": ("words shared by the question as understood and the one in full", _SQUAD),
    "left_alone": ("share of questions in no need of the history that were asked as typed", _HERE),
}


def _ranked(name: str) -> Definition:
    family, _, k = name.partition("@")
    text, source = _RANKING[family]
    return Definition(Group.RANKING, text.format(k=k), source)


DEFINITIONS = {name: _ranked(name) for name in RANKING} | {
    name: Definition(group, text, source)
    for group, of in (
        (Group.ANSWERS, _ANSWERS),
        (Group.CITATIONS, _CITATIONS),
        (Group.CONFIDENCE, _CONFIDENCE),
        (Group.CONVERSATION, _CONVERSATION),
    )
    for name, (text, source) in of.items()
}
"""Name of a figure -> its definition, in the order of the tables."""


def grouped(names: Iterable[str]) -> dict[Group, list[str]]:
    """Return group -> those of the names in it, both in the order of the tables."""
    wanted = set(names)
    groups: dict[Group, list[str]] = {}
    for name, definition in DEFINITIONS.items():
        if name in wanted:
            groups.setdefault(definition.group, []).append(name)
    return groups


def documentation() -> str:
    """Return the measures as the Markdown table of ``docs/evaluation.md``."""
    rows = (f"| `{name}` | {each.text} | {each.source} |" for name, each in DEFINITIONS.items())
    return "\n".join(["| measure | what it is | source |", "|---|---|---|", *rows])
