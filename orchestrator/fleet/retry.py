"""The one policy by which a step is tried again."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import tenacity

from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import Retry, TargetError, TransferCorrupt, Unreachable

UNREACHABLE_ATTEMPTS = 3
"""A machine that is off stays off; three looks tell a hiccup from that."""
ATTEMPTS = 6
"""For everything that began well: a line that breaks, a quota that is used up. Attempts that brought a file forward
do not count: on a line that breaks once in fifty exchanges, every longer transfer is broken off a few times."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds between two attempts, but for the jitter; doubled from one to the next."""


def policy(
    deadline: Deadline,
    rest: Callable[[float], Awaitable[None]],
    before_rest: Callable[[tenacity.RetryCallState], None],
    first_wait: float | None = None,
    carried: Callable[[], int] = lambda: 0,
) -> tenacity.AsyncRetrying:
    """Retries errors whose class allows it, with growing, jittered pauses, while the deadline leaves room.

    Args:
        deadline: Of the step, over all attempts.
        rest: How to sleep between attempts; ends early with RunStopped when the run is stopped.
        before_rest: Told of every attempt that will be followed by another.
        first_wait: Seconds before the second attempt, where it is not FIRST_WAIT.
        carried: How many bytes of files the attempts so far have brought there or home.
    """
    first_wait = FIRST_WAIT if first_wait is None else first_wait
    answered = False
    fruitless = 0
    before = carried()

    def pause(state: tenacity.RetryCallState) -> float:
        nonlocal answered, fruitless, before
        error = state.outcome.exception() if state.outcome else None
        answered = answered or not isinstance(error, Unreachable)
        forward = carried() > before and not isinstance(error, TransferCorrupt)
        fruitless = 0 if forward else fruitless + 1
        before = carried()
        growing = min(LONGEST_WAIT, first_wait * 2.0 ** max(0, fruitless - 1))
        return growing + random.uniform(0, first_wait / 2)  # noqa: S311 - so that hosts do not come all at once

    def enough(state: tenacity.RetryCallState) -> bool:
        allowed = ATTEMPTS if answered else UNREACHABLE_ATTEMPTS
        return fruitless >= allowed or deadline.remaining <= state.upcoming_sleep

    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, TargetError) and error.retry is not Retry.NEVER
        ),
        wait=pause,
        stop=enough,
        sleep=rest,
        before_sleep=before_rest,
        reraise=True,
    )
