"""Evaluates on the article and on every public set at hand, and prints one table.

    python -m eval.suite ../shared/data            compare with eval/baselines/
    python -m eval.suite ../shared/data --write    make the baselines anew
    python -m eval.suite ../shared/data --show     print the baselines as docs/evaluation.md does

Sets that are not at hand are named and passed over. Large ones are drawn from, with a fixed seed,
so that all of it takes less than 15 minutes on 2 cores.
"""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from eval.conversations import compose
from rag.cli.options import guarded
from rag.cli.show import progress_bar
from rag.evaluation.compare import Comparison, compare, write_baseline
from rag.evaluation.report.outputs import write_all
from rag.evaluation.run import Evaluation
from rag.evaluation.sets import Source, evaluate_set
from rag.settings import load

HERE = Path(__file__).parent
CONVERSATIONS = HERE.parent / "index" / "evaluation" / "conversations"
"""Where the conversations are composed."""
SEED = 0
_WIDTH = 240
SHOWN = (
    *("hit@1", "reading_hit@1", "hit@5", "ndcg@10", "em", "f1", "best_f1", "has_ans_f1"),
    *("no_ans_accuracy", "right", "decided", "auroc", "ece", "as_resolved"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A set of the suite: its name, where it lies, and how it is narrowed."""

    name: str
    gold: Path
    collection: Path | None = None
    split: str | None = None
    limit: int | None = None


def entries(data: Path) -> list[Entry]:
    """Return the sets, the article first, then those of ``data``."""
    public = data / "eval"
    return [
        Entry("article-test", HERE / "gold/article.jsonl", HERE.parent / "seeds", "test"),
        Entry(
            "article-conversations-test",
            HERE / "gold/article-conversations.jsonl",
            HERE.parent / "seeds",
            "test",
        ),
        Entry(
            "conversations-test",
            CONVERSATIONS / "gold.jsonl",
            CONVERSATIONS / "documents",
            "test",
        ),
        Entry("squad2-public-300", public / "squad2-public.json", limit=300),
        Entry("squad2-public", public / "squad2-public.json", limit=1000),
        Entry("squad1-public", public / "squad1-public.json", limit=1000),
        Entry("covid-qa", public / "covid-qa.json", limit=300),
        Entry("clapnq-answerable", public / "clapnq-answerable-public.jsonl"),
        Entry("clapnq-unanswerable", public / "clapnq-unanswerable-public.jsonl"),
        Entry("cranfield", public / "cranfield"),
    ]


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the baselines instead of comparing with them.")
@click.option("--show", is_flag=True, help="Print the baselines as a Markdown table and stop.")
@click.option("--only", multiple=True, help="Names of the sets to run; all if none is given.")
@guarded
def main(data: Path, only: tuple[str, ...], *, write: bool, show: bool) -> None:
    """Run the suite on the public sets below DATA."""
    if show:
        click.echo(baselines(data))
        return
    shown = Table(title="Evaluation suite", caption="± is half of the 95% interval")
    for column in ("set", "n", *SHOWN, "p50 ms", "fell"):
        shown.add_column(column, justify="left" if column == "set" else "right", no_wrap=True)
    with suppress(FileNotFoundError):  # then it is passed over, as every set that is not at hand
        compose(data, CONVERSATIONS)
    fallen = False
    for entry in entries(data):
        if only and entry.name not in only:
            continue
        if not entry.gold.exists():
            click.echo(f"{entry.name}: {entry.gold} is not here, passed over", err=True)
            continue
        evaluation, comparison = _run(entry, write=write)
        regressions = comparison.regressions if comparison else ()
        fallen = fallen or bool(regressions)
        shown.add_row(entry.name, *_cells(evaluation), ", ".join(regressions) or "-")
    Console(width=_WIDTH).print(shown)
    sys.exit(1 if fallen else 0)


def baselines(data: Path) -> str:
    """Return the figures of the baselines, with their intervals, as a Markdown table."""
    rows = [["set", "n", *SHOWN], ["---"] * (len(SHOWN) + 2)]
    for entry in entries(data):
        content = json.loads(_baseline(entry).read_text(encoding="utf-8"))
        figures = content["figures"]
        cells = [
            "{:.3f} ({:.2f}–{:.2f})".format(*figures[name]) if name in figures else ""
            for name in SHOWN
        ]
        rows.append([entry.name, str(len(content["ids"])), *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _baseline(entry: Entry) -> Path:
    return HERE / "baselines" / f"{entry.name}.json"


def _run(entry: Entry, *, write: bool) -> tuple[Evaluation, Comparison | None]:
    source = Source(entry.gold, entry.collection, None, entry.split, entry.limit)
    click.echo(entry.name, err=True)
    with progress_bar() as progress:
        evaluation = evaluate_set(load(), source, SEED, progress)
    baseline = _baseline(entry)
    if write:
        baseline.parent.mkdir(exist_ok=True)
        write_baseline(evaluation, baseline)
    comparison = compare(evaluation, baseline) if baseline.exists() else None
    write_all(evaluation, comparison, HERE / "reports" / entry.name)
    return evaluation, comparison


def _cells(evaluation: Evaluation) -> list[str]:
    cells = [str(len(evaluation.scored))]
    for name in SHOWN:
        figure = evaluation.figures.get(name)
        half = (figure.high - figure.low) / 2 if figure else 0.0
        cells.append(f"{figure.value:.3f}±{half:.2f}" if figure else "")
    totals = sorted(e.latency_ms["total"] for e in evaluation.scored if e.latency_ms)
    return [*cells, f"{totals[len(totals) // 2]:.0f}" if totals else ""]


if __name__ == "__main__":
    main()
