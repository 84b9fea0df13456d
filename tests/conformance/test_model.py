"""Every case of the table on a modelled machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile

from .case import Row, rows
from .hosts import ModelHost, run

PROFILES = (
    Profile("windows7", "x64"),
    Profile("windows7", "x86"),
    Profile("windows8.1", "x64"),
    Profile("windows10", "x64"),
)


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 60 ms."""
    clock = Clock(speed=1000)
    yield clock
    await clock.close()


def _parameters() -> Iterator[object]:
    for profile in PROFILES:
        for row in rows():
            if row.holds_for(profile):
                yield pytest.param(profile, row, id=f"{profile.branch} {profile.architecture}: {row}")


@pytest.mark.parametrize(("profile", "row"), list(_parameters()))
async def test_case(profile: Profile, row: Row, clock: Clock) -> None:
    """A stock machine of the lab answers as the case has it, and is left as the case has it."""
    host = ModelHost(Machine(profile, clock))
    outcome = await run(host, row.case)
    assert outcome.complaints == [], outcome.reply
