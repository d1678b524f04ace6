"""Command line: thin client of Engine. Heavy parts are imported by the command that needs them."""

from rag.cli.commands import main

__all__ = ["main"]
