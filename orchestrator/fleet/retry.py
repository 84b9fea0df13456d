"""The one policy by which a step is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import tenacity

from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import Retry, TargetError, Unreachable

UNREACHABLE_ATTEMPTS = 3
"""A machine that is off stays off; three looks tell a hiccup from that."""
ATTEMPTS = 6
"""For everything that began well: a line that breaks, a quota that is used up."""


def policy(
    deadline: Deadline,
    rest: Callable[[float], Awaitable[None]],
    before_rest: Callable[[tenacity.RetryCallState], None],
    first_wait: float = 2.0,
) -> tenacity.AsyncRetrying:
    """Retries errors whose class allows it, with growing, jittered pauses, while the deadline leaves room.

    Args:
        deadline: Of the step, over all attempts.
        rest: How to sleep between attempts; ends early with RunStopped when the run is stopped.
        before_rest: Told of every attempt that will be followed by another.
        first_wait: Seconds before the second attempt; doubled each time, up to a minute.
    """
    answered = False

    def enough(state: tenacity.RetryCallState) -> bool:
        nonlocal answered
        error = state.outcome.exception() if state.outcome else None
        answered = answered or not isinstance(error, Unreachable)
        allowed = ATTEMPTS if answered else UNREACHABLE_ATTEMPTS
        return state.attempt_number >= allowed or deadline.remaining <= state.upcoming_sleep

    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, TargetError) and error.retry is not Retry.NEVER
        ),
        wait=tenacity.wait_exponential(multiplier=first_wait, max=60) + tenacity.wait_random(0, first_wait / 2),
        stop=enough,
        sleep=rest,
        before_sleep=before_rest,
        reraise=True,
    )
