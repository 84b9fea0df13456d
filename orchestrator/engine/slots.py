"""Slots: how many hosts are at work at the same moment; who rested goes before who has not begun."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from orchestrator.engine.protocol import Stop
from orchestrator.model.clock import LONGEST_SLEEP, Clock, Moment
from orchestrator.model.errors import RunStopped

_RETURNING, _NEW = 0, 1


class Slots:
    """A semaphore with two classes of waiters.

    With an ordinary one, a host that rested for its restart would queue behind thousands that have not begun, and its
    deadline would pass.
    """

    def __init__(self, places: int, stop: Stop, clock: Clock) -> None:
        self._free = places
        self._stop = stop
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def place(self, *, returning: bool = False, aside: bool = False) -> AsyncIterator[Place]:
        """A place for a host that begins, or that comes back from a rest for which it had given its place away.

        One that is only looked at stands `aside`, and takes its place when there is something to do.
        """
        if not aside:
            await self._take(_RETURNING if returning else _NEW)
        place = Place(self, held=not aside)
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

    async def _sleep(self, until: Moment) -> None:
        while True:
            if (reason := await self._stop.stopped()) is not None:
                raise RunStopped(reason)
            left = self._clock.real_seconds_until(until)
            if not left:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LONGEST_SLEEP)):
                    await self._stop.wait()


class Place:
    """A host's place among those at work."""

    def __init__(self, slots: Slots, *, held: bool) -> None:
        self._slots = slots
        self.held = held

    async def rest(self, until: Moment) -> None:
        """Gives the place away and sleeps.

        Raises:
            RunStopped: when the run is stopped before the time is over.
        """
        if self.held:
            self.held = False
            self._slots._give()  # noqa: SLF001 - a place is a part of its slots
        await self._slots._sleep(until)  # noqa: SLF001

    async def take(self) -> None:
        """Has the place, which was given away; nothing where it is held."""
        if not self.held:
            await self._slots._take(_RETURNING)  # noqa: SLF001
            self.held = True
