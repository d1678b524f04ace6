"""The parts of a report: definitions, misses, question types, plots, the terminal's table."""

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from rag.evaluation.compare import Comparison, Delta
from rag.evaluation.definitions import DEFINITIONS, Group, grouped
from rag.evaluation.report import breakdown, plots
from rag.evaluation.report.misses import Kind, worst_misses
from rag.evaluation.report.table import table
from rag.evaluation.run import RANKING, Evaluation
from rag.evaluation.scoring import Asked
from rag.evaluation.summary import Figure
from rag.types import Role, Turn

Make = Callable[[Sequence[Asked]], Evaluation]

COMPARISON = Comparison(
    "baselines/<bridge>.json",
    (
        Delta("f1", 0.75, 0.5, -0.25, 0.0123, significant=True),
        Delta("hit@1", 0.5, 1.0, 0.5, 0.04, significant=True),
        Delta("decided", 0.25, 0.375, 0.125, 0.3, significant=False),
    ),
    ("f1",),
)
ALL_PLOTS = (
    plots.risk_coverage,
    plots.reliability,
    plots.latency,
    plots.attribution,
    plots.f1_by_type,
)


@pytest.fixture(scope="module")
def evaluation(asked: Sequence[Asked], make: Make) -> Evaluation:
    """Return an evaluation with every figure: the first question follows another."""
    first, *others = asked
    history = (Turn(Role.USER, "What is it?"), Turn(Role.ASSISTANT, "A bridge"))
    gold = replace(first.gold, history=history, resolved_question=first.gold.question)
    return make([replace(first, gold=gold, resolved=first.answer, alone=first.answer), *others])


def test_every_figure_has_a_definition_and_every_definition_a_figure(
    evaluation: Evaluation,
) -> None:
    assert set(evaluation.figures) == set(DEFINITIONS)
    assert set(RANKING) <= set(DEFINITIONS)
    assert all(each.text and each.source for each in DEFINITIONS.values())
    assert DEFINITIONS["hit@5"].text == "share of questions with evidence within rank 5"


def test_grouped_keeps_the_order_of_the_tables_and_passes_over_the_unknown() -> None:
    assert grouped(["brier", "f1", "em", "map", "hit@1", "?"]) == {
        Group.RANKING: ["hit@1", "map"],
        Group.ANSWERS: ["em", "f1"],
        Group.CONFIDENCE: ["brier"],
    }


def test_misses_come_worst_first(evaluation: Evaluation) -> None:
    misses = worst_misses(evaluation)
    assert [(each.id, each.kind, each.blame, each.confidence) for each in misses] == [
        ("q8", Kind.FALSE_ANSWER, "false_answer", 0.95),
        ("q4", Kind.FALSE_ANSWER, "false_answer", 0.7),
        ("q2", Kind.WRONG_ANSWER, "reading", 0.8),
        ("q3", Kind.RIGHT_WITHHELD, "abstention", 0.3),
    ]
    wrong = misses[2]
    assert wrong.gold == ("£4 million",)
    assert wrong.candidate == "opened"
    assert wrong.pieces[:3] == (
        ("The bridge ", False),
        ("opened", True),
        (wrong.pieces[2][0], False),
    )
    assert "".join(text for text, _ in wrong.pieces).startswith("The bridge opened in 1932. <")


def test_a_miss_without_a_candidate_shows_what_was_read(asked: Sequence[Asked], make: Make) -> None:
    nothing = asked[4].answer
    missed = worst_misses(make([replace(asked[0], answer=nothing)]))
    assert [(each.kind, each.candidate) for each in missed] == [(Kind.NOT_FOUND, "")]
    assert [marked for _, marked in missed[0].pieces] == [False]
    assert missed[0].document == "the bridge/50%.txt"


def test_types_are_told_apart(evaluation: Evaluation) -> None:
    types = breakdown.by_type(evaluation)
    assert list(types) == ["answerable", "unanswerable", "$who$ 🌉", "when"]
    assert types["when"]["f1"] == Figure(1.0, 1.0, 1.0, 1)
    assert types["unanswerable"]["em"].value == 0.5
    assert "hit@1" not in types["unanswerable"]
    assert types["answerable"]["hit@1"].n == 2


def test_plots_are_elements_with_ids_of_their_own(evaluation: Evaluation) -> None:
    drawn = [plot(evaluation) for plot in ALL_PLOTS]
    assert all(svg.startswith("<svg") and svg.endswith("</svg>") for svg in drawn)
    ids = Counter(each for svg in drawn for each in re.findall(r'\bid="([^"]*)"', svg))
    assert set(ids.values()) == {1}
    assert all(
        each in ids for svg in drawn for each in re.findall(r'(?:url\(|href=")#([^")]*)', svg)
    )
    assert not re.search("#0[1-4]0", "".join(drawn))


def test_plots_show_what_was_counted(evaluation: Evaluation) -> None:
    words = re.findall(r">([^<>]+)</text>", plots.attribution(evaluation))
    counts = words[-6:]
    assert words[words.index("chunking") :][:6] == [
        *("chunking", "retrieval", "reading", "abstention", "false answer", "failure")
    ]
    assert counts == ["0", "0", "1", "1", "2", "2"]


def test_plots_ignore_the_matplotlibrc_of_the_machine(evaluation: Evaluation) -> None:
    import matplotlib as mpl

    drawn = plots.reliability(evaluation)
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert plots.reliability(evaluation) == drawn
        assert mpl.rcParams["font.size"] == 30


def test_table_shows_groups_figures_and_changes(evaluation: Evaluation) -> None:
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(table(evaluation, COMPARISON))
    rows = [re.split(r"\s*│\s*", line)[1:-1] for line in console.export_text().splitlines()]
    found = {row[0]: row[1:] for row in rows if row}
    headings = [*Group, "latency"]
    assert [row[0] for row in rows if row and row[0] in headings] == headings
    f1 = evaluation.figures["f1"]
    assert found["f1"] == [
        f"{f1.value:.3f}", f"{f1.low:.3f}–{f1.high:.3f}", "8", "-0.250", "0.0123",
    ]  # fmt: skip
    assert found["em"][3:] == ["", ""]
    assert found["decided"][0] == "0.250"
    assert found["decided"][2:] == ["8", "+0.125", "0.3000"]
    assert found["total, median ms"][:3] == ["17.5", "p95 19.4, p99 19.5", "6"]
    assert found["questions a second"][0] == "4.0"


def test_table_without_a_baseline_has_no_change(evaluation: Evaluation) -> None:
    made = table(evaluation, None)
    assert [column.header for column in made.columns] == ["", "value", "95% interval", "n"]


def test_plots_escape_the_names_of_types(evaluation: Evaluation) -> None:
    hostile = tuple(replace(each, type="--></svg><script>&") for each in evaluation.scored)
    drawn = plots.f1_by_type(replace(evaluation, scored=hostile))
    assert "--&gt;&lt;/svg&gt;&lt;script&gt;&amp; (8)" in drawn
    assert "<script" not in drawn
    assert drawn.count("</svg>") == 1
