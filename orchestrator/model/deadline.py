"""Deadline: a moment of real time that is handed down to whoever waits for a host."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator.model.clock import Clock, Moment, uptime


@dataclass(frozen=True)
class Deadline:
    """A moment after which waiting makes no sense; `moment` is in seconds of `model.clock.uptime`."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(uptime() + seconds)

    @classmethod
    def at(cls, moment: Moment, clock: Clock) -> Deadline:
        """What a run's moment is for an exchange with a host, which takes real time."""
        return cls.after(clock.real_seconds_until(moment))

    @classmethod
    def never(cls) -> Deadline:
        return cls(math.inf)

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.moment - uptime())

    @property
    def expired(self) -> bool:
        return self.remaining == 0.0

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one `seconds` from now."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.moment)
