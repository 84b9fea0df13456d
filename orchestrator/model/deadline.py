"""Deadline: a moment on the monotonic clock that is handed down to whoever waits."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment after which waiting makes no sense; `moment` is in seconds of `time.monotonic`."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @classmethod
    def never(cls) -> Deadline:
        return cls(math.inf)

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.moment - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining == 0.0

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one `seconds` from now."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.moment)
