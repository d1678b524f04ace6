"""The plots of a report: evaluation -> SVG to stand in a page, empty if there is nothing to see.

Colours are the page's own (``currentColor`` and ``--accent``), so that they suit light and dark.
Words stay text. The same evaluation gives the same bytes.
"""

import io
import re
import warnings
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.evaluation.blame import Blame
from rag.evaluation.measures import selective
from rag.evaluation.measures.selective import Numbers
from rag.evaluation.report import breakdown
from rag.evaluation.run import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _ACCENT, _BAD, _MUTED = "#010101", "#020202", "#030303", "#040404"
_COLOURS = {
    _INK: "currentColor",
    _ACCENT: "var(--accent, #3b6ea5)",
    _BAD: "var(--bad, #b3423a)",
    _MUTED: "var(--muted, #888888)",
}
"""Stand-ins that matplotlib can draw with -> what the page makes of them."""

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": _MUTED,
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10.0,
    "grid.alpha": 0.25,
    "grid.color": _MUTED,
    "svg.fonttype": "none",
    "svg.hashsalt": "rag",
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _MUTED,
    "xtick.labelcolor": _INK,
    "ytick.color": _MUTED,
    "ytick.labelcolor": _INK,
}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_WIDTH = 4.8
_HEIGHT = 3.3
_ROW = 0.32
_LONGEST_LABEL = 28
_LATENCY_BINS = 40


def risk_coverage(evaluation: Evaluation) -> str:
    """Draw the share of wrong answers over the share answered; a dot is what was done."""
    if not breakdown.has_answers(evaluation):
        return ""
    confidence, right = _confidence(evaluation)
    curve = selective.risk_coverage(confidence, right)
    answered = np.array([each.is_answered for each in evaluation.scored])

    def draw(axes: "Axes") -> None:
        axes.plot(curve.coverage, curve.risk, color=_ACCENT)
        if answered.any():
            dot = answered.mean(), 1 - right[answered].mean()
            axes.plot(*dot, "o", color=_BAD, label="as served")
            axes.legend(frameon=False)
        axes.set(xlim=(0, 1), ylim=(0, None), xlabel="coverage", ylabel="risk")

    return _svg("risk-coverage", draw)


def reliability(evaluation: Evaluation) -> str:
    """Draw the share of right candidates over their mean confidence, in ten bins of equal size."""
    if not breakdown.has_answers(evaluation):
        return ""
    bins = selective.reliability(*_confidence(evaluation))

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], "--", color=_MUTED, linewidth=1)
        axes.plot([b.confidence for b in bins], [b.accuracy for b in bins], "o-", color=_ACCENT)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")

    return _svg("reliability", draw)


def latency(evaluation: Evaluation) -> str:
    """Draw a histogram of the total time of each question, on a logarithmic axis."""
    times = [each.latency_ms["total"] for each in evaluation.scored if "total" in each.latency_ms]
    if not times:
        return ""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

    least, most = max(min(times), 0.01), max(*times, 0.02)
    edges = np.geomspace(least / 1.1, most * 1.1, _LATENCY_BINS + 1)

    def draw(axes: "Axes") -> None:
        axes.hist(np.maximum(times, least), bins=edges.tolist(), color=_ACCENT)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.axvline(float(np.median(times)), color=_BAD, linewidth=1, label="median")
        axes.legend(frameon=False)
        axes.set(xlabel="milliseconds", ylabel="questions")

    return _svg("latency", draw)


def attribution(evaluation: Evaluation) -> str:
    """Draw how many misses each stage is to blame for."""
    if not evaluation.blames:
        return ""
    counts = Counter(evaluation.blames.values())

    def draw(axes: "Axes") -> None:
        bars = axes.barh(
            [each.replace("_", " ") for each in Blame],
            [counts[each] for each in Blame],
            color=_ACCENT,
        )
        axes.bar_label(bars, padding=4)
        axes.set(xlabel="missed questions")

    return _svg("attribution", draw, rows=len(Blame))


def f1_by_type(evaluation: Evaluation) -> str:
    """Draw the mean F1 of each type of question, with its interval."""
    found = {name: of["f1"] for name, of in breakdown.by_type(evaluation).items() if "f1" in of}
    if not found:
        return ""
    values = np.array([each.value for each in found.values()])
    ends = np.array([(each.low, each.high) for each in found.values()]).T

    def draw(axes: "Axes") -> None:
        rows = range(len(found))  # by number, since two types may be shortened to the same label
        axes.barh(rows, values, color=_ACCENT, xerr=abs(ends - values), ecolor=_INK)
        axes.set_yticks(rows, [f"{_short(name)} ({each.n})" for name, each in found.items()])
        axes.set(xlim=(0, 1), xlabel="mean F1")

    return _svg("f1-by-type", draw, rows=len(found))


def _confidence(evaluation: Evaluation) -> tuple[Numbers, Numbers]:
    confidence = np.array([each.confidence for each in evaluation.scored], dtype=np.float64)
    return confidence, np.array([each.right for each in evaluation.scored], dtype=np.float64)


def _short(label: str) -> str:
    label = " ".join(label.split())
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _svg(name: str, draw: Callable[["Axes"], None], rows: int = 0) -> str:
    """Return what ``draw`` draws as an element of a page; ``rows`` are those of a bar chart."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    size = (_WIDTH, _ROW * rows + 0.7 if rows else _HEIGHT)
    content = io.StringIO()
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # whatever a matplotlibrc of this machine says
        mpl.rcParams.update(_STYLE)
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        draw(axes)
        if rows:
            axes.invert_yaxis()
            axes.grid(visible=False, axis="y")
        figure.savefig(content, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inlined(name, content.getvalue())


def _inlined(name: str, svg: str) -> str:
    """Cut an SVG file down to its element, with ids that no other plot has."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for drawn, shown in _COLOURS.items():
        svg = svg.replace(drawn, shown)
    return svg.strip()
