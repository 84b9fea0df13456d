"""A host whose window opens together with those of many others, and that has to wait for its place then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.model.clock import Clock
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord
from tests.fleet.test_absent_hosts import VALUE
from tests.fleet.test_maintenance import maintained, window
from tests.lab_fixtures import kind, site
from tests.playbook.written import playbook

SPEED = 60.0
LATE_MINUTES = 20
"""After the opening; the step itself has five."""


@dataclass
class Late:
    """See `engine.protocol.Engine`; it has no place for a host that returns until long after it was due."""

    clock: Clock

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        async def keep(_: str) -> None:
            """Nobody is killed here."""

        for host in hosts:
            resting = await work.perform(host, 0, (), None, keep)
            assert isinstance(resting, Rest)
            assert resting.until
            await asyncio.sleep(self.clock.real_seconds_until(resting.until) + 60 * LATE_MINUTES / self.clock.speed)
            record = await work.perform(host, 0, (), resting.state, keep)
            assert isinstance(record, StepRecord)
            await work.conclude(host, (record,), None)


@pytest.mark.slow
async def test_waiting_for_a_place_is_not_the_step_s_time(tmp_path: Path) -> None:
    """It has all the time that it had when it was left alone."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        maintained(lab, window(lab.clock.now() + timedelta(minutes=4)))
        results = await lab.run(playbook(tmp_path, VALUE), engine=Late(lab.clock), clock=lab.clock)
    assert results["host"].outcome is Outcome.CHANGED
