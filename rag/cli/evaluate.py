"""``rag eval``: asks gold questions, shows and writes the figures, and gates on them."""

import sys
from pathlib import Path
from typing import Any

import click

from rag.cli.options import guarded, with_settings
from rag.settings import Settings


@click.command("eval")
@click.argument("gold", type=click.Path(path_type=Path))
@click.option(
    "--collection",
    type=click.Path(path_type=Path),
    help="Documents that the questions are about; unset: those of GOLD, or the index in use.",
)
@click.option("--url", help="Ask a running server instead of this process, e.g. http://host:8000.")
@click.option("--split", type=click.Choice(["dev", "test"]), help="Only this half of GOLD.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="Only this many questions, drawn by --seed."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of draws and intervals.")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    help="Compare with this baseline; exit 1 where a gated measure fell significantly.",
)
@click.option("--fail-under", default="", help='Exit 1 under these, e.g. "f1=0.8,hit@1=0.9".')
@click.option("--report", type=click.Path(path_type=Path), help="Folder for report and results.")
@click.option("--write-baseline", type=click.Path(path_type=Path), help="Baseline file to write.")
@click.option("--ablate", is_flag=True, help="Ask again with the gold document and passage given.")
@guarded
@with_settings(
    "index", "models", "encoder", "reader", "calibration", "top_k", "min_confidence", "threads"
)
def evaluate_command(settings: Settings, gold: Path, seed: int, **flags: Any) -> None:
    """Evaluate on GOLD: our JSON Lines, SQuAD or ClapNQ files, BEIR or TREC folders.

    Deterministic, without a language model. Exit codes: 0 fine, 1 a gate failed, 2 bad input.
    """
    from rich.console import Console

    from rag.cli.show import progress_bar
    from rag.evaluation import compare
    from rag.evaluation.report.outputs import write_all
    from rag.evaluation.report.table import table
    from rag.evaluation.sets import Source, evaluate_set

    source = Source(gold, flags["collection"], flags["url"], flags["split"], flags["limit"])
    with progress_bar() as progress:
        evaluation = evaluate_set(settings, source, seed, progress, ablate=flags["ablate"])
    comparison = compare.compare(evaluation, flags["baseline"]) if flags["baseline"] else None
    Console().print(table(evaluation, comparison))
    if flags["report"]:
        write_all(evaluation, comparison, flags["report"])
        click.echo(f"report: {flags['report']}/report.html")
    if flags["write_baseline"]:
        compare.write_baseline(evaluation, flags["write_baseline"])
        click.echo(f"baseline: {flags['write_baseline']}")
    faults = compare.below(evaluation, flags["fail_under"])
    faults += (
        [f"{name} fell significantly" for name in comparison.regressions] if comparison else []
    )
    for fault in faults:
        click.secho(f"gate: {fault}", fg="red", err=True)
    sys.exit(1 if faults else 0)
