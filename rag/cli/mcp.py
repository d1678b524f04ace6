"""``rag mcp``: answers an MCP client over stdin and stdout."""

from signal import SIG_DFL, SIGINT, signal
from threading import Event

import click

from rag.cli.options import guarded, with_settings
from rag.settings import Settings

_PATIENCE = 20.0
"""Seconds that a request waits for the models, which its client has only just had loaded."""


@click.command("mcp")
@click.option("--collection", help="Named collection to serve; unset: the default one.")
@guarded
@with_settings(
    "index", "models", "encoder", "reader", "calibration", "top_k", "min_confidence", "threads"
)
def mcp_command(settings: Settings, collection: str | None) -> None:
    """Serve the index to the MCP client that starts this, over stdin and stdout.

    A server that rag serve started is an MCP server as well, at /mcp. Needs the extra: pip
    install 'rag[mcp]'.
    """
    from rag.mcp import require

    require()
    import anyio

    signal(SIGINT, SIG_DFL)  # else Ctrl-C waits for the thread that waits for a line of stdin
    anyio.run(_serve, settings, collection)


async def _serve(settings: Settings, collection: str | None) -> None:
    """Answer until stdin ends; index and models are loaded meanwhile."""
    from mcp.server.stdio import stdio_server

    from rag.collection import Collection
    from rag.mcp.server import serving
    from rag.mcp.source import Source
    from rag.server.warmup import Warmup

    opened = Event()

    def done(error: Exception | None) -> None:
        if error is not None:
            click.echo(f"error: {error}", err=True)
        opened.set()

    warmup = Warmup(lambda: Collection.open(settings), done)

    def find(_: object) -> Source:
        opened.wait(_PATIENCE)
        return Source(warmup.library.get(collection).engine, collection)

    server = serving(find)
    async with stdio_server() as (incoming, outgoing):  # from here on, stray output goes to stderr
        warmup.start()
        await server.run(incoming, outgoing, server.create_initialization_options())
    warmup.stop()
