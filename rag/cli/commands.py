"""The commands: ``rag serve | ask | index | eval | mcp | doctor | backup | restore | train``."""

import sys
from pathlib import Path
from typing import Any

import click

from rag.cli.backup import backup_command, restore_command
from rag.cli.evaluate import evaluate_command
from rag.cli.index import index_command
from rag.cli.mcp import mcp_command
from rag.cli.options import ReadsFiles, guarded, with_settings
from rag.settings import Settings

_EXAMPLE = "Who is the press secretary of Japan’s Foreign Ministry?"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rag", prog_name="rag")
def main() -> None:
    """Answer questions from your own documents with verbatim, cited spans. No language model.

    Every setting is also an environment variable (RAG_PORT) and a key of rag.toml (port).
    """


@main.command()
@guarded
@with_settings(
    "host",
    "port",
    "cors_origins",
    "index",
    "models",
    "encoder",
    "reader",
    "calibration",
    "top_k",
    "min_confidence",
    "workers",
    "threads",
    "max_waiting",
    "deadline",
)
def serve(settings: Settings) -> None:
    """Serve the index over HTTP."""
    from rag.server import serve as serve_http

    def announce(address: str) -> None:
        click.echo(f"Serving {settings.index}/ at {address} (Ctrl-C stops). Try:\n")
        click.echo(f"  curl -s {address}/v1/ask -H 'Content-Type: application/json' \\")
        click.echo(f'    -d \'{{"question": "{_EXAMPLE}"}}\'\n')
        click.echo(f"or open {address}/ in a browser; {address}/docs describes the API.")
        sys.stdout.flush()

    serve_http(settings, announce)


@main.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as HTTP would give it.")
@guarded
@with_settings(
    "index", "models", "encoder", "reader", "calibration", "top_k", "min_confidence", "threads"
)
def ask(settings: Settings, question: tuple[str, ...], *, as_json: bool) -> None:
    """Ask one QUESTION of the index."""
    from rag.cli.show import show_answer
    from rag.engine import Engine
    from rag.wire import AskResponse

    answer = Engine.open(settings).ask(" ".join(question))
    if as_json:
        click.echo(AskResponse.of(answer).model_dump_json(indent=2))
    else:
        show_answer(answer)


@main.command()
@click.option("--mend", is_flag=True, help="Mend what can be mended without losing a document.")
@click.option("--drop-lost", is_flag=True, help="With --mend: drop documents that are damaged.")
@guarded
@with_settings("index", "models", "encoder", "reader", "encoding", "host", "port")
def doctor(settings: Settings, *, mend: bool, drop_lost: bool) -> None:
    """Check settings, models and every collection, and say what mends what is wrong.

    Vectors, terms and manifests are mended from the stored texts, in a generation of its own
    that serves once it is whole. Exit codes: 0 all is well, 1 something is not.
    """
    from rag.cli.doctor import examine
    from rag.cli.show import progress_bar, show_checks

    if mend or drop_lost:
        from rag.cli.mending import mend_all

        with progress_bar() as progress:
            done = mend_all(settings, progress, drop_lost=drop_lost)
        click.echo("\n".join(done))
    sys.exit(0 if show_checks(examine(settings)) else 1)


@main.group()
def train() -> None:
    """Make anew what the package ships (needs the extra: pip install 'rag[train]')."""


@train.command("encoding", cls=ReadsFiles)
@click.argument("texts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Ranks file to write.")
@guarded
def train_encoding(texts: tuple[Path, ...], out: Path) -> None:
    """Train the byte-level BPE that counts tokens on TEXTS: supported or SQuAD .json files."""
    from rag.training.encoding import read_texts
    from rag.training.encoding import train as train_bpe

    click.echo(f"wrote {train_bpe(read_texts(texts), out)} tokens to {out}")


@train.command("reader")
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="Questions, in SQuAD's JSON or our JSON Lines; may be given several times, and the same "
    "file twice to count double.",
)
@click.option(
    "--collection",
    type=click.Path(path_type=Path),
    help="Documents that questions in JSON Lines are about; unset: the index in use.",
)
@click.option("--split", type=click.Choice(["dev", "test"]), help="Only this half of JSON Lines.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--passes", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--steps", type=click.IntRange(min=1), help="End after so many steps, at most.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--start",
    default="rag-reader",
    show_default=True,
    help="What to train on from: the reader that ships, a checkpoint, or an encoder.",
)
@click.option(
    "--wordnet",
    type=click.Path(path_type=Path),
    help="WordNet database to ask half of the questions in other words with; Debian's package "
    "wordnet-base has it in /usr/share/wordnet. Unset: they are asked as they stand.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out.")
@guarded
@with_settings("index", "models", "encoder", "encoding", "threads")
def train_reader(
    settings: Settings,
    data: tuple[Path, ...],
    collection: Path | None,
    split: str | None,
    out: Path,
    *,
    resume: bool,
    **plan: Any,
) -> None:
    """Train a span reader on questions, your own or public ones.

    Leaves a checkpoint in Hugging Face layout in OUT/model, and in OUT/reader what serves: set
    RAG_READER to that folder, then fit its confidence with rag train calibrator.
    """
    from rag.cli.show import progress_bar
    from rag.evaluation.sets import Source
    from rag.training.course import Plan
    from rag.training.reader import make

    sources = [Source(each, collection, split=split) for each in data]
    with progress_bar() as progress:
        make(settings, sources, Plan(**plan), out, progress, resume=resume)
    click.echo(f"wrote {out}/model and {out}/reader")


@train.command("average")
@click.argument("checkpoints", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@guarded
def train_average(checkpoints: tuple[str, ...], out: Path) -> None:
    """Average the weights of CHECKPOINTS that were trained one from the other.

    One of them may be rag-reader, the reader that ships. Leaves in OUT what rag train reader does.
    """
    from rag.training.averaging import average

    average(checkpoints, out)
    click.echo(f"wrote {out}/model and {out}/reader")


@train.command("calibrator")
@click.option(
    "--gold",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="Questions, as rag eval takes them: our JSON Lines, SQuAD or ClapNQ; may be given several "
    "times.",
)
@click.option(
    "--collection",
    type=click.Path(path_type=Path),
    help="Documents that the questions are about; unset: those of GOLD, or the index in use.",
)
@click.option("--split", type=click.Choice(["dev", "test"]), help="Only this half of GOLD.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@guarded
@with_settings("index", "models", "encoder", "reader", "top_k", "target_precision", "threads")
def train_calibrator(
    settings: Settings,
    gold: tuple[Path, ...],
    collection: Path | None,
    split: str | None,
    out: Path,
) -> None:
    """Fit how sure answers are, and when to abstain, on GOLD questions of your own.

    Set RAG_CALIBRATION to the file that it writes.
    """
    from rag.cli.show import progress_bar, show_fit
    from rag.evaluation.sets import Source
    from rag.training.calibrator import fit

    with progress_bar() as progress:
        sources = [Source(each, collection, split=split) for each in gold]
        fitted = fit(settings, sources, out, progress)
    show_fit(fitted, out)


main.add_command(evaluate_command)
main.add_command(mcp_command)
main.add_command(index_command)
main.add_command(backup_command)
main.add_command(restore_command)
