"""The host's clock, from the Date of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lab.tests.winrm_hosts import PASSWORD, winrm_host
from orchestrator.connect.channel import ahead_of_us
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.model.clock import Clock
from orchestrator.remote.target import Target
from orchestrator.windows import branches
from sspr_lab.profile import Profile
from tests.connect.reach import at, soon
from tests.passwords import Passwords
from tests.remote.targets import target

NOW = datetime(2024, 1, 31, 7, 0, 0, tzinfo=UTC)
DATES: dict[str | None, timedelta | None] = {
    "Wed, 31 Jan 2024 07:00:00 GMT": timedelta(),
    "Wed, 31 Jan 2024 07:05:01 GMT": timedelta(minutes=5, seconds=1),
    "Tue, 30 Jan 2024 07:00:00 GMT": timedelta(days=-1),
    "Thu, 01 Jan 2009 00:00:00 GMT": datetime(2009, 1, 1, tzinfo=UTC) - NOW,
    "Wed, 31 Jan 2024 16:00:00 +0900": timedelta(),
    "Wed, 31 Jan 2024 07:00:00 -0000": timedelta(),
    "Wed, 31 Jan 99999 07:00:00 GMT": None,
    "Wed, 31 Feb 2024 07:00:00 GMT": None,
    "Sat, 01 Jan 2024 00:00:00 +9999": None,
    "yesterday": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize("date", DATES)
def test_a_date_is_read(date: str | None) -> None:
    """What RFC 9110 has is read, and anything else is no date and no error."""
    assert ahead_of_us(date, NOW) == DATES[date]


def clock_of(reached: Target) -> timedelta | None:
    """Asked anew each time: what a connection tells is not known to stay."""
    return reached.clock_ahead


@pytest.mark.parametrize(("profile", "hours"), [(Profile(), 0), (Profile().with_traits("clock_a_day_ahead"), 24)])
async def test_a_host_s_clock(profile: Profile, hours: int) -> None:
    """A connection tells how far its host's clock is ahead, and a target without one does not know."""
    async with winrm_host(profile) as host, target(host.server.port) as reached:
        assert clock_of(reached) is None
        await reached.observe(branches.MACHINE)
        ahead = clock_of(reached)
        assert ahead is not None
        assert abs(ahead - timedelta(hours=hours)) < timedelta(seconds=10)
        await reached.release()
        assert clock_of(reached) is None


async def test_it_is_compared_with_the_run_s_clock() -> None:
    """Where a run's clock is an hour ahead of the computer's, a host that goes as the computer is an hour behind."""
    ahead = Clock(speed=2.0, since=datetime.now(UTC) - timedelta(hours=1))
    made = PywinrmConnector(Passwords(PASSWORD), threads=1, clock=ahead)
    async with winrm_host() as host:
        connection = await made.connect(at(host.server.port), soon())
        assert connection.clock_ahead is not None
        assert abs(connection.clock_ahead + timedelta(hours=1)) < timedelta(seconds=30)
        await connection.close()
    made.close()
