"""A run shown as plain lines, for pipes, log files, schedulers and simple terminals."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from orchestrator.console.gathered import GatheredWaits
from orchestrator.console.live import STOPPING, LiveProgress
from orchestrator.console.tally import Ended, Tally, Waiting
from orchestrator.console.waves import wave_line
from orchestrator.console.words import duration, machines, one_line, wording
from orchestrator.model.awaited import awaited
from orchestrator.model.events import (
    Event,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    RunStarted,
    StepRetried,
    StepStarted,
)
from orchestrator.model.result import shown
from orchestrator.sentences import say

HEARTBEAT = 10.0
"""Seconds between two lines that sum up a run with more hosts than a glance takes in."""


def progress_on(
    console: Console, watched: Callable[[], float] | None = None, stopping: str = STOPPING
) -> LiveProgress | PlainProgress:
    """A live frame on a terminal, plain lines elsewhere and on `TERM=dumb`; `NO_COLOR` takes the colours from both.

    Use it as a context manager around the run, as the run's listener.

    Args:
        console: Where to.
        watched: The time of what is told, in seconds since 1970, where that is not at this moment.
        stopping: What a live frame says of a run that is being stopped.
    """
    clock = watched or time.monotonic
    if console.is_interactive:
        return LiveProgress(console, clock, stopping)
    return PlainProgress(console, clock, watched or time.time)


class PlainProgress:
    """A listener that prints a line for each finished host and each notable event; it never raises."""

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._console = console
        self._wall_clock = wall_clock
        self._tally = Tally(clock)
        self._beat = clock()
        self._clock = clock
        self._lock = threading.RLock()
        self._waits = GatheredWaits(self._print, self._lock)
        self._told: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._waits.tell()

    def notify(self, event: Event) -> None:
        # rich answers a closed pipe (`| head`) with SystemExit: neither that nor a full disk may end the run.
        with self._lock, contextlib.suppress(Exception, SystemExit):
            self._tally.take(event)
            if line := self._line(event):
                self._print(line)
            self._heartbeat()

    def _line(self, event: Event) -> str | None:
        match event:
            case RunStarted(_, _, hosts, check):
                check_mode = ", nothing will be changed (--check)" if check else ""
                return f"{self._tally.playbook}: {machines(len(hosts))}, run {self._tally.run}{check_mode}"
            case StepRetried(host, step, attempt, error, seconds):
                return (
                    f"{one_line(host)}: {one_line(step)}, attempt {attempt}: {one_line(say(error))}; "
                    f"again in {duration(seconds)}"
                )
            case HostAwaited(host=host, step=step, result=result, until=until):
                looked_for = say(awaited(result.reason, shown(until)))
                return f"{one_line(host)}: {one_line(step)}: {one_line(looked_for)}"
            case HostWaits(host=host):
                return self._waiting(host, Waiting.of(event))
            case StepStarted(host=host) | HostGoesOn(host=host):
                self._no_more(host)
                return None
            case HostReturned(host, step, looks):
                return f"{one_line(host)}: is back, at look {looks:,}; {one_line(step)} goes on"
            case HostFinished(result):
                self._no_more(result.name)
                return self._ended(Ended.of(result))
            case Interrupted():
                at_work = len(self._tally.in_flight)
                finish = f"{machines(at_work)} in flight will finish what is being done there; " if at_work else ""
                return f"stopping: {finish}waits are cut short, and no more machines are begun"
            case _:
                return wave_line(event)

    def _waiting(self, host: str, waiting: Waiting) -> str | None:
        """A line about a wait of which nothing was said yet; many hosts share one."""
        if self._told.get(host) == waiting.kind:
            return None
        self._told[host] = waiting.kind
        if self._tally.small:
            return f"{one_line(host)}: {waiting.step}: {waiting.message}"
        self._waits.add(host, waiting)
        return None

    def _no_more(self, host: str) -> None:
        self._told.pop(host, None)
        self._waits.drop(host)

    def _ended(self, ended: Ended) -> str:
        said = wording(ended.outcome, check=self._tally.check)
        place = f"{self._tally.done}/{len(self._tally.hosts)}"
        took = f" ({duration(ended.seconds)})" if ended.seconds else ""
        return f"[{place}] {one_line(ended.host)}: {said.label}: {ended.reason}{took}"

    def _heartbeat(self) -> None:
        tally = self._tally
        if tally.small or tally.finished or self._clock() - self._beat < HEARTBEAT:
            return
        self._beat = self._clock()
        counts = [f"{tally.counts[outcome]:,} {said.label}" for outcome, said in tally.outcomes()]
        counts += [f"{len(tally.in_flight):,} in flight", f"{tally.waiting:,} waiting"]
        self._print(f"after {duration(tally.elapsed)}: {', '.join(counts)}")

    def _print(self, line: str) -> None:
        at = time.strftime("%H:%M:%S", time.localtime(self._wall_clock()))
        self._console.print(Text(f"{at} {line}"), soft_wrap=True)
