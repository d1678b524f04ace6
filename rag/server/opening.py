"""Opens the collection beside the import of the application: each takes about as long."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from rag.settings import Settings

if TYPE_CHECKING:
    from rag.collection import Collection


def begin(settings: Settings) -> "Callable[[], Collection]":
    """Begin to open the collection; return what waits for it and gives it, or raises why not.

    Where there is none, an empty one is made. Garbage is not collected until ``end``: there is
    next to none among what a start makes, and to look for it takes a twelfth of the time.
    """
    gc.disable()
    from rag.collection import Collection

    beside = ThreadPoolExecutor(1, "opening")
    opening = beside.submit(lambda: _warm(Collection.open(settings, create=True)))
    beside.shutdown(wait=False)
    return opening.result


def end() -> None:
    """Collect garbage from here on, but never again among what is there now."""
    gc.freeze()
    gc.enable()


def _warm(collection: "Collection") -> "Collection":
    """Return a collection that was asked something: its first answer takes longer than others."""
    for passage in islice(collection.engine.index.passages.values(), 1):
        collection.engine.ask(passage.text[:100] or "warm")
    return collection
