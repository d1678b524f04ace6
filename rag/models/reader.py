"""The serving span reader: question and texts -> two logits a token, window by window."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from rag.models.cache import Exported
from rag.models.session import Session
from rag.models.windows import NULL, Window, Windows, padded
from rag.seams import Floats, Ints

_TOGETHER = 2
"""Threads that share a window that has the machine to itself: nothing was measured with more."""


@dataclass(frozen=True, slots=True)
class ExportedReader(Exported):
    """A span reader ready to serve, and the facts needed to run it."""

    pad_id: int
    longest: int


@dataclass(frozen=True, slots=True, eq=False)
class WindowLogits:
    """What the reader says of a window of the text numbered ``text``.

    ``offsets`` (tokens, 2) are the places of its tokens in that text; ``start`` and ``end``
    (tokens,) score each as first and last of an answer, and ``null`` scores that there is none.
    """

    text: int
    offsets: Ints
    start: Floats
    end: Floats
    null: float


class OnnxReader:
    """Reads with onnxruntime; it needs neither torch nor transformers once exported."""

    def __init__(self, model: ExportedReader, threads: int) -> None:
        self._model = model
        self._windows = Windows(model.tokenizer, model.longest)
        self._at_once = threads
        self._threads = ThreadPoolExecutor(threads, "reader")
        self.session = Session(model.graph, threads=1)
        together = min(threads, _TOGETHER)
        self._shared = Session(model.graph, together, spinning=True) if together > 1 else None
        self._counting = Lock()
        self._reading = 0

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the files that the export was made from."""
        return self._model.fingerprint

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[WindowLogits]:
        """Return the logits of every window of every text, below its head, in their order.

        Each runs by itself, beside others in other threads: int8 takes one scale for all that runs
        together, so that in a batch a passage would be judged by its company (by up to 2 in the
        logits), and two threads for one window are slower than one each for two. One that would
        leave cores idle, while nothing else is read, gets two, to the same logits: two thirds of
        the time for a fifth more of the processor.
        """
        cut = self._windows.cut(question, texts, heads)
        numbered = [(text, window) for text, windows in enumerate(cut) for window in windows]
        with self._counted() as others:
            if others or not self._shared or len(numbered) % self._at_once != 1:
                return self._side_by_side(numbered)
            *these, last = numbered
            return [*self._side_by_side(these), self._logits(self._shared, *last)]

    def _side_by_side(self, numbered: Sequence[tuple[int, Window]]) -> list[WindowLogits]:
        return list(self._threads.map(lambda each: self._logits(self.session, *each), numbered))

    @contextmanager
    def _counted(self) -> Iterator[int]:
        """Yield how many others read."""
        with self._counting:
            others, self._reading = self._reading, self._reading + 1
        try:
            yield others
        finally:
            with self._counting:
                self._reading -= 1

    def _logits(self, session: Session, text: int, window: Window) -> WindowLogits:
        fed = padded([window], self._model.pad_id)
        (start,), (end,) = session.run(fed, "start", "end")
        inside = slice(window.first, window.first + len(window.offsets))
        null = float(start[NULL] + end[NULL])
        return WindowLogits(text, window.offsets, start[inside], end[inside], null)
