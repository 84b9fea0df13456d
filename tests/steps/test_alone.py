"""Single steps on a host that somebody else has been at before: nothing is done twice, or where it does harm."""

from pathlib import Path

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, winrm_host
from orchestrator.model.errors import ChangeUnsettled, WouldChange
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.msi import MsiParameters, install
from orchestrator.steps.reboot import schedule_reboot
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.steps.verbose_logging import VerboseLoggingParameters, switch_verbose_logging
from orchestrator.windows import provider
from sspr_lab.packages import standin
from sspr_lab.profile import Profile
from sspr_lab.winrm import namespaces as ns
from tests.connect.reach import shorten_pauses
from tests.details import detail_of
from tests.remote.targets import target
from tests.saying import with_reason
from tests.steps.one_step import context, to_end


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive."""
    shorten_pauses(monkeypatch)


def times_started(host: WinRMHost) -> int:
    """How often the host was told to start a task."""
    return sum("schtasks /run" in envelope for envelope in host.envelopes(ns.COMMAND))


async def test_another_run_goes_on_with_the_installation_under_way(tmp_path: Path) -> None:
    """A run that lost sight of msiexec, and one after it that finds it at work: one installation, and nothing left."""
    parameters = MsiParameters(packages=(standin("x64"),))
    async with winrm_host(faults=faulty("drop_install")) as host, target(host.server.port) as reached:
        with pytest.raises(ChangeUnsettled):
            await to_end(install, reached, parameters, context(tmp_path, "first"))
        result = await to_end(install, reached, parameters, context(tmp_path, "second"))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert times_started(host) == 1
        assert list(host.machine.tasks) == []
        assert not host.machine.files.exists(r"C:\Windows\SsprOrchestrator")


async def test_somebody_s_restart_is_not_ours(tmp_path: Path) -> None:
    """A shutdown that is scheduled already stays as it is, blocks the host, and is not noted as our own."""
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.power.initiate(after_seconds=86_400)
        theirs = host.machine.power.pending
        result = await to_end(schedule_reboot, reached, RebootParameters(when="always"), context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert host.machine.power.pending is theirs
        assert host.machine.registry.get(r"HKLM\SOFTWARE\SsprOrchestrator", "RestartScheduledIn") is None


@pytest.mark.parametrize("check", [False, True])
async def test_whom_a_restart_interrupts_is_told(tmp_path: Path, check: bool) -> None:
    """Who is logged on is in the detail of a scheduled restart and counted in its sentence, in check mode too."""
    people = "1 person is logged on"
    profile = Profile().with_traits("user_logged_on")
    async with winrm_host(profile) as host, target(host.server.port, check=check) as reached:
        scheduling = to_end(schedule_reboot, reached, RebootParameters(when="always"), context(tmp_path))
        if check:
            with pytest.raises(WouldChange, check=with_reason(people)):
                await scheduling
            return
        result = await scheduling
        assert detail_of(result, RebootDetail).logged_on == (profile.users[0],)
        assert say(result.reason).endswith(people)


async def test_a_host_that_would_not_come_back_is_not_restarted(tmp_path: Path) -> None:
    """Where somebody has to start WinRM by hand, no restart is scheduled."""
    async with winrm_host(Profile().with_traits("winrm_manual_start")) as host, target(host.server.port) as reached:
        result = await to_end(schedule_reboot, reached, RebootParameters(when="always"), context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert host.machine.power.pending is None


async def test_an_add_in_that_is_not_there_logs_nothing(tmp_path: Path) -> None:
    """`EnableLogging` is never written where there is no add-in: the key alone would look like one."""
    async with winrm_host() as host, target(host.server.port) as reached:
        result = await switch_verbose_logging(reached, VerboseLoggingParameters(state="on"), context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert not host.machine.registry.exists(provider.PROVIDER)
