"""Evaluation -> a table for the terminal: figures by group, and what changed since a baseline."""

from rich.table import Table
from rich.text import Text

from rag.evaluation.compare import Comparison, Delta
from rag.evaluation.definitions import grouped
from rag.evaluation.report.page import number, rate
from rag.evaluation.run import Evaluation
from rag.evaluation.summary import Figure, latencies


def table(evaluation: Evaluation, comparison: Comparison | None) -> Table:
    """Return figure, value, interval and n, with change and p where compared."""
    made = Table(title=Text(evaluation.name), title_justify="left")
    for heading in ("", "value", "95% interval", "n", *(("change", "p") if comparison else ())):
        made.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    deltas = {each.name: each for each in comparison.deltas} if comparison else {}
    fallen = comparison.regressions if comparison else ()
    for group, names in grouped(evaluation.figures).items():
        made.add_row(Text(group, style="bold"))
        for name in names:
            figure = evaluation.figures[name]
            _add(made, name, figure, deltas.get(name), is_worse=name in fallen)
        made.add_section()
    _add_latencies(made, evaluation)
    return made


def _add(made: Table, name: str, figure: Figure, delta: Delta | None, *, is_worse: bool) -> None:
    interval = f"{number(figure.low)}–{number(figure.high)}"
    cells = [name, number(figure.value), interval, str(figure.n)]
    if delta is not None:
        style = "bold red" if is_worse else "bold green" if delta.significant else ""
        change = Text(f"{delta.delta:+.3f}", style=style)
        made.add_row(*cells, change, number(delta.p_value, 4))
    else:
        made.add_row(*cells)


def _add_latencies(made: Table, evaluation: Evaluation) -> None:
    """Add a row for each stage, with the tail in place of an interval."""
    made.add_row(Text("latency", style="bold"))
    for stage, of in latencies(evaluation.scored).items():
        tail = f"p95 {number(of['p95'], 1)}, p99 {number(of['p99'], 1)}"
        timed = sum(stage in each.latency_ms for each in evaluation.scored)
        made.add_row(f"{stage}, median ms", number(of["p50"], 1), tail, str(timed))
    made.add_row("questions a second", number(rate(evaluation), 1), "", str(len(evaluation.asked)))
