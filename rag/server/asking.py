"""A question under way: answered in a thread, given up where nobody waits for the answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from anyio import from_thread, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from rag.server.admission import admission
from rag.server.metrics import Metrics
from rag.types import Answer, Hit

T = TypeVar("T")
OnRetrieved = Callable[[str, Sequence[Hit]], None]
Ask = Callable[[OnRetrieved], Answer]


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found for a question, by itself if it was none, before it is read."""

    resolved_question: str = ""
    passages: tuple[Hit, ...] = ()


class Asking(Generic[T]):
    """A question whose passages are found, and what is made of its answer once it is there."""

    def __init__(self, retrieved: Retrieved, result: asyncio.Future[T]) -> None:
        self.retrieved = retrieved
        self._result = result

    @classmethod
    def settled(cls, result: T) -> "Asking[T]":
        """Return what needs no answer."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.set_result(result)
        return cls(Retrieved(), future)

    async def wait(self, seconds: float) -> bool:
        """Wait for the result for so long at most; return whether it is there."""
        done, _ = await asyncio.wait({self._result}, timeout=seconds)
        return bool(done)

    async def result(self) -> T:
        """Return the result, once it is there."""
        return await self._result

    def give_up(self) -> None:
        """Wait for the result no more."""
        self._result.cancel()


async def begin(request: Request, ask: Ask, render: Callable[[Answer], T]) -> Asking[T]:
    """Ask in turn, in a thread beside the event loop; return once the passages are found.

    Raises:
        Overloaded: its turn did not come.
        ClientDisconnect: the client has left, so the passages are not read.
        RagError: as ``ask`` does before that.
    """
    retrieved: asyncio.Future[Retrieved] = asyncio.get_running_loop().create_future()
    metrics: Metrics = request.app.state.metrics

    def on_retrieved(question: str, passages: Sequence[Hit]) -> None:
        if from_thread.run(request.is_disconnected):
            raise ClientDisconnect
        from_thread.run_sync(retrieved.set_result, Retrieved(question, tuple(passages)))

    def read() -> T:
        answer = ask(on_retrieved)
        metrics.answered(answer)
        return render(answer)

    async def work() -> T:
        async with admission(request).turn(request):
            return await to_thread.run_sync(read)

    result = asyncio.create_task(work())
    either: set[asyncio.Future[Any]] = {retrieved, result}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not retrieved.done():
        await result
    return Asking(retrieved.result(), result)
