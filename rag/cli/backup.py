"""``rag backup`` and ``rag restore``: an index with its collections as one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli.options import guarded, with_settings
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.backup import Held


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@guarded
@with_settings("index")
def backup_command(settings: Settings, file: Path) -> None:
    """Write the index and its named collections into FILE, every byte verified.

    FILE is a tar archive, there once it is whole; a backup of that name is replaced. Models are
    not in it. Servers and writers go on meanwhile.
    """
    from rag.backup import back_up
    from rag.cli.show import progress_bar

    with progress_bar() as progress:
        held = back_up(settings.index, file, progress)
    _tell(held)
    click.echo(f"wrote {file}, {file.stat().st_size / 1e6:.1f} MB")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the documents that there are.")
@guarded
@with_settings("index")
def restore_command(settings: Settings, file: Path, *, force: bool) -> None:
    """Make the index and its named collections what FILE holds, every byte verified.

    What serves goes on until all of FILE is verified. Collections that FILE does not hold stay.
    """
    from rag.cli.show import progress_bar
    from rag.library import places
    from rag.restore import restore

    with progress_bar() as progress:
        held = restore(file, settings.index, progress, force=force)
    _tell(held)
    for name in places(settings.index).keys() - held.keys():
        click.echo(f"collection {name}: not in {file}, so it stays as it was")
    click.echo(f"restored {file} to {settings.index}/")


def _tell(held: "Held") -> None:
    for name, manifest in held.items():
        click.echo(
            f"{f'collection {name}' if name else 'index'}: generation {manifest.generation}, "
            f"{manifest.documents} document(s), {manifest.passages} passage(s)"
        )
