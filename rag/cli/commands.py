"""The commands: ``rag serve | ask | index | eval | doctor | train``."""

import sys
from pathlib import Path

import click

from rag.cli.evaluate import evaluate_command
from rag.cli.options import guarded, with_settings
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
@with_settings("host", "port", "index", "models", "encoder", "top_k", "min_confidence", "threads")
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
@with_settings("index", "models", "encoder", "top_k", "min_confidence", "threads")
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
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--rebuild", is_flag=True, help="Index PATHS alone, passing over what is there.")
@guarded
@with_settings(
    "index", "models", "encoder", "encoding", "passage_tokens", "overlap_tokens", "threads"
)
def index(settings: Settings, paths: tuple[Path, ...], *, rebuild: bool) -> None:
    """Index the .txt and .md files at PATHS: files, or folders and all below them.

    Documents of the same id are replaced, unchanged ones are passed over, others stay.
    """
    from rag.cli.show import progress_bar, show_report
    from rag.engine import index as index_paths

    with progress_bar() as progress:
        report = index_paths(settings, paths, progress, rebuild=rebuild)
    show_report(report, settings.index)
    sys.exit(1 if report.failed else 0)


@main.command()
@guarded
@with_settings("index", "models", "encoder", "encoding", "host", "port")
def doctor(settings: Settings) -> None:
    """Check settings, models and index, and say what mends what is wrong."""
    from rag.cli.doctor import examine
    from rag.cli.show import show_checks

    sys.exit(0 if show_checks(examine(settings)) else 1)


@main.group()
def train() -> None:
    """Make anew what the package ships (needs the extra: pip install 'rag[train]')."""


@train.command("encoding")
@click.argument("texts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Ranks file to write.")
@guarded
def train_encoding(texts: tuple[Path, ...], out: Path) -> None:
    """Train the byte-level BPE that counts tokens on TEXTS: .txt, .md or SQuAD .json files."""
    from rag.training.encoding import read_texts
    from rag.training.encoding import train as train_bpe

    click.echo(f"wrote {train_bpe(read_texts(texts), out)} tokens to {out}")


@train.command("sentences")
@click.option("--reader-data", required=True, type=click.Path(path_type=Path), help="SQuAD file.")
@click.option(
    "--calibration-data",
    required=True,
    type=click.Path(path_type=Path),
    help="SQuAD 2.0 file on other articles.",
)
@click.option(
    "--gold",
    required=True,
    type=click.Path(path_type=Path),
    help="Gold file; its development half chooses the threshold.",
)
@click.option(
    "--documents",
    required=True,
    type=click.Path(path_type=Path),
    help="The documents of the gold file.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@guarded
@with_settings(
    "index", "models", "encoder", "encoding", "passage_tokens", "overlap_tokens", "threads"
)
def train_sentences(  # one argument a flag
    settings: Settings,
    reader_data: Path,
    calibration_data: Path,
    gold: Path,
    documents: Path,
    out: Path,
) -> None:
    """Fit the sentence reader, its confidence and its threshold."""
    from rag.cli.show import progress_bar
    from rag.training.sentences import Sources, fit

    with progress_bar() as progress:
        share = fit(
            settings, Sources(reader_data, calibration_data, gold, documents), out, progress
        )
    click.echo(
        f"wrote sentences.json and calibration.json to {out}; {share:.3f} of the decisions "
        f"on the development half of {gold} are right"
    )


main.add_command(evaluate_command)
