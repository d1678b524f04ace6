"""Figures of systems -> a JSON file, a Markdown table and a plot beside each other."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

Result = Mapping[str, Any]

_TITLES = {
    "install_mb": "installed, MB",
    "start_s": "start to first answer, s",
    "index_passages_per_s": "indexed, passages/s",
    "ask_p50_ms": "ask p50, ms",
    "ask_p95_ms": "ask p95, ms",
    "retrieve_p50_ms": "retrieve p50, ms",
    "retrieve_p95_ms": "retrieve p95, ms",
    "requests_per_s_1": "requests/s, 1 client",
    "requests_per_s_16": "requests/s, 16 clients",
    "requests_per_s_64": "requests/s, 64 clients",
    "peak_mb": "peak memory, MB",
    "hit@1": "hit@1",
    "hit@5": "hit@5",
    "f1_answerable": "F1 where answerable",
    "f1_best_threshold": "F1 at the best threshold",
    "exact_offsets": "exact offsets",
}
_COMPARED = tuple(_TITLES)[:11]
"""Figures that are told as a ratio to ours too."""
_PLOTTED = (
    *("ask_p50_ms", "requests_per_s_16", "index_passages_per_s"),
    *("start_s", "peak_mb", "f1_answerable"),
)
_OURS, _OTHERS = "#3b6ea5", "#b8b8b8"


def write(result: Result, folder: Path) -> str:
    """Write peers.json, peers.md and peers.svg, and return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    shown = table(result)
    (folder / "peers.md").write_text(shown, encoding="utf-8")
    plot(result, folder / "peers.svg")
    return shown


def table(result: Result) -> str:
    """Return the figures as Markdown; in brackets, how each stands to the first system's.

    That is a ratio, or of a measure of quality the difference with its 95% interval.
    """
    systems = result["systems"]
    first: Result = next(iter(systems.values()), {})
    names = [name for name in _TITLES if any(name in figures for figures in systems.values())]
    rows = [["", *systems], ["---"] * (len(systems) + 1)]
    for name in names:
        cells = [_cell(name, figures, first) for figures in systems.values()]
        rows.append([_TITLES[name], *cells])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines += [
        "",
        f"{result['date']}, {result['machine']}, {result['threads']} threads, "
        f"load {result['load']:.1f} before and {result['load_after']:.1f} after; "
        f"{result['questions']} questions on {result['passages']} passages, "
        f"{result['passages_read']} of them read. In brackets: over that of the first column; of "
        "quality, the difference to it and that one's 95% interval, paired.",
        "",
    ]
    for name, figures in systems.items():
        versions = ", ".join(f"{key} {value}" for key, value in figures["versions"].items())
        lines.append(f"- {name}: {versions or 'as it is here'}")
        lines += [f"  - failed: {each}" for each in figures["failures"]]
    return "\n".join(lines) + "\n"


def _cell(name: str, figures: Result, first: Result) -> str:
    value = figures.get(name)
    if value is None:
        return ""
    if figures is first:
        return str(value)
    if name in _COMPARED and first.get(name):
        return f"{value} ({value / first[name]:.2f})"
    if name in figures["over_first"]:
        return "{} ({:+.3f}, {:+.3f} to {:+.3f})".format(value, *figures["over_first"][name])
    return str(value)


def plot(result: Result, file: Path) -> None:
    """Draw the main figures as bars, a panel each, ours in colour."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rag", "font.size": 9.0}):
        figure = Figure(figsize=(10, 5), layout="constrained")
        for axes, name in zip(figure.subplots(2, 3).flat, _PLOTTED, strict=True):
            found = {
                system: figures[name]
                for system, figures in result["systems"].items()
                if name in figures
            }
            colours = [_OURS if system.startswith("rag") else _OTHERS for system in found]
            bars = axes.barh(list(found), list(found.values()), color=colours)
            axes.bar_label(bars, padding=3)
            axes.margins(x=0.18)
            axes.invert_yaxis()
            axes.set_title(_TITLES[name], loc="left")
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(file, format="svg", metadata={"Date": None})
