"""Lets in as many questions as are best read at once; the others wait their turn, or are refused.

Reading is work for the processor alone, so more at once answers no more a second: it only keeps
everybody waiting. The first to come is the first let in.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

from fastapi import Request
from starlette.requests import ClientDisconnect

from rag.errors import Overloaded
from rag.settings import Settings

_PER_THREAD = 2
"""Questions at work for each thread that reads: one is read while another is searched for."""


class Refusal(StrEnum):
    """Why a question was not let in."""

    FULL = "queue_full"
    LATE = "deadline"
    LEFT = "client_left"


class Admission:
    """The places at work of one process, and who waits for one. Belongs to one event loop."""

    def __init__(self, settings: Settings, refused: Callable[[Refusal], None]) -> None:
        self._free = _PER_THREAD * settings.threads
        self._longest = settings.max_waiting
        self._deadline = settings.deadline
        self._refused = refused
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[None]:
        """Hold a place for a request whose body was read, once there is one.

        Raises:
            Overloaded: too many wait already, or it waited too long.
            ClientDisconnect: its client left meanwhile.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(request)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, request: Request) -> None:
        if len(self._waiting) >= self._longest:
            self._refused(Refusal.FULL)
            raise Overloaded(
                f"{self._longest} questions are waiting for their turn already: ask again later."
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        left = asyncio.create_task(_left(request))
        either: set[asyncio.Future[None]] = {turn, left}
        try:
            await asyncio.wait(either, timeout=self._deadline, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if turn.done():  # the place was given just now: nobody will take it
                self._leave()
            raise
        finally:
            has_left = left.done()
            left.cancel()
            if not turn.done():
                self._waiting.remove(turn)
        if not turn.done():
            self._refuse(has_left=has_left)

    def _refuse(self, *, has_left: bool) -> None:
        self._refused(Refusal.LEFT if has_left else Refusal.LATE)
        if has_left:
            raise ClientDisconnect
        raise Overloaded(
            f"The question waited {self._deadline:g} seconds without its turn coming: ask again "
            "later."
        )

    def _leave(self) -> None:
        """Give the place to whoever waits longest, if anybody does."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


async def turn(request: Request) -> AsyncIterator[None]:
    """Depend on it with the scope ``function`` to read in turn.

    Raises: as ``Admission.turn``.
    """
    async with admission(request).turn(request):
        yield


def admission(request: Request) -> Admission:
    """Return what lets a request in."""
    found: Admission = request.app.state.admission
    return found


async def _left(request: Request) -> None:
    """Return once the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
