"""Days of a run in minutes: its clock and that of its lab hosts leap wherever nobody is at work, as if both had slept.

At work, both go on at the speed of the lab; so no shell and no restart is in more of a hurry than in any other test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from orchestrator.engine.protocol import Engine, HostWork, Keep, Stop
from orchestrator.model.clock import Clock, Moment, boot, uptime
from orchestrator.model.message import Message
from orchestrator.model.result import Rest, StepRecord, StepResult
from sspr_lab.fleet import Fleet
from tests.lab_fixtures import Site

TOGETHER: Final = timedelta(hours=1).total_seconds()
"""Who would be due within so many seconds of the first is due at once: nobody minds a coordinator that slept."""
SHORTEST_LEAP: Final = 60.0
_TICK: Final = 0.05
_BEHIND: Final = 30.0
"""Seconds past a due moment to which a leap goes, so that whoever watches for what is overdue finds it so."""


@dataclass(frozen=True)
class LeapingClock(Clock):
    """A run's clock that can be put forward; it is then what it would be if so much time had passed.

    Attributes:
        leaps: How far it has been put forward, in seconds.
    """

    leaps: list[float] = field(default_factory=lambda: [0.0])

    @classmethod
    def like(cls, clock: Clock) -> LeapingClock:
        return cls(clock.speed, clock.since)

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.leaps[0])

    def after(self, seconds: float) -> Moment:
        return Moment(self.now() + timedelta(seconds=seconds), self._shown + seconds, boot())

    def until(self, moment: Moment) -> float:
        return moment.uptime - self._shown

    @property
    def _shown(self) -> float:
        return uptime() * self.speed + self.leaps[0]


@dataclass
class Observed:
    """An engine of which it is known which hosts rest, and until when.

    Attributes:
        engine: The engine itself.
        due: The hosts that rest, and when they are called again.
        left: The hosts that have not come to their end.
    """

    engine: Engine
    due: dict[str, Moment] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        self.left.update(hosts)
        await self.engine.run(hosts, _ObservedWork(work, self), forks, stop)

    @property
    def at_rest(self) -> bool:
        """Whether all rest that are left."""
        return bool(self.left) and self.left == self.due.keys()


@dataclass
class _ObservedWork:
    work: HostWork
    observed: Observed

    @property
    def steps(self) -> int:
        return self.work.steps

    def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        return self.work.arrivals(newcomers)

    def refusal(self) -> Message | None:
        return self.work.refusal()

    async def taken_up(self, host: str, step: int, state: str | None) -> None:
        await self.work.taken_up(host, step, state)

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        self.observed.due.pop(host, None)
        end = await self.work.perform(host, step, earlier, state, keep)
        if isinstance(end, Rest) and end.until is not None:
            self.observed.due[host] = end.until
        return end

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        self.observed.due.pop(host, None)
        return await self.work.give_up(host, step, earlier, state, reason)

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        await self.work.conclude(host, records, verdict)
        self.observed.left.discard(host)


@dataclass
class Nights:
    """Puts both clocks forward, and switches hosts on.

    Attributes:
        lab: The hosts.
        clock: The run's.
        observed: Its engine.
        returns: When hosts that are off are switched on.
        leapt: How often the clocks were put forward.
    """

    lab: Site
    clock: LeapingClock
    observed: Observed
    returns: dict[str, datetime]
    leapt: int = 0
    _starting: list[asyncio.Task[None]] = field(default_factory=list)

    async def pass_by(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            for host in [host for host, moment in self.returns.items() if moment <= self.clock.now()]:
                del self.returns[host]
                self.lab.look(partial(self._switch_on, host))
            if not self.observed.at_rest or self._hosts_are_busy():
                continue
            ahead = sorted(self.clock.until(moment) for moment in self.observed.due.values())
            last = max(each for each in ahead if each <= ahead[0] + TOGETHER)
            if last > SHORTEST_LEAP:
                self.leap(last + _BEHIND)

    def leap(self, seconds: float) -> None:
        """Puts both clocks forward."""

        def put_forward(fleet: Fleet) -> None:
            fleet.clock.offset += timedelta(seconds=seconds)
            self.clock.leaps[0] += seconds

        self.lab.look(put_forward)
        self.leapt += 1

    def _switch_on(self, host: str, fleet: Fleet) -> None:
        self._starting.append(asyncio.ensure_future(fleet.hosts[host].machine.power.boot()))

    def _hosts_are_busy(self) -> bool:
        """Whether one restarts, or installs something, which takes its time by the lab's timers."""
        machines = [host.machine for name, host in self.lab.lab.fleet.hosts.items() if name not in self.returns]
        return any(
            not machine.powered or machine.power.shutting_down or machine.power.pending or machine.installer.busy
            for machine in machines
        )
