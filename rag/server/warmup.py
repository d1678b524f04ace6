"""Opens the collections beside the event loop, and follows what other processes publish."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from fastapi import Request

from rag.collection import Collection
from rag.errors import NotReady
from rag.library import Library

_FOLLOWED_EVERY = 1.0
"""Seconds between two looks for a newer generation; a look reads one small file."""

_log = logging.getLogger(__name__)


class Warmup:
    """Holds the collections once they are open, so that the probes answer from the start."""

    def __init__(
        self, opening: Callable[[], Collection], done: Callable[[Exception | None], None]
    ) -> None:
        self._opening = opening
        self._done = done
        self._library: Library | None = None
        self._error: Exception | None = None
        self._stopped = Event()

    def open(self) -> bool:
        """Open the collection, if it is not; return whether it is."""
        if self._library is None:
            try:
                self._library = Library(self._opening())
            except Exception as error:  # unforeseen ones too must end the wait
                self._error = error
            self._done(self._error)
        return self._library is not None

    def start(self) -> None:
        """Begin opening the collection, and to follow it."""
        Thread(target=self._run, name="warm-up", daemon=True).start()

    def stop(self) -> None:
        """Follow no longer."""
        self._stopped.set()

    @property
    def library(self) -> Library:
        """Return the collections.

        Raises:
            NotReady: it is still loading. Else whatever kept it from being loaded.
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._library is None:
            raise NotReady("The index and models are loading: try again in a moment.")
        return self._library

    def _run(self) -> None:
        self.open()
        while self._library is not None and not self._stopped.wait(_FOLLOWED_EVERY):
            for collection in self._library.opened():
                follow(collection)


def follow(collection: Collection) -> None:
    """Follow to what another process published; where that cannot be, the log says so once."""
    try:
        collection.refresh()
    except Exception as error:  # unforeseen ones too: else it follows no more
        _log.warning("Answering from the generation before: %s", error)


def library(request: Request) -> Library:
    """Return the collections that a request can be put to.

    Raises: as ``Warmup.library``.
    """
    warmup: Warmup = request.app.state.warmup
    return warmup.library
