"""Time of a run: it waits as long as hosts take by its own clock, which tests make as fast as the lab's."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, StepFinished
from orchestrator.model.outcome import Outcome
from sspr_lab.faults import fault
from tests.lab_fixtures import PACKAGES, kind, shipped, site

SPEED = 120.0
PATIENTLY = ("reboot.delay_minutes=10", "msi.wait_for_other_install_minutes=30")


@dataclass(frozen=True)
class Jumping(Clock):
    """A clock whose dates somebody sets, once, when a restart has been asked for."""

    by: timedelta = timedelta()
    jumped: list[Event] = field(default_factory=list)

    def now(self) -> datetime:
        return super().now() + (self.by if self.jumped else timedelta())

    def notify(self, event: Event) -> None:
        if isinstance(event, StepFinished) and event.record.name == "reboot":
            self.jumped.append(event)


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_jumps_while_a_restart_is_awaited(tmp_path: Path, hours: int) -> None:
    """The host comes back and is believed; the wait takes as long as it takes."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        clock = Jumping(lab.clock.speed, lab.clock.since, timedelta(hours=hours))
        results = await lab.run(shipped("reboot", "reboot.when=always"), clock=clock, listeners=[clock])
    assert clock.jumped
    assert results["host"].outcome is Outcome.CHANGED, results
    seconds = {record.name: record.seconds for record in results["host"].steps}
    assert seconds["reboot-return"] < 1800


@pytest.mark.slow
async def test_a_run_lives_as_fast_as_its_hosts(tmp_path: Path) -> None:
    """Ten minutes until a restart and twenty for another installation take seconds; its records count minutes."""
    began = time.monotonic()
    with site(tmp_path, {"busy": kind(fault("installer_busy", seconds=1200))}, speed=SPEED) as lab:
        results = await lab.run(shipped("install", *PATIENTLY, packages=PACKAGES), clock=lab.clock)
    assert time.monotonic() - began < 100
    result = results["busy"]
    assert result.outcome is Outcome.CHANGED, result
    seconds = {record.name: record.seconds for record in result.steps}
    assert seconds["reboot-return"] > 500
    assert seconds["msi"] > 300
