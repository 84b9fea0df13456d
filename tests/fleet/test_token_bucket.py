"""Token buckets: what passes them in any time, who goes first, and who is held up by whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import pytest

from orchestrator.fleet.token_bucket import Queue, TokenBucket
from orchestrator.model.clock import Clock, Moment

SPEED = 50.0
RATE = 10_000
SHUT = 1e6
"""Seconds of the run: longer than any test."""


@dataclass(eq=False)
class Counting(TokenBucket):
    """Notes what went when; the moment is taken before, so that the time between two is at most what it was."""

    gone: list[tuple[Moment, int]] = field(default_factory=list)

    def take(self, size: int) -> None:
        self.gone.append((self.clock.after(0), size))
        super().take(size)

    def most_beyond(self) -> float:
        """By how much more went in any time than the rate allows in it; a burst at most."""
        beyond = 0.0
        for first, (began, _) in enumerate(self.gone):
            went = 0
            for moment, size in self.gone[first:]:
                went += size
                beyond = max(beyond, went - self.rate * (moment.uptime - began.uptime))
        return beyond


@pytest.mark.parametrize("seed", range(3))
def test_in_no_time_goes_more_than_the_rate_and_a_burst(seed: int) -> None:
    """Of many at once, by one bucket or two, with messages of every size."""
    clock, chance = Clock(SPEED), Random(seed)
    of_all, of_group = Counting(RATE, clock), Counting(RATE // 3, clock)
    queue = Queue(clock)

    def sends(buckets: Sequence[TokenBucket], sizes: Sequence[int]) -> None:
        for size in sizes:
            queue.wait(size, buckets)

    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            buckets = (of_group, of_all) if number % 2 else (of_all,)
            pool.submit(sends, buckets, [chance.randint(100, buckets[0].burst) for _ in range(12)])
    assert len(of_all.gone) == 8 * 12
    assert len(of_group.gone) == 4 * 12
    for bucket in (of_all, of_group):
        assert bucket.burst // 2 < bucket.most_beyond() <= bucket.burst + 1


def test_nothing_is_saved_up_but_a_burst() -> None:
    """After a long silence as much goes at once as after a short one."""
    clock = Clock(SPEED)
    bucket = TokenBucket(RATE, clock)
    bucket._full = clock.after(-1000)
    for _ in range(4):
        assert bucket.left(RATE // 4) == 0
        bucket.take(RATE // 4)
    assert bucket.left(RATE // 4) > 0.1


def begun(queue: Queue, size: int, *buckets: TokenBucket) -> threading.Thread:
    """A message that waits."""
    there = len(queue._waiting)
    thread = threading.Thread(target=queue.wait, args=(size, buckets))
    thread.start()
    while len(queue._waiting) == there:
        time.sleep(0.001)
    return thread


def let_go(queue: Queue, bucket: TokenBucket) -> None:
    """A bucket that was shut fills up."""
    with queue._changed:
        bucket._full = bucket.clock.after(0)
        queue._changed.notify_all()


def test_who_waits_for_a_slow_bucket_holds_nobody_else_up() -> None:
    """Though it came first to the one that they share."""
    clock = Clock(SPEED)
    of_all, slow, queue = Counting(RATE, clock), TokenBucket(RATE, clock), Queue(clock)
    slow._full = clock.after(SHUT)
    waits = begun(queue, 100, slow, of_all)
    for _ in range(3):
        queue.wait(200, (of_all,))
    let_go(queue, slow)
    waits.join()
    assert [size for _, size in of_all.gone] == [200, 200, 200, 100]


def test_first_come_first_served() -> None:
    """A large message is not overtaken by small ones for which there is room before."""
    clock = Clock(SPEED)
    bucket, queue = Counting(RATE, clock), Queue(clock)
    bucket._full = clock.after(SHUT)
    threads = [begun(queue, size, bucket) for size in (bucket.burst, 100, 200)]
    let_go(queue, bucket)
    for thread in threads:
        thread.join()
    assert [size for _, size in bucket.gone] == [bucket.burst, 100, 200]
