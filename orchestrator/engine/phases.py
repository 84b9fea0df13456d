"""The phases of a run's hosts: who begins, who goes on, who rests until when, and who was forgotten.

A phase takes a host as far as it goes without waiting. What decides is `engine/progress.py`: of a phase that is called
twice, or too late, only the one whose number stands there is done. Whose queue it is that calls them is no matter here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

from orchestrator.engine.arriving import arriving
from orchestrator.engine.progress import HostProgress, Line, Operation, Progress
from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.engine.slots import Place, Slots
from orchestrator.model.clock import Clock, Moment, uptime
from orchestrator.model.errors import RunStopped
from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult

_SHORT_REST_SECONDS: Final = 1.0
"""Rests that would be over before the queue looks again are slept."""
_WATCH_SECONDS: Final = 5.0
_LOST_AFTER_SECONDS: Final = 30.0
DELAYED, ENQUEUED, PENDING = "DELAYED", "ENQUEUED", "PENDING"
"""Of a phase that is not due, of one that waits for its turn, and of one that was called and has not ended."""


class Queue(Protocol):
    """Calls phases when they are due."""

    def calling(self, host: str, number: int, seconds: float | None, *, aside: bool = False) -> Operation:
        """Puts a phase into the queue, to be called in so many seconds, or as soon as there is room."""
        ...

    async def known(self, phases: Mapping[str, int], *states: str) -> set[str]:
        """The hosts whose phase is in one of these states, as the queue has them."""
        ...


class Phases:
    """The hosts of a run, as far as this process has to do with them.

    Only those at work are in memory, with no more newcomers before the places than there are; of the others it is a
    number and a due time.
    """

    def __init__(self, work: HostWork, forks: int, stop: Stop, clock: Clock, progress: Progress, queue: Queue) -> None:
        self._work = work
        self._stop = stop
        self._clock = clock
        self._progress = progress
        self._queue = queue
        self._slots = Slots(forks, stop, clock)
        self._ahead = asyncio.Semaphore(forks)
        self._newcomers: set[str] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._left: set[str] = set()
        self._working: set[str] = set()
        self._given_up: set[str] = set()
        self._called: dict[str, int] = {}
        self._due: dict[str, Moment] = {}
        self._missed: dict[str, float] = {}
        self._through = asyncio.Event()
        self._errors: list[Exception] = []

    async def carry_through(self, hosts: Sequence[str]) -> None:
        """Returns when every host has its end here."""
        self._left = set(hosts)
        newcomers = await self._take_up(hosts)
        beside = [
            self._beside(self._watch()),
            self._beside(self._give_up_at_stop()),
            self._beside(self._begin(newcomers)),
        ]
        if not self._left:
            self._through.set()
        await self._through.wait()
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, *self._beginning, return_exceptions=True)
        if self._errors:
            raise ExceptionGroup("hosts whose work broke off", self._errors)

    async def _take_up(self, hosts: Sequence[str]) -> list[str]:
        """Goes on with what an earlier process has left; gives the hosts that are still to begin."""
        known, untouched = await self._progress.hosts(), await self._progress.untouched()
        for host in hosts:
            if host in known and known[host].ended:
                await self._conclude_again(host)
        begun = {host: known[host] for host in hosts if host in self._left and host in known.keys() - untouched}
        for host, at in begun.items():
            self._called[host] = at.phase
            if at.due:
                self._due[host] = at.due
        for host, (step, rest) in (await self._progress.rests()).items():
            if host in begun:
                await self._work.taken_up(host, step, rest.state if rest else None)
        queued = await self._queue.known(dict(self._called), DELAYED, ENQUEUED, PENDING)
        await self._call_again(begun.keys() - queued)
        return [host for host in hosts if host in self._left and host not in begun]

    async def phase(self, host: str, number: int) -> None:
        """Takes a host as far as it goes; nothing is done that is out of date, or done already."""
        if self._called.get(host) != number or host in self._working or host in self._given_up:
            return
        self._working.add(host)
        self._due.pop(host, None)
        self._missed.pop(host, None)
        try:
            await self._carry_on(host, number)
        except Exception as error:  # noqa: BLE001 - told when all are through
            self._errors.append(error)
            self._leave(host)
        finally:
            self._working.discard(host)

    async def _carry_on(self, host: str, number: int) -> None:
        lines = await self._progress.steps(host)
        aside = any(line.rest is not None and line.rest.aside for line in lines.values())
        async with self._slots.place(returning=host not in self._newcomers, aside=aside) as place:
            if host in self._newcomers:
                self._newcomers.discard(host)
                self._ahead.release()
            records: list[StepRecord] = []
            for step in range(self._work.steps):
                line = lines.get(step)
                if line is None or line.rest:
                    if (
                        line is None
                        and (reason := await self._speaks_against(begun=bool(lines) or step > 0)) is not None
                    ):
                        await self._end_here(host, records, StepResult(Outcome.CANCELLED, reason))
                        return
                    line = await self._take_step(host, step, records, line, place)
                    if line is None:
                        return
                if line.record is None:
                    continue
                records.append(line.record)
                if not line.record.result.outcome.fine:
                    break
            await self._work.conclude(host, records, None)
            await self._progress.move(host, HostProgress(number, ended=True))
            self._leave(host)

    async def _speaks_against(self, *, begun: bool) -> Message | None:
        """Why the next step of a host is not begun in this process; only who has not begun at all is refused."""
        return await self._stop.stopped() or (None if begun else self._work.refusal())

    async def _take_step(
        self, host: str, step: int, earlier: Sequence[StepRecord], line: Line | None, place: Place
    ) -> Line | None:
        """What a step ends with; None where it rests, or the run is stopped in its rest."""
        rest = line.rest if line else None

        async def keep(state: str) -> None:
            await self._progress.write(host, step, Line(rest=Rest(None, state)))

        while True:
            if rest and rest.until:
                if self._clock.real_seconds_until(rest.until) > _SHORT_REST_SECONDS:
                    await self._call_later(host, step, rest, rest.until)
                    return None
                try:
                    await place.rest(rest.until)
                except RunStopped as stopped:
                    await self._give_up_step(host, step, earlier, rest.state, stopped.reason)
                    return None
            if not (rest and rest.aside):
                await place.take()
            end = await self._work.perform(host, step, earlier, rest.state if rest else None, keep)
            if not isinstance(end, Rest):
                line = Line(end)
                await self._progress.write(host, step, line)
                return line
            rest = end
            if rest.until is None or self._clock.real_seconds_until(rest.until) <= _SHORT_REST_SECONDS:
                await self._progress.write(host, step, Line(rest=rest))

    async def _call_later(self, host: str, step: int, rest: Rest, until: Moment) -> None:
        number = self._called[host] + 1
        seconds = self._clock.real_seconds_until(until)
        calling = self._queue.calling(host, number, seconds, aside=rest.aside)
        await self._progress.move(host, HostProgress(number, until), calling, (step, Line(rest=rest)))
        self._called[host], self._due[host] = number, until
        if (reason := await self._stop.stopped()) is not None:  # whoever gives up those that rest may have been here
            await self._give_up(host, reason)

    async def _begin(self, newcomers: Sequence[str]) -> None:
        """Begins with newcomers, as they may and as places become free; nothing is queued that begins at once."""
        async with aclosing(arriving(self._work, newcomers, self._ahead, self._stop)) as arrivals:
            async for host, refused in arrivals:
                if refused is not None:
                    await self._end_here(host, [], StepResult(Outcome.CANCELLED, refused))
                    continue
                await self._progress.move(host, HostProgress())
                self._newcomers.add(host)
                self._called[host] = 0
                beginning = asyncio.create_task(self.phase(host, 0))
                self._beginning.add(beginning)
                beginning.add_done_callback(self._beginning.discard)

    async def _give_up_at_stop(self) -> None:
        """Ends the hosts that rest, or wait in the queue; those at work, and newcomers, see the stop themselves."""
        while (reason := await self._stop.stopped()) is None:
            await self._stop.wait()
        for host in sorted(self._called.keys() - self._working):
            await self._give_up(host, reason)

    async def _give_up(self, host: str, reason: Message) -> None:
        if host not in self._left or host in self._given_up:
            return
        self._given_up.add(host)
        lines = await self._progress.steps(host)
        records: list[StepRecord] = []
        for step, line in sorted(lines.items()):
            if line.rest:
                await self._give_up_step(host, step, records, line.rest.state, reason)
                return
            if line.record:
                records.append(line.record)
        await self._end_here(host, records, StepResult(Outcome.CANCELLED, reason))

    async def _give_up_step(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> None:
        record = await self._work.give_up(host, step, earlier, state, reason)
        await self._end_here(host, [*earlier, record], None)

    async def _end_here(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        """Ends a host for this process, and not for the run."""
        await self._work.conclude(host, records, verdict)
        self._leave(host)

    async def _conclude_again(self, host: str) -> None:
        lines = await self._progress.steps(host)
        await self._end_here(host, [line.record for _, line in sorted(lines.items()) if line.record], None)

    def _leave(self, host: str) -> None:
        self._left.discard(host)
        self._called.pop(host, None)
        self._due.pop(host, None)
        if not self._left and not self._working - {host}:
            self._through.set()

    async def _watch(self) -> None:
        """Calls hosts again that nobody is at work on, and that the queue does not call in time."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            waiting = {host: number for host, number in self._called.items() if host not in self._working}
            due = {host: number for host, number in waiting.items() if not self._is_ahead(host)}
            for host in [host for host in self._missed if host not in due]:
                del self._missed[host]
            for host in due:
                self._missed.setdefault(host, uptime())
            lost = {host: due[host] for host in due if uptime() - self._missed[host] > _LOST_AFTER_SECONDS}
            late = await self._queue.known(due, DELAYED)
            queued = await self._queue.known(lost, DELAYED, ENQUEUED)
            await self._call_again(late | (lost.keys() - queued))

    def _is_ahead(self, host: str) -> bool:
        return host in self._due and self._clock.until(self._due[host]) > -_WATCH_SECONDS * self._clock.speed

    async def _call_again(self, hosts: Iterable[str]) -> None:
        for host in sorted(hosts):
            if host not in self._called or host in self._working or host in self._given_up:
                continue
            number, due = self._called[host] + 1, self._due.get(host)
            seconds = self._clock.real_seconds_until(due) if due else None
            self._called[host] = number
            await self._progress.move(host, HostProgress(number, due), self._queue.calling(host, number, seconds))

    def _beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Does something while hosts are carried through; where it fails, that ends."""
        task = asyncio.create_task(work)

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and isinstance(error := task.exception(), Exception):
                self._errors.append(error)
                self._through.set()

        task.add_done_callback(ended)
        return task
