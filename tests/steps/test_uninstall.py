"""Removing the add-in over a line that breaks: what was begun is seen to its end, and told as what it was."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from lab.tests.winrm_hosts import until
from orchestrator.model.codec import encode
from orchestrator.model.outcome import Outcome
from orchestrator.package.msi import read_package
from orchestrator.sentences import say
from orchestrator.steps.msi import MsiParameters
from orchestrator.steps.msi import install as install_step
from orchestrator.steps.uninstall import Removing, UninstallDetail, UninstallParameters, uninstall
from orchestrator.windows import boot, provider
from sspr_lab.accounts import SYSTEM
from sspr_lab.faults import fault
from sspr_lab.packages import Way, standin
from sspr_lab.registry import Value
from tests.details import detail_of
from tests.lab_fixtures import PACKAGES, install, kind, shipped, site
from tests.remote.targets import target
from tests.steps.one_step import context, one, to_end

VARIANTS = Path(__file__).parents[2] / "lab" / "tests" / "packages"
DLL = r"C:\Windows\System32\SsprStandInProvider.dll"


@pytest.mark.slow
async def test_a_line_that_breaks_during_the_removal(tmp_path: Path) -> None:
    """Gone when we come back, the product was removed by us all the same; its task and folder go, a restart is due."""
    with site(tmp_path, {"host": kind()}) as lab:
        await lab.run(install())
        before = lab.snapshots()
        lab.on("host", lambda machine: machine.faults.add(fault("drop_install")))
        result = (await lab.run(shipped("uninstall", "reboot.when=never", packages=PACKAGES)))["host"]
        removal = result.steps[0]
        assert (removal.result.outcome, removal.attempts) == (Outcome.CHANGED, 2), say(result.reason)
        assert removal.result.reboot_required
        assert len(detail_of(removal.result, UninstallDetail).product_codes) == 1
        ours = [line for line in lab.changes(before)["host"] if "Orchestrator" in line]
        assert [line for line in ours if "AwaitingRestart" not in line] == [r"+ key HKLM\SOFTWARE\SsprOrchestrator"]


async def test_a_removal_that_a_killed_run_has_left(tmp_path: Path) -> None:
    """The next run finds the product gone, takes task and folder away, says so, and knows that a restart is due."""
    async with one() as (host, reached):
        await to_end(install_step, reached, MsiParameters(packages=(standin("x64"),)), context(tmp_path))
        async with target(host.server.port) as killed:
            doing = asyncio.create_task(to_end(uninstall, killed, UninstallParameters(), context(tmp_path, "killed")))
            await until(lambda: any(task.instances for task in host.machine.tasks))
            doing.cancel()
            with suppress(asyncio.CancelledError):
                await doing
        await until(lambda: not any(task.instances for task in host.machine.tasks))
        assert not host.machine.files.exists(DLL)
        assert len(list(host.machine.tasks)) == 1
        await reached.release()
        result = await to_end(uninstall, reached, UninstallParameters(), context(tmp_path, "second"))
        assert (result.outcome, result.reboot_required) == (Outcome.CHANGED, True)
        assert "an earlier run has uninstalled the add-in" in say(result.reason)
        assert list(host.machine.tasks) == []
        assert not host.machine.files.exists(r"C:\Windows\SsprOrchestrator")
        assert host.machine.registry.get(r"HKLM\SOFTWARE\SsprOrchestrator", "AwaitingRestartOf") is not None
        again = await to_end(uninstall, reached, UninstallParameters(), context(tmp_path, "third"))
        assert (again.outcome, again.reboot_required) == (Outcome.OK, False)


CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"
MEANT = {
    "to be removed": Removing(wanted=(CODE,), begun=(CODE,)),
    "to be concluded": Removing(found=(CODE,), restart_due=True),
    "to be tidied away": Removing(litter=(CODE,)),
}


@pytest.mark.parametrize("meant", MEANT)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_removal_that_was_only_meant(tmp_path: Path, waits: bool, meant: str) -> None:
    """What somebody else has seen to meanwhile is not done again, and restarts nobody, unless one is still due."""
    again = replace(context(tmp_path, attempt=2), state=encode(MEANT[meant]))
    due = waits and meant != "to be tidied away"
    async with one() as (host, reached):
        if waits:
            booted = (await reached.observe(boot.BOOT)).marker
            host.machine.registry.set(boot.OURS, boot.AWAITING, Value.of(booted))
        result = await to_end(uninstall, reached, UninstallParameters(), again)
        outcome = Outcome.CHANGED if due else Outcome.OK
        assert (result.outcome, result.reboot_required) == (outcome, due), say(result.reason)
        assert host.machine.ledger.count("task ran") == 0


@pytest.mark.parametrize("way", get_args(Way))
@pytest.mark.parametrize("named", [False, True], ids=["without a package", "by another version's package"])
async def test_the_add_in_is_known_by_what_it_does(tmp_path: Path, way: Way, named: bool) -> None:
    """However it registers its provider, it is found without its package, and by that of another version."""
    newer = UninstallParameters(packages=(VARIANTS / "newer.x64.msi",)) if named else UninstallParameters()
    async with one() as (host, reached):
        parameters = MsiParameters(packages=(standin("x64", way),), unproven=True)
        await to_end(install_step, reached, parameters, context(tmp_path))
        result = await to_end(uninstall, reached, newer, context(tmp_path, "second"))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert not host.machine.files.exists(DLL)
        assert not host.machine.registry.exists(provider.PROVIDER)


async def test_another_product_is_left_alone(tmp_path: Path) -> None:
    """One whose package has the name of Microsoft's, and registers nothing of ours, is not the add-in."""
    async with one() as (host, reached):
        path = r"C:\Windows\Temp\SsprWindowsLogon.PROD.msi"
        host.machine.files.write(path, (VARIANTS / "no-provider.x64.msi").read_bytes())
        assert await host.machine.spawn(f'msiexec /i "{path}" /qn', account=SYSTEM).wait() == 0
        before = host.machine.snapshot()
        result = await to_end(uninstall, reached, UninstallParameters(), context(tmp_path))
        assert result.outcome is Outcome.OK
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []


async def test_never_said_to_be_gone_while_its_provider_is_registered(tmp_path: Path) -> None:
    """What no product is known to have brought is a person's to look at."""
    async with one() as (host, reached):
        host.machine.registry.set(provider.PROVIDER, "", Value.of("x"))
        host.machine.registry.set(provider.INPROC_SERVER, "", Value.of(r"C:\Copied\by-hand.dll"))
        result = await to_end(uninstall, reached, UninstallParameters(), context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert "is registered" in say(result.reason)


@pytest.mark.parametrize("package", [VARIANTS / "no-provider.x64.msi", standin("x64")], ids=["beside it", "itself"])
async def test_what_is_left_of_the_add_in_is_said(tmp_path: Path, package: Path) -> None:
    """Whether the host still offers password reset, once a product has gone, is what was seen afterwards."""
    code = read_package(package).product_code
    async with one() as (host, reached):
        for path in {package, standin("x64")}:
            there = rf"C:\Windows\Temp\{path.name}"
            host.machine.files.write(there, path.read_bytes())
            assert await host.machine.spawn(f'msiexec /i "{there}" /qn', account=SYSTEM).wait() == 0
        result = await to_end(uninstall, reached, UninstallParameters(product_code=code), context(tmp_path))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert detail_of(result, UninstallDetail).offers_reset is host.machine.registry.exists(provider.PROVIDER)
        assert host.machine.registry.exists(provider.PROVIDER) is (package != standin("x64"))
