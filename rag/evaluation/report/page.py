"""Evaluation -> report.html: one page with figures, plots and misses that needs no other file.

No script and no external request; everything from a document or a question is escaped as text.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rag.evaluation.compare import Comparison
from rag.evaluation.definitions import DEFINITIONS, grouped
from rag.evaluation.report import breakdown, plots
from rag.evaluation.report.files import write_whole
from rag.evaluation.report.misses import worst_misses
from rag.evaluation.run import Evaluation
from rag.evaluation.summary import latencies

_MOST = 50
"""Failures that are listed, and misses: the worst ones."""

_CONDITION_FIGURES = ("has_ans_f1", "right")


@dataclass(frozen=True, slots=True)
class _Plot:
    title: str
    caption: str
    draw: Callable[[Evaluation], str]
    if_empty: str


_NO_ANSWERS = "Only the ranking was measured."
_PLOTS = (
    _Plot(
        "Risk and coverage",
        "Share of wrong answers, had only the most confident questions been answered.",
        plots.risk_coverage,
        _NO_ANSWERS,
    ),
    _Plot(
        "Reliability",
        "How often the best candidate is right at its confidence; on the dashes is ideal.",
        plots.reliability,
        _NO_ANSWERS,
    ),
    _Plot("Latency", "Total time of a question.", plots.latency, "No question was timed."),
    _Plot(
        "Miss attribution",
        "The stage that lost the answer, or gave one where there is none.",
        plots.attribution,
        "No question was missed.",
    ),
    _Plot(
        "F1 by question type",
        "Mean and 95% interval; in brackets, how many questions.",
        plots.f1_by_type,
        _NO_ANSWERS,
    ),
)


def write_report(evaluation: Evaluation, comparison: Comparison | None, folder: Path) -> None:
    """Write ``report.html``; timings aside, the same evaluation gives the same bytes."""
    template = _environment().get_template("report.html")
    types = breakdown.by_type(evaluation)
    page = template.render(
        evaluation=evaluation,
        comparison=comparison,
        groups=grouped(evaluation.figures),
        definitions=DEFINITIONS,
        conditions=breakdown.by_condition(evaluation),
        condition_figures=_CONDITION_FIGURES,
        latencies=latencies(evaluation.scored),
        rate=rate(evaluation),
        # the SVG is our own; what it shows of a question is escaped by matplotlib
        plots=[(plot, Markup(plot.draw(evaluation))) for plot in _PLOTS],  # noqa: S704
        types=types,
        counts=Counter(each.type for each in evaluation.scored),
        columns=[n for n in breakdown.BY_TYPE if any(n in of for of in types.values())],
        has_answers=breakdown.has_answers(evaluation),
        failed=[each for each in evaluation.scored if each.error is not None],
        misses=worst_misses(evaluation),
        most=_MOST,
    )
    write_whole(folder / "report.html", page)


def rate(evaluation: Evaluation) -> float:
    """Return the questions asked in a second, one at a time; 0 if no time passed."""
    return len(evaluation.asked) / evaluation.seconds if evaluation.seconds > 0 else 0.0


def number(value: float, digits: int = 3) -> str:
    """Return a number for people; a dash for one that is not finite."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "change": "{:+.3f}".format}
    return environment
