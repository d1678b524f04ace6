"""``rag index``: brings the index up to date with files and feeds, once or as they change."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from rag.cli.options import ReadsFiles, guarded, with_settings
from rag.cli.stopping import stoppable
from rag.settings import Settings

if TYPE_CHECKING:  # it takes a second to import
    from rag.indexing import Watch

_STANDARD_INPUT = Path("-")
_INTERRUPTED = 130
"""Exit code of what Ctrl-C ended: 128 and the number of the signal, as shells have it."""


@click.command("index", cls=ReadsFiles)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--rebuild",
    is_flag=True,
    help="Make the index anew: of PATHS alone, or without PATHS of the texts that it holds.",
)
@click.option(
    "--upgrade",
    is_flag=True,
    help="First make the index anew of its own texts, if other settings or an old release made it.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the documents that are not at PATHS any more; not if a file cannot be read.",
)
@click.option("--watch", is_flag=True, help="Then go on as files change, until stopped (Ctrl-C).")
@guarded
@with_settings(
    "index", "models", "encoder", "encoding", "passage_tokens", "overlap_tokens", "threads"
)
def index_command(settings: Settings, paths: tuple[Path, ...], *, watch: bool, **how: bool) -> None:
    """Index the supported files at PATHS: files, folders and all below them, or 'notes/**/*.md'.

    Documents of the same id are replaced, unchanged ones are passed over, others stay. Files in
    an archive, attachments of a mail and lines of JSON Lines are documents of their own. The path -
    stands for JSON Lines on standard input, each with an "id". Exit codes: 0 fine, 1 something
    could not be read, 2 refused, 130 stopped.
    """
    from rag.indexing import Watch

    files = [each for each in paths if each != _STANDARD_INPUT]
    if not paths and not (how["rebuild"] and not how["upgrade"] and not how["prune"] and not watch):
        raise click.UsageError("Missing argument 'PATHS...': --rebuild alone can do without.")
    if watch and len(files) < len(paths):
        raise click.UsageError("Standard input cannot be watched: name files and folders.")
    watched = Watch(files, settings.index) if watch else None
    has_failed = _index(settings, files, is_fed=len(files) < len(paths), **how)
    if watched:
        _follow(settings, watched)
    sys.exit(1 if has_failed else 0)


def _index(settings: Settings, files: Sequence[Path], *, is_fed: bool, **how: bool) -> bool:
    """Index once, and show what was done; return whether something failed."""
    from rag.cli.show import progress_bar, show_report
    from rag.engine import index

    published = 0
    try:
        with stoppable(), progress_bar() as show:

            def note(stage: str, done: int, total: int) -> None:
                nonlocal published
                published = done if stage == "indexing" else published
                show(stage, done, total)

            lines = sys.stdin.buffer if is_fed else None
            report = index(settings, files, note, lines=lines, **how)
    except KeyboardInterrupt:
        _stop(
            f"stopped: {published:,} document(s) of this run are indexed and can be asked; "
            "the same command goes on from there."
            if published
            else "stopped: the index is as it was; the same command starts again."
        )
    show_report(report, settings.index)
    return bool(report.failed)


def _follow(settings: Settings, watched: "Watch") -> None:
    """Index files as they change, and show what was done, until Ctrl-C."""
    from rag.cli.show import show_step
    from rag.engine import indexer

    click.echo("Watching for changes (Ctrl-C stops).")
    try:
        with stoppable():
            for each in watched.reports(indexer(settings)):
                show_step(each)
    except KeyboardInterrupt:
        _stop("stopped: the index holds what was told of above.")


def _stop(said: str) -> NoReturn:
    click.echo(said, err=True)
    sys.exit(_INTERRUPTED)
