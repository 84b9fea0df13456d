"""The clock of a run: it goes on while the machine sleeps, nobody sets it back, and moments outlive the process."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.model import clock as clocks
from orchestrator.model.clock import Clock, Deadline, uptime

ELSEWHERE = "another start, or another machine"


def test_a_moment_comes() -> None:
    """What lies ahead of now and behind it is told in seconds."""
    clock = Clock()
    assert 9 < clock.until(clock.after(10)) <= 10
    assert -11 < clock.until(clock.after(-10)) <= -10
    assert clock.real_seconds_until(clock.after(-10)) == 0
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize("hours", [-3, 5])
def test_who_sets_the_wall_clock_moves_no_moment(hours: int) -> None:
    """As long as this machine has not been restarted, the date that was noted does not count."""
    clock = Clock()
    noted = clock.after(60)
    assert 59 < clock.until(replace(noted, date=noted.date + timedelta(hours=hours))) <= 60


def test_after_a_restart_the_date_counts() -> None:
    """What another start of this machine, or another machine, has noted is found by its date."""
    clock = Clock()
    noted = replace(clock.after(60), uptime=0.0, boot=ELSEWHERE)
    assert 59 < clock.until(noted) <= 60


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system counts its own sleep nowhere")
def test_time_goes_on_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOCK_BOOTTIME is what counts: CLOCK_MONOTONIC stands still in a sleep."""
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 5000.0}.__getitem__)
    assert uptime() == 5000.0
    deadline = Deadline.after(100)
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 8600.0}.__getitem__)
    assert deadline.expired


def test_where_there_is_no_such_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS and Windows have no CLOCK_BOOTTIME, and no name for a start."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(clocks, "_BOOT_ID", clocks._BOOT_ID / "none")
    clocks.boot.cache_clear()
    try:
        clock = Clock()
        assert 9 < clock.until(clock.after(10)) <= 10
    finally:
        clocks.boot.cache_clear()


def test_a_faster_clock_counts_faster() -> None:
    """Durations and dates go so many times as fast, alike in every process; exchanges with hosts take real time."""
    clock = Clock(speed=60.0)
    ahead = clock.after(120)
    assert 1.9 < clock.real_seconds_until(ahead) <= 2
    assert 1.9 < Deadline.at(ahead, clock).remaining <= 2
    began = clock.now()
    time.sleep(0.05)
    assert 3 <= (clock.now() - began).total_seconds() < 60
    assert 100 < Clock(speed=60.0, since=clock.since).until(replace(ahead, boot=ELSEWHERE)) <= 120
