"""Stopping a run: the one place where it is told to begin nothing new, and why."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Protocol

from orchestrator.engine.protocol import Stop
from orchestrator.model.message import Message


class StoppedBy(StrEnum):
    """Who stopped a run."""

    OPERATOR = "operator"
    PAUSE = "pause"
    """The operator, who means to go on with it later."""
    CANCEL = "cancel"
    """The operator, who means not to."""
    COORDINATOR = "coordinator"
    """This computer cannot go on: its disk is full, say."""
    CREDENTIAL = "credential"
    """What hosts are logged on with cannot be had any more, until a person sees to it."""


class Stoppable(Stop, Protocol):
    """A stop that guards can call for; processes that work on one run can share it."""

    async def stop(self, by: StoppedBy, reason: Message) -> None:
        """Stops the run, for all who share it when this returns; who comes first gives the reason."""
        ...


class StopSignal:
    """A Stoppable for one process; the first reason stays, also where the operator then cancels the run."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: Message | None = None
        self.by: StoppedBy | None = None

    def set(self, by: StoppedBy, reason: Message) -> None:
        """Stops the run; for signal handlers, which cannot wait. `reason` is what hosts that do not get through say."""
        if self.by is None:
            self.by, self.reason = by, reason
            self._event.set()
        elif by is StoppedBy.CANCEL and self.by in {StoppedBy.OPERATOR, StoppedBy.PAUSE}:
            self.by = by

    async def stop(self, by: StoppedBy, reason: Message) -> None:
        self.set(by, reason)

    async def stopped(self) -> Message | None:
        return self.reason

    async def wait(self) -> None:
        await self._event.wait()
