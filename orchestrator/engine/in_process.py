"""The engine that lives in this process and forgets with it, and its slots: for tests, demonstrations, short runs."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.model.clock import LONGEST_SLEEP, Clock, Moment
from orchestrator.model.errors import RunStopped
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult

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

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.held = True

    async def rest(self, until: Moment) -> None:
        """Gives the place away, sleeps, and takes a place again.

        Raises:
            RunStopped: when the run is stopped before the time is over; no place is held then.
        """
        self.held = False
        self._slots._give()  # noqa: SLF001 - a place is a part of its slots
        await self._slots._sleep(until)  # noqa: SLF001
        await self._slots._take(_RETURNING)  # noqa: SLF001
        self.held = True


@dataclass(frozen=True)
class InProcessEngine:
    """Runs hosts as asyncio tasks; see `engine.protocol.Engine`.

    Attributes:
        clock: By which rests are slept.
    """

    clock: Clock = field(default_factory=Clock)

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        slots = Slots(forks, stop, self.clock)
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(_run_host(host, work, slots, stop), name=f"host {host}")


async def _run_host(host: str, work: HostWork, slots: Slots, stop: Stop) -> None:
    records: list[StepRecord] = []
    verdict: StepResult | None = None
    async with slots.place() as place:
        for step in range(work.steps):
            if (reason := await stop.stopped()) is not None:
                verdict = StepResult(Outcome.CANCELLED, reason)
                break
            record = await _run_step(host, step, tuple(records), work, place)
            if record is None:
                continue
            records.append(record)
            if not record.result.outcome.fine:
                break
        await work.conclude(host, records, verdict)


async def _run_step(
    host: str, step: int, earlier: Sequence[StepRecord], work: HostWork, place: Place
) -> StepRecord | None:
    state: str | None = None

    async def keep(newer: str) -> None:
        """What a call leaves behind matters only to the next one, and that gets what this one returns."""

    while True:
        end = await work.perform(host, step, earlier, state, keep)
        if not isinstance(end, Rest):
            return end
        state = end.state
        if end.until is None:
            continue
        try:
            await place.rest(end.until)
        except RunStopped as stopped:
            return await work.give_up(host, step, earlier, state, stopped.reason)
