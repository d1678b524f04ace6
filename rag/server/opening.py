"""Opens the collection beside the import of the application: each takes about as long."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rag.collection import Collection
from rag.settings import Settings


def begin(settings: Settings) -> Callable[[], Collection]:
    """Begin to open the collection; return what waits for it and gives it, or raises why not.

    Where there is none, an empty one is made.
    """
    beside = ThreadPoolExecutor(1, "opening")
    opening = beside.submit(Collection.open, settings, create=True)
    beside.shutdown(wait=False)
    return opening.result
