"""Clock: where a run takes its time from. Durations count while this machine sleeps; moments outlive the process.

What is measured on a line (round trips, bytes a second, how long a socket is silent) is no business of this clock: that
is real time, on `time.monotonic`, and a `Deadline` where somebody waits for it.
"""

from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

LONGEST_SLEEP: Final = 60.0
"""Real seconds between two looks at the clock: an event loop's own timers stand still while the machine sleeps."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> float:
    """Seconds that go on while the machine sleeps, where the system counts them so (Linux); never set back."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@cache
def boot() -> str:
    """What tells this start of this machine from every other; where the system has no name for it, this process."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, kept both ways, so that another process finds it too; goes through JSON.

    Attributes:
        date: On the wall clock, UTC; what counts on another machine and after a restart of this one.
        uptime: On the clock that nobody sets; what counts as long as this machine has not been restarted.
        boot: Which start of which machine `uptime` belongs to.
    """

    date: datetime
    uptime: float
    boot: str


@dataclass(frozen=True)
class Clock:
    """Time as a run sees it.

    Attributes:
        speed: Seconds of a run in a real one: not 1 only in tests, whose hosts live faster.
        since: From which moment of real time on dates run that fast; the same in all processes of a test.
    """

    speed: float = 1.0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """The date and time, UTC."""
        real = datetime.now(UTC)
        return real if self.speed == 1.0 else self.since + (real - self.since) * self.speed

    def after(self, seconds: float) -> Moment:
        """The moment so many seconds from now, or ago."""
        return Moment(self.now() + timedelta(seconds=seconds), uptime() * self.speed + seconds, boot())

    def until(self, moment: Moment) -> float:
        """Seconds from now; negative when it has passed."""
        if moment.boot == boot():
            return moment.uptime - uptime() * self.speed
        return (moment.date - self.now()).total_seconds()

    def real_seconds_until(self, moment: Moment) -> float:
        """The same in real seconds, never negative."""
        return max(0.0, self.until(moment)) / self.speed


@dataclass(frozen=True)
class Deadline:
    """A moment of real time after which waiting for a host makes no sense; `moment` is in seconds of `uptime`."""

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

    def later(self, seconds: float) -> Deadline:
        """One so many seconds after this."""
        return Deadline(self.moment + seconds)

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one `seconds` from now."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.moment)
