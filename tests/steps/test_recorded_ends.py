"""An installation or a removal whose job has vanished from the host: Windows Installer's own record settles it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, until, winrm_host
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.declaration import PackageParameters, StepContext
from orchestrator.steps.installer import InstallerFailure
from orchestrator.steps.msi import MsiParameters, install
from orchestrator.steps.uninstall import UninstallParameters, uninstall
from sspr_lab.accounts import SYSTEM
from sspr_lab.installer.session import Session
from sspr_lab.packages import standin
from tests.details import detail_of
from tests.remote.targets import target
from tests.remote.test_effects import restarted
from tests.steps.one_step import context, to_end
from tests.steps.restarts import OURS

PACKAGE = standin("x64")
INSTALL = MsiParameters(packages=(PACKAGE,))
FOLDER, PRODUCT = r"C:\Windows\SsprOrchestrator", "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"
QUIETLY = {"REBOOT": "ReallySuppress"}

P = TypeVar("P", bound=PackageParameters)


async def lost(
    host: WinRMHost,
    step: Callable[[Target, P, StepContext], Awaitable[StepResult | Rest]],
    parameters: P,
    folder: Path,
    *,
    at_its_end: bool = True,
    stays: bool = False,
) -> StepContext:
    """The attempt after one that was lost when msiexec was at work.

    Args:
        host: On it.
        step: Which was attempted.
        parameters: The step's.
        folder: The run's for the host.
        at_its_end: Otherwise it was lost before msiexec had begun.
        stays: Whether its job is still on the host, with what it has ended with.
    """
    kept: list[str | None] = []

    async def write(state: str | None) -> None:
        kept.append(state)
        if not at_its_end:
            raise asyncio.CancelledError

    async with target(host.server.port) as reached:
        doing = asyncio.create_task(to_end(step, reached, parameters, replace(context(folder), write=write)))
        if at_its_end:
            await until(lambda: any(task.instances for task in host.machine.tasks))
            doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
    await until(lambda: not any(task.instances for task in host.machine.tasks))
    if stays:
        return replace(context(folder, attempt=2), state=kept[-1])
    for task in list(host.machine.tasks):
        host.machine.tasks.delete(task.path)
    if host.machine.files.exists(FOLDER):
        host.machine.files.rmdir(FOLDER, tree=True)
    return replace(context(folder, attempt=2), state=kept[-1])


async def by_hand(host: WinRMHost, *, remove: bool = False) -> None:
    """Somebody else installs or removes the product."""
    installer = host.machine.installer
    if remove:
        assert await installer.uninstall(PRODUCT, QUIETLY, account=SYSTEM) == 0
        return
    host.machine.files.write(r"C:\by-hand.msi", PACKAGE.read_bytes())
    assert await installer.install(r"C:\by-hand.msi", QUIETLY, account=SYSTEM) == 0


def refuse_removals(host: WinRMHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """A custom action of the package fails."""
    execute = host.machine.installer._execute

    async def failing(session: Session, *, fails: bool) -> int:
        return await execute(session, fails=fails or session.is_removal)

    monkeypatch.setattr(host.machine.installer, "_execute", failing)


async def test_one_that_failed_is_not_repeated(tmp_path: Path) -> None:
    """It ends as what it was; there is no log of it any more, which is said."""
    async with winrm_host(faults=faulty("installer_fails")) as host, target(host.server.port) as reached:
        again = await lost(host, install, INSTALL, tmp_path)
        result = await to_end(install, reached, INSTALL, again)
        assert host.machine.installer.runs == 1
    assert result.outcome is Outcome.FAILED, say(result.reason)
    assert "1603" in say(result.reason)
    assert detail_of(result, InstallerFailure).exit_code == 1603


@pytest.mark.parametrize(
    "since", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["in this boot", "restarted since"]
)
async def test_one_that_went_well_is_ours(tmp_path: Path, since: bool) -> None:
    """It is told as installed, and not as found; whether a restart is due is told by the boot."""
    async with winrm_host() as host, target(host.server.port) as reached:
        again = await lost(host, install, INSTALL, tmp_path)
        if since:
            await restarted(host)
        result = await to_end(install, reached, INSTALL, again)
        assert host.machine.installer.runs == 1
        assert (host.machine.registry.get(OURS, "AwaitingRestartOf") is None) is since
    assert (result.outcome, result.reboot_required) == (Outcome.CHANGED, not since), say(result.reason)


@pytest.mark.parametrize("told", [True, False], ids=["its end is told", "cut off before it could tell"])
async def test_one_that_went_well_before_the_host_went_off(tmp_path: Path, told: bool) -> None:
    """Its job is found in the next boot: it is told as installed, whether the job or Windows Installer says so."""
    async with winrm_host() as host, target(host.server.port) as reached:
        again = await lost(host, install, INSTALL, tmp_path, stays=True)
        files, (job,) = host.machine.files, host.machine.files.listdir(FOLDER)
        if not told:
            files.delete(rf"{FOLDER}\{job.name}\result.txt")
        await restarted(host)
        result = await to_end(install, reached, INSTALL, again)
        assert host.machine.installer.runs == 1
        assert not files.exists(FOLDER)
    assert (result.outcome, result.reboot_required) == (Outcome.CHANGED, False), say(result.reason)


async def test_one_that_was_never_begun_is_begun(tmp_path: Path) -> None:
    """What stands in the log of before is about another installation."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await by_hand(host)
        await by_hand(host, remove=True)
        again = await lost(host, install, INSTALL, tmp_path, at_its_end=False)
        result = await to_end(install, reached, INSTALL, again)
        assert host.machine.installer.runs == 3
    assert result.outcome is Outcome.CHANGED, say(result.reason)


async def test_what_somebody_has_undone_since_is_done_again(tmp_path: Path) -> None:
    """A success of ours says nothing of what stands there now."""
    async with winrm_host() as host, target(host.server.port) as reached:
        again = await lost(host, install, INSTALL, tmp_path)
        await by_hand(host, remove=True)
        result = await to_end(install, reached, INSTALL, again)
        assert host.machine.installer.runs == 3
    assert result.outcome is Outcome.CHANGED, say(result.reason)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_removal(tmp_path: Path, fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that went well is told as ours, with the restart that is due; one that failed is not repeated."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await by_hand(host)
        if fails:
            refuse_removals(host, monkeypatch)
        again = await lost(host, uninstall, UninstallParameters(), tmp_path)
        result = await to_end(uninstall, reached, UninstallParameters(), again)
        assert host.machine.installer.runs == 2
    outcome = Outcome.FAILED if fails else Outcome.CHANGED
    assert (result.outcome, result.reboot_required) == (outcome, not fails), say(result.reason)
