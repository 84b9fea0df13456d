"""What a preflight costs: requests, connections and log-ons, as the lab counts them.

Into how many parts an output comes, and so how many Receives there are, depends on how busy the lab is: those are not
counted.
"""

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.windows import egress
from orchestrator.windows.readiness.survey import PREFLIGHT
from sspr_lab.profile import Architecture, Branch, Profile
from tests.connect.reach import assert_nothing_stays
from tests.remote.targets import target

BRANCHES: list[tuple[Branch, str]] = [
    ("windows7", "windows7"),
    ("windows8", "windows8"),
    ("windows8.1", "windows8.1"),
    ("windows10", "windows10"),
]


@pytest.fixture
def brisk() -> None:
    """Pauses as users have them: without, more Receives are made."""


@pytest.mark.parametrize("seed", range(3))  # decides whether a command's end comes in a response of its own
@pytest.mark.parametrize("architecture", ["x86", "x64"])
@pytest.mark.parametrize(("branch", "name"), BRANCHES)
async def test_a_preflight_is_one_command(branch: Branch, name: str, architecture: Architecture, seed: int) -> None:
    """Two to log on, Create, Command, Delete, and the Receives of one output."""
    async with winrm_host(Profile(branch=branch, architecture=architecture, seed=seed)) as host:
        before = host.machine.snapshot()
        async with target(host.server.port) as reached:
            survey = await reached.observe(PREFLIGHT)
        assert (survey.machine.branch.name, survey.machine.architecture) == (name, architecture)
        assert host.server.counters.requests - host.server.counters.receives == 5
        assert (host.server.counters.connections, host.server.counters.logons) == (1, 1)
        assert host.machine.snapshot() == before
        await assert_nothing_stays(host)


async def test_a_preflight_of_slow_answers_is_one_command() -> None:
    """Two seconds more of the host's time for every response change nothing."""
    async with winrm_host(speed=10, faults=faulty("slow", seconds=2)) as host:
        async with target(host.server.port) as reached:
            assert (await reached.observe(PREFLIGHT)).machine.title == "Windows 7 SP1 x64"
        assert host.server.counters.requests - host.server.counters.receives == 5


async def test_trying_the_service_costs_one_command_more() -> None:
    """A Command and its Receives, in the shell that is open already: no log-on, no shell of its own."""
    async with winrm_host() as host:
        async with target(host.server.port) as reached:
            await reached.observe(PREFLIGHT)
            before = host.server.counters.requests - host.server.counters.receives
            tried = await reached.observe(egress.reach(egress.Endpoint()))
            assert tried.code is not None
            assert host.server.counters.requests - host.server.counters.receives - before == 1
        assert (host.server.counters.connections, host.server.counters.logons) == (1, 1)
