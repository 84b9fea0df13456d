"""The one policy by which a step is tried again; what it goes by is data, so that any process can go on with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import tenacity

from orchestrator.model.errors import FileHeld, JumpHostDefers, Retry, TargetError, TransferCorrupt

UNREACHABLE_ATTEMPTS = 3
"""A machine that is off stays off; three looks tell a hiccup from that."""
ATTEMPTS = 6
"""For everything that began well: a line that breaks, a quota that is used up. Attempts that brought a file forward
do not count: on a line that breaks once in fifty exchanges, every longer transfer is broken off a few times."""
HELD_ATTEMPTS = 9
"""For a file that a dead client's command holds: four minutes at least, which is longer than its shell lives. And for a
jump host that takes us later, whose penalties are mostly shorter than that."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds between two attempts, but for the jitter; doubled from one to the next."""

_NOT_RETRYING: Final = tenacity.Retrying()


@dataclass(frozen=True, slots=True)
class Patience:
    """What is left of it after some attempts have failed.

    Attributes:
        answered: Whether the host has ever answered.
        fruitless: How many attempts in a row have failed without bringing a file forward.
        damaged: How many of these ended with something that came damaged.
    """

    answered: bool = False
    fruitless: int = 0
    damaged: int = 0

    def after(self, error: TargetError, *, forward: bool) -> Patience:
        """After one more; `forward` is whether it has brought bytes of a file there or home."""
        fruitful = forward and not isinstance(error, TransferCorrupt)
        return Patience(
            answered=self.answered or error.answered,
            fruitless=0 if fruitful else self.fruitless + 1,
            damaged=0 if fruitful else self.damaged + (error.retry is Retry.ONCE),
        )

    def pause(self, error: TargetError, remaining: float, first_wait: float | None = None) -> float | None:
        """Seconds until the next attempt, growing and with jitter; None when there is to be none.

        Args:
            error: What the last attempt ended with; its class says whether another may help.
            remaining: Seconds until the step's deadline, which the pause has to leave room for.
            first_wait: Seconds before the second attempt, where it is not FIRST_WAIT.
        """
        if error.retry is Retry.NEVER or self.fruitless >= self._attempts(error):
            return None
        if error.retry is Retry.ONCE and self.damaged > 1:
            return None
        first_wait = FIRST_WAIT if first_wait is None else first_wait
        growing = tenacity.wait_exponential(multiplier=first_wait, max=LONGEST_WAIT)
        jittered = growing + tenacity.wait_random(0, first_wait / 2)  # so that hosts do not come all at once
        pause = jittered(self._as_tenacity_sees_it)
        return pause if pause < remaining else None

    def _attempts(self, error: TargetError) -> int:
        if isinstance(error, FileHeld | JumpHostDefers):
            return HELD_ATTEMPTS
        return ATTEMPTS if self.answered else UNREACHABLE_ATTEMPTS

    @property
    def _as_tenacity_sees_it(self) -> tenacity.RetryCallState:
        """Its waits ask for nothing but the number of attempts; the attempts themselves are the engine's."""
        state = tenacity.RetryCallState(_NOT_RETRYING, None, (), {})
        state.attempt_number = max(1, self.fruitless)
        return state
