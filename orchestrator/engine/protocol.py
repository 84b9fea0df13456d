"""The boundary between what is done to hosts and who keeps track of it: HostWork and Engine.

An engine sees hosts as names and steps as numbers; results are plain data. So one that writes each result down before
it goes on, in this process or another, can stand in for the one that only remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orchestrator.model.result import StepRecord, StepResult


class Slot(Protocol):
    """A host's place among those at work."""

    async def rest(self, seconds: float) -> None:
        """Gives the place away, sleeps, and takes a place again.

        Raises:
            RunStopped: when the run is stopped before the time is over.
        """
        ...


class HostWork(Protocol):
    """What there is to do on a host; never raises but for cancellation."""

    @property
    def steps(self) -> int:
        """How many steps the plan has."""
        ...

    async def perform(self, host: str, step: int, earlier: Sequence[StepRecord], slot: Slot) -> StepRecord | None:
        """Carries out step number `step` (from 0) and gives its record, or None where it does not apply.

        It may be called again for a step whose record was lost: every step looks before it changes.
        """
        ...

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        """Called exactly once for a host, when it has no more steps; frees what the host holds.

        Args:
            host: Which one.
            records: Its steps' records in order.
            verdict: What became of it when no step decided that: cancelled before it began, say.
        """
        ...


class Stop(Protocol):
    """Tells that nothing new is to be begun, and why."""

    @property
    def reason(self) -> str | None:
        """Why the run is stopped, in words; None while it is not."""
        ...

    async def wait(self) -> None:
        """Returns when the run is stopped."""
        ...


class Engine(Protocol):
    """Runs work on hosts."""

    async def run(self, hosts: Sequence[str], work: HostWork, at_once: int, stop: Stop) -> None:
        """Takes every host through the plan, at most `at_once` at work at the same moment.

        A host's later steps are not begun after one whose outcome is not fine. After `stop`, steps that are under way
        end, and no others are begun. Returns when `conclude` was called for every host.
        """
        ...
