"""A run shown as plain lines, for pipes, log files, schedulers and simple terminals."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from orchestrator.console.live import LiveProgress
from orchestrator.console.tally import Ended, Tally
from orchestrator.console.words import duration, machines, one_line, wording
from orchestrator.model.events import Event, HostFinished, Interrupted, RunStarted, StepRetried
from orchestrator.sentences import say

HEARTBEAT = 10.0
"""Seconds between two lines that sum up a run with more hosts than a glance takes in."""


def progress_on(console: Console) -> LiveProgress | PlainProgress:
    """A live frame on a terminal, plain lines elsewhere and on `TERM=dumb`; `NO_COLOR` takes the colours from both.

    Use it as a context manager around the run, as the run's listener.
    """
    return LiveProgress(console) if console.is_interactive else PlainProgress(console)


class PlainProgress:
    """A listener that prints a line for each finished host and each notable event; it never raises."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._tally = Tally(clock)
        self._beat = clock()
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to give back."""

    def notify(self, event: Event) -> None:
        # rich answers a closed pipe (`| head`) with SystemExit: neither that nor a full disk may end the run.
        with contextlib.suppress(Exception, SystemExit):
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
            case HostFinished(result):
                return self._ended(Ended.of(result))
            case Interrupted():
                return (
                    f"stopping: {machines(len(self._tally.in_flight))} in flight will finish what is being done there; "
                    "waits are cut short, and no more machines are begun"
                )
            case _:
                return None

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
        self._console.print(Text(f"{time.strftime('%H:%M:%S')} {line}"), soft_wrap=True)
