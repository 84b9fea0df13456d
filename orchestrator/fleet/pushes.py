"""Pushes: the turns in which hosts are sent files, where bytes a second are limited.

A limit that all hosts shared at once would leave each so little that its shell times out between two messages (after
180 s, see `connect.pywinrm.IDLE_SECONDS`) and its step before the end of a package. So only as many are sent files as
each has a useful share, and the others wait before they connect: they hold neither a connection nor a place among the
hosts at work, and their time does not count as the step's (`StepCall`). Messages of those whose turn it is pass token
buckets, of the run and of each limited group. One process works on a run, so that all of it is in its memory; whoever
goes on with a run begins with a new line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.connect.connection import Throttle
from orchestrator.fleet.token_bucket import Queue, TokenBucket
from orchestrator.model.clock import Clock
from orchestrator.model.errors import PushAwaited
from orchestrator.playbook.strategy import Limits, limits_of

SHARE: Final = 64 * 1024
"""Bytes a second that each host has at least whose turn it is, or all that there is. The largest message of any
Windows, 500 KB, goes every 8 s then, far below 180; a package of 30 MB, which is 57 on the line, is there within a
quarter of an hour; and some hosts on slow lines leave others to make use of the rate."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds between two looks whether it is a host's turn."""
_WITH_ENVELOPES: Final = 1.5
"""What small messages come to, to what they hold."""
LEAST_PUSH: Final = 2 * SHARE
"""Bytes that a push counts as when others wait for it: before it stand a log-on and a look."""


@dataclass(frozen=True)
class _Push:
    """What a host is sent, or is to be."""

    size: int
    buckets: Sequence[TokenBucket]

    @property
    def weight(self) -> int:
        return max(self.size, LEAST_PUSH)

    def goes_before(self, other: _Push) -> bool:
        """Whether one that came first goes first: not where a slower bucket holds it up that is none of the other's."""
        shared = [bucket.rate for bucket in self.buckets if bucket in other.buckets]
        apart = [bucket.rate for bucket in self.buckets if bucket not in other.buckets]
        return bool(shared) and not (apart and min(apart) < min(shared))


class Pushes:
    """Whose turn it is. Used on the event loop, but for what waits in `HostPushing`.

    Args:
        limits: Of the run.
        groups: Of every host of it, by its name.
        clock: The run's.
    """

    def __init__(self, limits: Limits, groups: Mapping[str, Sequence[str]], clock: Clock) -> None:
        self.queue = Queue(clock)
        self.clock = clock
        self._groups = groups
        self._limits = limits.push_bytes_per_second_per_group
        self._of_groups: dict[str, TokenBucket] = {}
        rate = limits.push_bytes_per_second
        self._of_all = (TokenBucket(rate, clock),) if rate else ()
        self._at_work: dict[str, _Push] = {}
        self._line: dict[str, _Push] = {}

    def of(self, host: str) -> HostPushing:
        """What keeps one host to its turns."""
        return HostPushing(host, tuple(self._buckets(host)), self)

    def take(self, host: str, size: int, buckets: Sequence[TokenBucket]) -> None:
        """Takes the turn of a host that is to be sent so many bytes.

        A place that is free goes to whoever asks first of those in the line; nobody else gets past them.

        Raises:
            PushAwaited: It is not its turn; it stands in line now.
        """
        if host in self._at_work:
            return
        push = _Push(size, buckets)
        if self._is_free(push) and (host in self._line or not any(self._before(host, push))):
            self._line.pop(host, None)
            self._at_work[host] = push
            return
        self._line.setdefault(host, push)
        before = list(self._before(host, push))
        seconds = max(
            sum(each.weight for each in before if bucket in each.buckets) / bucket.rate for bucket in push.buckets
        )
        # Half of it, since those before may be through sooner than they were reckoned.
        raise PushAwaited(size, min(max(seconds / 2, FIRST_PAUSE), LONGEST_PAUSE))

    def longest_wait(self, host: str) -> float:
        """Real seconds for which throttling holds up, at most, what is sent to a host in its turn."""
        push = self._at_work.get(host)
        shares = [bucket.rate / _at_once(bucket) for bucket in push.buckets] if push else []
        return _WITH_ENVELOPES * push.size / min(shares) / self.clock.speed if push else 0.0

    def end(self, host: str) -> None:
        """A host's turn is over."""
        self._at_work.pop(host, None)

    def leave(self, host: str) -> None:
        """A host is not to be sent anything any more."""
        self.end(host)
        self._line.pop(host, None)

    def _buckets(self, host: str) -> Iterator[TokenBucket]:
        for group, rate in limits_of(self._groups[host], self._limits):
            yield self._of_groups.setdefault(group, TokenBucket(rate, self.clock))
        yield from self._of_all

    def _is_free(self, push: _Push) -> bool:
        return all(
            sum(bucket in other.buckets for other in self._at_work.values()) < _at_once(bucket)
            for bucket in push.buckets
        )

    def _before(self, host: str, push: _Push) -> Iterator[_Push]:
        """Those in the line before a host, or before whoever is not in it yet."""
        for other, others in self._line.items():
            if other == host:
                return
            if others.goes_before(push):
                yield others


def _at_once(bucket: TokenBucket) -> int:
    """How many hosts are sent files at the same moment."""
    return max(1, bucket.rate // SHARE)


@dataclass(frozen=True)
class HostPushing:
    """See `remote.pushing.Pushing`; also the throttle of what goes to the host, see `connect.connection.Throttle`.

    Attributes:
        host: Which one.
        buckets: What its messages have to pass.
        pushes: Those of all hosts.
    """

    host: str
    buckets: Sequence[TokenBucket]
    pushes: Pushes = field(repr=False)

    @property
    def throttle(self) -> Throttle | None:
        return self if self.buckets else None

    @property
    def largest(self) -> int:
        return min(bucket.burst for bucket in self.buckets)

    def wait(self, size: int) -> float:
        return self.pushes.queue.wait(size, self.buckets)

    def take(self, size: int) -> None:
        if self.buckets:
            self.pushes.take(self.host, size, self.buckets)

    @property
    def longest_wait(self) -> float:
        return self.pushes.longest_wait(self.host)

    def end(self) -> None:
        self.pushes.end(self.host)
