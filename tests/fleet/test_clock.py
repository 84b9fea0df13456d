"""Time of a run: it waits as long as hosts take by its own clock, which tests make as fast as the lab's."""

import time
from pathlib import Path

from orchestrator.model.outcome import Outcome
from sspr_lab.faults import fault
from tests.lab_fixtures import PACKAGES, kind, shipped, site

SPEED = 120.0
PATIENTLY = ("reboot.delay_minutes=10", "msi.wait_for_other_install_minutes=30")


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
