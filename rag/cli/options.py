"""Command-line flags, made from the settings table, and errors made into exit codes."""

import sys
import types
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

import click

from rag.errors import RagError
from rag.settings import Settings, load

P = ParamSpec("P")
R = TypeVar("R")


def with_settings(*names: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command the flags of the named settings, and the loaded ``Settings`` as its first."""

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @wraps(command)
        def run(**values: Any) -> R:
            flags = {name: values.pop(name) for name in names}
            return command(load(flags), **values)

        decorated: Callable[..., R] = run
        for name in reversed(names):
            decorated = _option(name)(decorated)
        return decorated

    return decorate


class ReadsFiles(click.Command):
    """A command whose help ends with the kinds of files it reads; only then are they looked up."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of supported suffixes."""
        from rag.documents import SUPPORTED

        super().format_epilog(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(f"Supported files: {SUPPORTED}.")


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command end with exit code 2 and one clear line, where we or the system refuse."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # whoever read our output has left; click ends quietly
        except (RagError, OSError) as error:
            click.secho("error: ", fg="red", bold=True, err=True, nl=False)
            click.echo(str(error), err=True)
            sys.exit(2)

    return run


def _option(name: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    field = Settings.model_fields[name]
    default = "unset" if field.default is None else field.default
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=_scalar(field.annotation),
        default=None,
        help=f"{field.description}  [default: {default}]",
    )


def _scalar(annotation: Any) -> type:
    """Return the flag's type: numbers as numbers, all else as text that settings will check."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return annotation if annotation in (int, float) else str
