"""Deadlines: one moment, handed down."""

from __future__ import annotations

import math
import time

from orchestrator.model.clock import Deadline


def test_time_left_never_is_negative() -> None:
    """A deadline that has passed has no time left, and one to come has what lies between."""
    past = Deadline(time.monotonic() - 10)
    assert (past.remaining, past.expired) == (0.0, True)
    soon = Deadline.after(10)
    assert 9 < soon.remaining <= 10
    assert not soon.expired


def test_never_does_not_come() -> None:
    """A deadline that never comes leaves all the time there is."""
    assert Deadline.never().remaining == math.inf
    assert not Deadline.never().expired


def test_the_sooner_counts() -> None:
    """What is allowed within a deadline never reaches beyond it."""
    step = Deadline.after(10)
    assert step.within(1000) is step
    assert 0 < step.within(1).remaining <= 1
    assert 999 < Deadline.never().within(1000).remaining <= 1000
