"""Token buckets that messages of many connections pass: how many bytes may go, by the run's clock.

In no time do more bytes pass one than its rate allows in that time and one burst, which is what it allows in a second.
Connections work on threads, so that they wait here on theirs. Who came first goes first, but past those who wait for a
bucket that is not theirs: one slow site holds up nobody else, and nobody is overtaken for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from orchestrator.model.clock import LONGEST_SLEEP, Clock, Moment, uptime

BURST_SECONDS: Final = 1.0
"""Of the rate. A message is no larger, so that the least rate of a playbook has to carry the least message."""


@dataclass(eq=False)
class TokenBucket:
    """What may go at one rate.

    Attributes:
        rate: Bytes a second of the run.
        clock: The run's.
    """

    rate: int
    clock: Clock
    _full: Moment = field(init=False)

    def __post_init__(self) -> None:
        self._full = self.clock.after(0)

    @property
    def burst(self) -> int:
        """Bytes that may go at once."""
        return int(self.rate * BURST_SECONDS)

    def left(self, size: int) -> float:
        """Seconds of the run until so many bytes, not more than a burst, may go; 0 where they may now."""
        return max(0.0, self.clock.until(self._full) - (self.burst - size) / self.rate)

    def take(self, size: int) -> None:
        """They go."""
        self._full = self.clock.after(max(0.0, self.clock.until(self._full)) + size / self.rate)


@dataclass(frozen=True, eq=False)
class _Message:
    size: int
    buckets: Sequence[TokenBucket]

    @property
    def left(self) -> float:
        return max((bucket.left(self.size) for bucket in self.buckets), default=0.0)

    def goes_before(self, other: _Message) -> bool:
        """Whether one that came first has to go first: not where a bucket holds it up that is none of the other's."""
        apart = [bucket for bucket in self.buckets if bucket not in other.buckets]
        return len(apart) < len(self.buckets) and not any(bucket.left(self.size) for bucket in apart)


class Queue:
    """Those that wait for buckets, each on its own thread.

    Args:
        clock: The run's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[_Message] = []

    def wait(self, size: int, buckets: Sequence[TokenBucket]) -> float:
        """Returns when so many bytes may go past all these buckets; gives the real seconds until then."""
        began, message = uptime(), _Message(size, buckets)
        with self._changed:
            self._waiting.append(message)
            try:
                while (left := message.left) or self._is_behind(message):
                    self._changed.wait(min(left / self._clock.speed or LONGEST_SLEEP, LONGEST_SLEEP))
                for bucket in buckets:
                    bucket.take(size)
            finally:
                self._waiting.remove(message)
                self._changed.notify_all()
        return uptime() - began

    def _is_behind(self, message: _Message) -> bool:
        """Whether somebody goes first, who wakes up by himself and tells when he has gone."""
        return any(before.goes_before(message) for before in takewhile(lambda each: each is not message, self._waiting))
