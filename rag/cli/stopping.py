"""Ctrl-C as ``KeyboardInterrupt``, whatever the library that it falls into makes of it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stoppable() -> Iterator[None]:
    """Have an error that is raised after Ctrl-C be a ``KeyboardInterrupt``.

    C code may put another in its place: NumPy, told while it looks what it is to write to, raises
    ``TypeError``. Where Ctrl-C is ignored, as in a shell's background, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    is_told = False

    def tell(number: int, frame: FrameType | None) -> None:
        nonlocal is_told
        is_told = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, tell)
    try:
        yield
    except Exception as error:
        if is_told:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
