"""Slots: so many hosts at work at once, where who comes back from a rest goes before who has not begun."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from orchestrator.engine.protocol import Stop
from orchestrator.model.errors import RunStopped

_RETURNING, _NEW = 0, 1


class Slots:
    """A semaphore with two classes of waiters.

    With an ordinary one, a host that rested for its restart would queue behind thousands that have not begun, and its
    deadline would pass.
    """

    def __init__(self, places: int, stop: Stop) -> None:
        self._free = places
        self._stop = stop
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """A place for a host that begins."""
        await self._take(_NEW)
        place = Place(self)
        try:
            yield place
        finally:
            if place.held:
                self._give()

    async def _take(self, rank: int) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
        raise RunStopped(self._stop.reason or "the run is stopped")


class Place:
    """One host's place; see `engine.protocol.Slot`."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.held = True

    async def rest(self, seconds: float) -> None:
        self.held = False
        self._slots._give()  # noqa: SLF001 - a place is a part of its slots
        await self._slots._sleep(seconds)  # noqa: SLF001
        await self._slots._take(_RETURNING)  # noqa: SLF001
        self.held = True
