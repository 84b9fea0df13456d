"""StopSignal: the one place where a run is told to begin nothing new."""

from __future__ import annotations

import asyncio
from enum import Enum


class StoppedBy(Enum):
    """Who stopped a run."""

    OPERATOR = "operator"
    GUARD = "guard"


class StopSignal:
    """Set once, by the operator or a guard; the first reason stays."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: str | None = None
        self.by: StoppedBy | None = None

    def set(self, by: StoppedBy, reason: str) -> None:
        """Stops the run. `reason` is what hosts that do not get through are told."""
        if self.by is None:
            self.by, self.reason = by, reason
            self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
