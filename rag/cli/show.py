"""What the commands show a person, with rich: progress, answers, reports and checks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rag.answering import explained
from rag.cli.doctor import Check
from rag.errors import RagError
from rag.index import Manifest
from rag.indexing import Progress as Report_
from rag.indexing import Report
from rag.types import Answer, Citation

if TYPE_CHECKING:  # it needs the extra "train"
    from rag.training.calibrator import Fitted

_SHOWN = 240
"""Characters shown of a passage."""

_out = Console(highlight=False, emoji=False)


class _Rate(ProgressColumn):
    """How much is done a second."""

    def render(self, task: Task) -> Text:
        """Write the rate, once there is one."""
        speed = task.finished_speed or task.speed
        unit = " passages" if task.description == "encoding" else ""
        return Text("" if speed is None else f"{speed:,.1f}{unit}/s", style="progress.data.speed")


@contextmanager
def progress_bar() -> Iterator[Report_]:
    """Give a callback that draws one bar a stage, with count, rate and time left, on stderr.

    Where what it shows the progress of fails, the bars give way to the error.
    """
    columns = (
        TextColumn("{task.description:>12}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done, total=total or None)

        try:
            yield advance
        except BaseException:
            bars.live.transient = True
            raise


def show_answer(answer: Answer) -> None:
    """Show the answer, its sentence with the span emphasised, its source and its confidence."""
    if answer.reason:
        _out.print(Panel(explained(answer.reason), border_style="yellow"))
        if answer.unknown_words:
            _out.print(f"Nowhere in the documents: {escape(', '.join(answer.unknown_words))}.")
        for hit in answer.passages[:3]:
            _out.print(f"[dim]{escape(hit.passage.id)}[/dim]")
            _out.print(Text(_shortened(hit.passage.text)), style="dim")
    elif answer.answer is not None:
        _out.print(f"[bold]{escape(answer.answer)}[/bold]")
    for citation in answer.citations:
        _out.print(Panel(_emphasised(citation)))
        _out.print(
            f"[bold]{escape(citation.title)}[/bold]\n{escape(citation.document_id)}, "
            f"{_page(citation)}characters {citation.start}–{citation.end}"
        )
    _out.print(f"confidence {answer.confidence:.2f}, {answer.timings_ms.total:.0f} ms")


def show_report(report: Report, folder: Path) -> None:
    """Show what an indexing run did."""
    state = "made" if report.is_new else "is up to date:"
    _line(
        f"{escape(str(folder))}/ generation {report.manifest.generation} {state} "
        f"{_held(report.manifest)}; {len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} removed, "
        f"{len(report.failed)} failed"
    )
    _show_faults(report)


def show_step(step: Report | RagError) -> None:
    """Show what was done about a change of the files that are watched, or what was wrong."""
    if isinstance(step, RagError):
        _line(f"[red]failed[/red]: {escape(str(step))}")
        return
    told = {"added": step.added, "changed": step.changed, "removed": step.removed}
    done = "; ".join(f"{what} {', '.join(ids)}" for what, ids in told.items() if ids)
    if done:
        _line(f"{escape(_shortened(done))}: {_held(step.manifest)}")
    _show_faults(step)


def _held(manifest: Manifest) -> str:
    return f"{manifest.documents} document(s), {manifest.passages} passage(s)"


def _show_faults(report: Report) -> None:
    for note in report.notes:
        _line(f"[yellow]note[/yellow]: {escape(note)}")
    for failure in report.failed:
        _line(f"[red]failed[/red]: {escape(failure)}")


def _line(text: str) -> None:
    """Show one line, which a file or a pipe gets as one, however long it is."""
    _out.print(text, soft_wrap=True)


def show_fit(fitted: "Fitted", out: Path) -> None:
    """Show what a calibration is worth, told on articles left out of the fit."""
    _out.print(f"wrote {escape(str(out))}. Told on articles left out of the fit:")
    for worth in fitted.files:
        told = f"AUROC {worth.auroc:.3f}, " if worth.auroc is not None else ""
        _out.print(
            f"  {escape(worth.file)}: {worth.questions} questions on {worth.articles} articles, "
            f"{told}ECE {worth.ece:.3f}"
        )
    _out.print(
        f"From a confidence of {fitted.threshold:.3f} on, {fitted.coverage:.1%} are answered, "
        f"{fitted.precision:.1%} of them right."
    )


def show_checks(checks: Sequence[Check]) -> bool:
    """Show the checks; return whether all passed."""
    for check in checks:
        mark = "[green]ok[/green]  " if check.passed else "[red]FAIL[/red]"
        _out.print(f"{mark} {check.name}: {escape(check.detail)}")
    return all(check.passed for check in checks)


def _emphasised(citation: Citation) -> Text:
    offset = citation.sentence.start
    text = Text(citation.sentence_text)
    text.stylize("bold green", citation.start - offset, citation.end - offset)
    return text


def _page(citation: Citation) -> str:
    return "" if citation.page is None else f"page {citation.page}, "


def _shortened(text: str) -> str:
    return shorten(" ".join(text.split()), _SHOWN, placeholder=" …")
