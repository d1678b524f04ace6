"""What scale.py measured, as JSON, as a table in Markdown, and as a plot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Numbers = dict[str, Any]

_ROWS: dict[str, Callable[[Numbers], str]] = {
    "built in": lambda n: f"{n['build_s']:.1f} s",
    "a passage, on the clock": lambda n: f"{n['build_ms_per_passage']:.2f} ms",
    "a passage, in CPU time": lambda n: f"{1e3 * n['build_cpu_s'] / n['grown'][-1][0]:.2f} ms",
    "… records": lambda n: _stage(n, "records"),
    "… vectors": lambda n: _stage(n, "vectors"),
    "… terms": lambda n: _stage(n, "terms"),
    "… hashes": lambda n: _stage(n, "hashes"),
    "… flushing": lambda n: _stage(n, "flushing"),
    "… rest": lambda n: _stage(n, "rest"),
    "on disk": lambda n: f"{n['disk_mb']['all']:.0f} MB",
    "… vectors, terms, records": lambda n: " / ".join(
        f"{n['disk_mb'][name]:.0f}" for name in ("vectors", "terms", "records")
    ),
    "memory at most, building": lambda n: f"{n['build_peak_mb']:.0f} MB",
    "memory at most, serving": lambda n: f"{n['serve_peak_mb']:.0f} MB",
    "opened, every byte verified": lambda n: f"{n['open_s']:.2f} s",
    "server ready": lambda n: f"{n['ready_s']:.1f} s",
    "dense search, p50 / p95": lambda n: _latency(n["search_ms"]["dense"]),
    "lexical search, p50 / p95": lambda n: _latency(n["search_ms"]["lexical"]),
    "fused retrieval, p50 / p95": lambda n: _latency(n["search_ms"]["fused"]),
    "… in CPU time, p50": lambda n: f"{n['search_cpu_ms']['fused']['p50']:.2f} ms",
    "recall of the 10 nearest": lambda n: f"{n['recall_at_10']:.3f}",
    "one document more, p50 / longest": lambda n: (
        f"{n['add_ms']['p50']:.0f} / {n['add_ms']['longest']:.0f} ms"
    ),
}


def write_report(result: Numbers, folder: Path) -> None:
    """Write scale.json, scale.md and scale.svg into a folder."""
    text = json.dumps(result, indent=2, default=float)
    (folder / "scale.json").write_text(text + "\n", encoding="utf-8")
    (folder / "scale.md").write_text(_table(result), encoding="utf-8")
    _plot(result, folder / "scale.svg")


def _table(result: Numbers) -> str:
    sizes: dict[int, Numbers] = result["sizes"]
    encoder = result["encoder"]
    rows = [
        ["passages", *(f"{size:,}" for size in sizes)],
        ["---"] * (len(sizes) + 1),
        *([name, *(cell(numbers) for numbers in sizes.values())] for name, cell in _ROWS.items()),
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    chunking, encoding = encoder["chunking_ms"], encoder["encoding_ms"]
    return f"""\
# Scale

Measured {result["date"]} on {result["machine"]}, shared with others (load {result["load"]:.1f} at
the start), by `python -m eval.benchmarks.scale`. Texts and vectors are synthetic: `synthetic.py`
says how. On real text chunking takes {chunking:.2f} ms of CPU time a passage and encoding
{encoding:.1f} ms, which comes to what is told here.

{chr(10).join(lines)}

![Time to build and to search, memory, disk and recall, by the number of passages](scale.svg)
"""


def _stage(numbers: Numbers, name: str) -> str:
    return f"{numbers['stages_cpu_ms_per_passage'].get(name, 0):.2f} ms"


def _latency(quantiles: dict[str, float]) -> str:
    return f"{quantiles['p50']:.2f} / {quantiles['p95']:.2f} ms"


def _plot(result: Numbers, file: Path) -> None:
    """Draw what a passage takes as a collection grows; by size, searches, memory, disk, recall."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    sizes: dict[int, Numbers] = result["sizes"]
    with rc_context({"svg.hashsalt": "scale", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 7), layout="constrained")
        (growing, searching), (holding, recalling) = figure.subplots(2, 2)
        for size, numbers in sizes.items():
            done = [count for count, *_ in numbers["grown"]]
            mean = [1e3 * cpu / count for count, _, cpu in numbers["grown"]]
            growing.plot(done, mean, label=f"{size:,} passages")
        growing.set(xlabel="passages so far", ylabel="ms of CPU a passage, so far", ylim=(0, None))
        growing.set_title("Building, encoding aside")
        for name in ("dense", "lexical", "fused"):
            of = [numbers["search_ms"][name] for numbers in sizes.values()]
            (line,) = searching.plot([*sizes], [each["p50"] for each in of], "o-", label=name)
            searching.plot([*sizes], [each["p95"] for each in of], "^--", color=line.get_color())
        searching.set(ylabel="ms, p50 (dashed: p95)", ylim=(0, None))
        searching.set_title("Searching")
        for name, label in (("build_peak_mb", "building"), ("serve_peak_mb", "serving")):
            holding.plot([*sizes], [each[name] for each in sizes.values()], "o-", label=label)
        disk = [each["disk_mb"]["all"] for each in sizes.values()]
        holding.plot([*sizes], disk, "^--", label="on disk")
        holding.set(ylabel="MB", yscale="log")
        holding.set_title("Memory at most, and disk")
        recalling.plot([*sizes], [each["recall_at_10"] for each in sizes.values()], "o-")
        recalling.set(ylabel="share of the 10 nearest found", ylim=(0.5, 1.02))
        recalling.set_title("Recall against exact search")
        for axes in (searching, holding, recalling):
            axes.set(xlabel="passages", xscale="log")
        for axes in (growing, searching, holding):
            axes.legend()
        figure.savefig(file, metadata={"Date": None})
