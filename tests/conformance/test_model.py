"""Every case of the table on a modelled machine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from orchestrator.lab.clock import Clock
from orchestrator.lab.machine import Machine
from orchestrator.lab.profile import Profile

from .case import Row, rows
from .hosts import ModelHost, run


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 60 ms."""
    clock = Clock(speed=1000)
    yield clock
    await clock.close()


@pytest.mark.parametrize("row", rows(), ids=str)
async def test_case(row: Row, clock: Clock) -> None:
    """A stock 64-bit Windows 7 of the lab answers as the case has it, and is left as the case has it."""
    host = ModelHost(Machine(Profile(), clock))
    outcome = await run(host, row.case)
    assert outcome.complaints == [], outcome.reply
