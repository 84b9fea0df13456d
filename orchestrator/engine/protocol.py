"""The boundary between what is done to hosts and who keeps track of it: HostWork and Engine.

An engine sees hosts as names and steps as numbers; records are plain data, states are text. A step is carried out in
calls that hold nothing between them: each gives the step's record, or a state from which to go on, now or later. So one
that writes both down before it goes on, in this process or another, can stand in for the one that only remembers.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from orchestrator.model.message import Message
from orchestrator.model.result import Rest, StepRecord, StepResult

Keep = Callable[[str], Awaitable[None]]
"""Keeps a state in the middle of a call, before something that must not be forgotten; kept for good when it returns."""


class HostWork(Protocol):
    """What there is to do on a host; never raises but for cancellation."""

    @property
    def steps(self) -> int:
        """How many steps the plan has."""
        ...

    def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        """Each of these hosts once: when it may begin, or with why it may not in this run.

        Args:
            newcomers: Those that have not begun; all other hosts have.
        """
        ...

    def refusal(self) -> Message | None:
        """Why a host that may begin, and has not, is not to begin after all; None while it is."""
        ...

    async def taken_up(self, host: str, step: int, state: str | None) -> None:
        """Told of each host that another process has begun with, before anything more is done in this one.

        Args:
            host: Which one.
            step: Which step it is at; the number of steps where only its end is to be told.
            state: What that step rests with; None where it has not begun.
        """

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        """Goes on with step number `step` (from 0).

        A call whose return was lost may be made again, by whoever: every step looks before it changes.

        Args:
            host: Which one.
            step: Which step.
            earlier: The records of the host's earlier steps in order.
            state: What the last call returned to rest with, or has kept since; None for the first.
            keep: Keeps a newer state at once.

        Returns:
            The step's record, or None where it does not apply: the step has ended. A Rest: the same step is to be
            called again with that state, when its moment has come.
        """
        ...

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        """The record of a step that rests and is not to be called again, because the run is stopped."""
        ...

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        """Called when a host has no more steps, once unless that was lost; frees what the host holds.

        Args:
            host: Which one.
            records: Its steps' records in order.
            verdict: What became of it when no step decided that: cancelled before it began, say.
        """
        ...


class Stop(Protocol):
    """Tells that nothing new is to be begun, and why; processes that work on one run can share it."""

    async def stopped(self) -> Message | None:
        """Why the run is stopped; None while it is not."""
        ...

    async def wait(self) -> None:
        """Returns when the run is stopped."""
        ...


class Engine(Protocol):
    """Runs work on hosts."""

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        """Takes every host through the plan, at most `forks` at work at the same moment.

        A host's later steps are not begun after one whose outcome is not fine. After `stop`, calls that are under way
        end, those that want to go on at once do, and who rests is given up; nothing else is begun. Returns when
        `conclude` was called for every host.

        Raises:
            ExceptionGroup: Something failed that is no host's affair; all hosts that it did not concern are through.
        """
        ...
