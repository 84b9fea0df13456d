"""Admission: which host of a run may begin, and when: wave by wave, within limits, until a guard speaks against it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from orchestrator.fleet.guards import UNANSWERED, FailureGuard, foremost_cause
from orchestrator.fleet.rollout import Rollout
from orchestrator.model.clock import LONGEST_SLEEP, Clock, Moment
from orchestrator.model.events import Event, Guarded, WaveApproved, WaveBegan, WaveEnded, WaveWaits
from orchestrator.model.message import Message, message
from orchestrator.model.result import HostResult, shown
from orchestrator.playbook.strategy import limits_of, share_of

LOOK_SECONDS: Final = 1.0
"""Real seconds between two looks whether a wave was approved."""
_MINUTE: Final = 60.0


@message("wave-too-few-fine")
def _too_few_fine(wave: int, fine: int, answered: int, wanted: str, hosts: int, cause: Message) -> None: ...


@message("wave-nobody-answered")
def _nobody_answered(wave: int, hosts: int) -> None: ...


@message("wave-bakes")
def _bakes(wave: int, until: str) -> None: ...


@message("wave-wants-approval")
def _wants_approval(wave: int, hosts: int, run: str) -> None: ...


@message("wave-after-end")
def _after_end(wave: int, end: str) -> None: ...


@dataclass(frozen=True)
class WavesBefore:
    """What is known of a run's waves, and of its guards, from when it was at work before.

    Attributes:
        ended: When waves ended, by their numbers from 1.
        begun: The number of the last that has begun; 0 where none has.
        past_guard: The hosts that had ended when a guard stopped the run; whoever goes on with it knows of them.
        closed: Why a guard has let nobody else begin, where the process that it stopped was killed before its end.
    """

    ended: Mapping[int, datetime] = field(default_factory=dict)
    begun: int = 0
    past_guard: frozenset[str] = frozenset()
    closed: Message | None = None


class Admission:
    """Lets hosts begin; told of how they end.

    Args:
        rollout: In which waves, with which guards and limits.
        groups: Of every host of the run, by its name.
        clock: By which it counts.
        notify: Told of waves and guards.
        approved: Who has let which waves begin, by their numbers.
        before: What is known of them beforehand.
        run: The run's identifier.
        until: The run's end date, past which no wave waits any more; None where it has none.

    Attributes:
        closed: Why nobody else may begin; None while somebody may.
    """

    def __init__(
        self,
        rollout: Rollout,
        groups: Mapping[str, Sequence[str]],
        clock: Clock,
        notify: Callable[[Event], None],
        approved: Callable[[], Mapping[int, str]],
        before: WavesBefore,
        run: str,
        until: datetime | None = None,
    ) -> None:
        self.closed = before.closed
        self._rollout = rollout
        self._groups = groups
        self._clock = clock
        self._notify = notify
        self._approved = approved
        self._before = before
        self._run = run
        self._end = until
        self._guard = FailureGuard(rollout.guards) if rollout.guards else None
        self._ended: dict[str, HostResult] = {}
        self._absent: set[str] = set()
        self._at_work: set[str] = set()
        self._crowds: Counter[str] = Counter()
        self._next_start = clock.after(0)
        self._changed = asyncio.Event()

    def ended(self, result: HostResult) -> None:
        """A host has come to its end."""
        self._ended[result.name] = result
        self._absent.discard(result.name)
        self._leave(result.name)
        if self._guard is None or self.closed or result.name in self._before.past_guard:
            return
        if (reason := self._guard.count(result)) is not None:
            self._close(reason)

    def absent(self, host: str) -> None:
        """A host that has begun is off, and is looked for: no wave waits for it, and it counts in no limit."""
        self._absent.add(host)
        self._leave(host)

    def present(self, host: str) -> None:
        """It is back."""
        self._absent.discard(host)
        self._enter(host)

    async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        """Each newcomer once: when it may begin, or with why it may not in this run."""
        waiting = dict.fromkeys(newcomers)
        for host in self._groups.keys() - waiting - self._ended.keys() - self._absent:
            self._enter(host)
        for number, wave in enumerate(self._rollout.waves, 1):
            here = [host for host in wave if host in waiting]
            if not here:
                continue
            if len(here) == len(wave):
                await self._settled(number - 1, len(here))
                if not self.closed:
                    self._notify(WaveBegan(number, len(self._rollout.waves), len(here)))
            async with aclosing(self._in_turn(here)) as in_turn:
                async for host in in_turn:
                    del waiting[host]
                    yield host, None
        for host in waiting:
            yield host, self.closed

    async def _settled(self, number: int, next_hosts: int) -> None:
        """Returns when the next wave may begin, or nobody may."""
        if not number or self.closed:
            return
        hosts = [host for wave in self._rollout.waves[:number] for host in wave]
        # Who is at work is of these waves: nobody of a later one has begun.
        await self._until(lambda: not self._at_work and (not self._absent or bool(self._answered(hosts))))
        if self.closed:
            return
        ended = self._before.ended.get(number) or self._judged(number)
        if ended is None:
            return
        strategy = self._rollout.strategy
        if strategy.bake_minutes:
            due = ended + timedelta(minutes=strategy.bake_minutes)
            if due > self._clock.now():
                self._notify(WaveWaits(_bakes(number + 1, shown(due)), due))
                if self._end and due >= self._end:
                    self._close(_after_end(number + 1, shown(self._end)))
                await self._until(lambda: self._clock.now() >= due, (due - self._clock.now()).total_seconds())
        if strategy.approval and not self.closed:
            await self._approval(number + 1, next_hosts)

    async def _approval(self, wave: int, hosts: int) -> None:
        """Returns when a person has let a wave begin, or nobody may."""
        if wave not in self._approved():
            self._notify(WaveWaits(_wants_approval(wave, hosts, self._run)))
            await self._until(lambda: wave in self._approved() or self._is_over, LOOK_SECONDS * self._clock.speed)
            if self._end and wave not in self._approved() and not self.closed:
                self._close(_after_end(wave, shown(self._end)))
        if not self.closed:
            self._notify(WaveApproved(wave, self._approved()[wave]))

    @property
    def _is_over(self) -> bool:
        return self._end is not None and self._clock.now() >= self._end

    def _answered(self, hosts: Sequence[str]) -> list[HostResult]:
        ends = [self._ended[host] for host in hosts if host in self._ended]
        return [end for end in ends if end.outcome not in UNANSWERED]

    def _judged(self, number: int) -> datetime | None:
        """When a wave ended well, which is now; None where nobody else may begin.

        That nobody may is told first: of a process that is killed in between, the next one must not find a wave that
        ended, and no guard.
        """
        wave = self._rollout.waves[number - 1]
        answered = self._answered(wave)
        fine = sum(end.outcome.fine for end in answered)
        wanted = self._rollout.strategy.success
        if not answered:
            self._close(_nobody_answered(number, len(wave)))
        elif fine < (share_of(wanted) or 0.0) * len(answered):
            hosts, cause = foremost_cause([end for end in answered if not end.outcome.fine])
            self._close(_too_few_fine(number, fine, len(answered), wanted, hosts, cause))
        self._notify(WaveEnded(number, fine, len(answered), len(wave)))
        return None if self.closed else self._clock.now()

    async def _in_turn(self, hosts: Sequence[str]) -> AsyncGenerator[str, None]:
        """The hosts of a wave, as there is room for their groups, and no faster than they may begin."""
        left = dict.fromkeys(hosts)
        starts = self._rollout.limits.starts_per_minute
        while left and not self.closed:
            host = next((host for host in left if not self._crowded(host)), None)
            if host is None:
                await self._until(lambda: any(not self._crowded(host) for host in left))
                continue
            if starts:
                await self._until_moment(self._next_start)
                if self.closed:
                    return
                self._next_start = self._clock.after(_MINUTE / starts)
            del left[host]
            self._enter(host)
            yield host

    def _enter(self, host: str) -> None:
        if host not in self._at_work:
            self._at_work.add(host)
            self._crowds.update(self._groups[host])

    def _leave(self, host: str) -> None:
        if host in self._at_work:
            self._at_work.remove(host)
            self._crowds.subtract(self._groups[host])
        self._changed.set()

    def _crowded(self, host: str) -> bool:
        """Whether as many hosts of one of its groups are at work as may be."""
        limits = self._rollout.limits.per_group
        return any(self._crowds[group] >= most for group, most in limits_of(self._groups[host], limits))

    def _close(self, reason: Message) -> None:
        self.closed = reason
        self._notify(Guarded(reason))
        self._changed.set()

    async def _until_moment(self, moment: Moment) -> None:
        await self._until(lambda: self._clock.until(moment) <= 0, self._clock.until(moment))

    async def _until(self, holds: Callable[[], bool], seconds: float | None = None) -> None:
        """Returns when something holds, or nobody may begin any more; looked at after so many seconds of the run."""
        while not self.closed and not holds():
            self._changed.clear()
            real = LONGEST_SLEEP if seconds is None else min(LONGEST_SLEEP, max(seconds, 0.0) / self._clock.speed)
            with suppress(TimeoutError):
                async with asyncio.timeout(real):
                    await self._changed.wait()
