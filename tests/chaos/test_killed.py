"""One property of all shipped playbooks: killed anywhere and run again, a host is what an undisturbed run makes of it.

Everything of the host is compared: registry, files, tasks, what waits for a restart, and how often it was started,
and products installed and removed, by the lab's own ledger. `allowed.yaml` has what may differ, and why.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.app.undo import undoing
from orchestrator.playbook import shipped_files
from orchestrator.playbook.plan import Playbook
from sspr_lab.accounts import SYSTEM
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind
from sspr_lab.packages import standin
from tests.chaos.killing import Death, Furnish, Lab, faults, lab_of
from tests.e2e.program import PACKAGES as GIVEN
from tests.e2e.program import sspr
from tests.lab_fixtures import install, kind, shipped

AT_ONCE = 6
"""Runs at the same moment, on a host each."""
MORE_MESSAGES = 4
"""A busy machine is asked more often than an idle one whether it is through."""
UNDISTURBED = "undisturbed"
WINDOWS_7, WINDOWS_10 = kind(), kind(branch="windows10", traits=["azure_ad_joined"])
READY = kind(traits=["schannel_explicit", "winhttp_a80"])


async def nothing(_: Machine) -> None:
    """The machine is as it came."""


async def the_add_in(machine: Machine) -> None:
    """Somebody has installed it."""
    path = r"C:\Windows\Temp\add-in.msi"
    machine.files.write(path, standin(machine.profile.architecture).read_bytes())
    assert await machine.spawn(f'msiexec /i "{path}" /qn /norestart', account=SYSTEM).wait() == 0
    machine.files.delete(path)


async def the_add_in_verbose(machine: Machine) -> None:
    """The same, and it writes more into the log."""
    await the_add_in(machine)
    key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
    assert (
        await machine.spawn(
            f'reg add "{key}\\{{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}}" /v EnableLogging /t REG_DWORD /d 1 /f',
            account=SYSTEM,
        ).wait()
        == 0
    )


@dataclass(frozen=True)
class Case:
    """A playbook, and the machines on which it has something to do."""

    playbook: Callable[[], Playbook]
    furnish: Furnish = nothing
    kind: Kind = WINDOWS_7
    undoes: bool = False


def _restarting(name: str) -> Callable[[], Playbook]:
    return lambda: shipped(name, "reboot.delay_minutes=0")


CASES = {
    "collect-logs": Case(lambda: shipped("collect-logs"), the_add_in),
    "enable-tls12": Case(_restarting("enable-tls12")),
    "install": Case(install),
    "preflight": Case(lambda: shipped("preflight"), kind=READY),
    "reboot": Case(_restarting("reboot")),
    "uninstall": Case(_restarting("uninstall"), the_add_in),
    "verbose-logging-off": Case(lambda: shipped("verbose-logging-off"), the_add_in_verbose),
    "verbose-logging-on": Case(lambda: shipped("verbose-logging-on"), the_add_in),
    "windows10-disable": Case(lambda: shipped("windows10-disable"), kind=WINDOWS_10),
    "windows10-enable": Case(lambda: shipped("windows10-enable"), kind=WINDOWS_10),
    "undo": Case(lambda: shipped("enable-tls12", "reboot.when=never"), undoes=True),
}


def test_every_shipped_playbook_is_here() -> None:
    """The property is of all of them, of those to come too."""
    assert set(shipped_files()) == set(CASES) - {"undo"}


async def messages_of(lab: Lab, playbook: Playbook) -> int:
    """How many messages an undisturbed run takes."""
    lab.gate.forget()
    (result,) = (await lab.run(playbook, UNDISTURBED)).hosts
    assert result.outcome.fine, result
    return lab.gate.acted[lab.site.hosts[UNDISTURBED]]


async def what_differs(tmp_path: Path, name: str, deaths: Callable[[int], Sequence[Death]], most: int) -> list[str]:
    """What was found after these deaths, which depend on how many messages a run takes, `most` of them at most."""
    case = CASES[name]
    hosts = [UNDISTURBED, *(str(number) for number in range(most))]
    with lab_of(tmp_path, dict.fromkeys(hosts, case.kind)) as lab:
        await lab.furnish(case.furnish)
        playbook = case.playbook()
        if case.undoes:
            playbook = undoing(await lab.run(playbook))
        before = {host: await lab.at_rest(host) for host in hosts}
        planned = deaths(await messages_of(lab, playbook))[:most]
        undisturbed = before[UNDISTURBED].changes(await lab.at_rest(UNDISTURBED))
        places = asyncio.Semaphore(AT_ONCE)

        async def die(host: str, death: Death) -> list[str]:
            async with places:
                await lab.killed(host, playbook, death.after)
                sent = list(lab.gate.sent[lab.site.hosts[host]])
                if death.later:
                    await lab.at_rest(host)
                result = await lab.run_again(host, playbook)
                found = faults(playbook.name, undisturbed, before[host].changes(await lab.at_rest(host)), sent)
                if not result.outcome.fine:
                    found.append(f"ends as {result.outcome}")
                return [f"{name}, {death}: {line}" for line in found]

        found = await asyncio.gather(*(die(str(number), death) for number, death in enumerate(planned)))
    gc.collect()
    return [line for lines in found for line in lines]


DROPPED = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning", "ignore:unclosed:ResourceWarning"
)
"""What a dropped session has left open is the garbage collector's, as a killed process's is the kernel's."""


@DROPPED
@pytest.mark.parametrize(
    ("name", "share", "later"), [("reboot", 0.5, False), pytest.param("uninstall", 0.75, True, marks=pytest.mark.slow)]
)
async def test_killed_and_run_again(tmp_path: Path, name: str, share: float, later: bool) -> None:
    """While the host is about to restart; before it restarts while nobody watches."""
    assert await what_differs(tmp_path, name, lambda messages: [Death(int(messages * share), later)], 1) == []


@DROPPED
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("name", CASES)
async def test_killed_after_any_message(tmp_path: Path, name: str, later: bool) -> None:
    """After each message that the host acts on."""
    found = await what_differs(
        tmp_path, name, lambda messages: [Death(after, later) for after in range(1, messages + MORE_MESSAGES)], 64
    )
    assert found == []


SWITCHES = {
    "uninstall": ("run", "uninstall", "--set", "reboot.delay_minutes=0"),
    "install": ("run", "install", *GIVEN, "--set", "reboot.delay_minutes=0"),
    "enable-tls12": ("run", "enable-tls12", "--set", "reboot.delay_minutes=0"),
    "reboot": ("run", "reboot", "--set", "reboot.delay_minutes=0"),
    "collect-logs": ("run", "collect-logs"),
}


@pytest.mark.parametrize(
    ("name", "share"),
    [
        pytest.param("collect-logs", 0.5, marks=pytest.mark.slow),
        *(
            pytest.param(name, share, marks=[pytest.mark.slow, pytest.mark.timeout(300)])
            for name in SWITCHES
            for share in (0.25, 0.55, 0.75, 0.95)
        ),
    ],
)
async def test_a_process_that_is_killed(tmp_path: Path, name: str, share: float) -> None:
    """The program itself, by SIGKILL at a message; and the same command line again."""
    case = CASES[name]
    with lab_of(tmp_path, {UNDISTURBED: case.kind, "host": case.kind}) as lab:
        await lab.furnish(case.furnish)
        before = {host: await lab.at_rest(host) for host in lab.site.hosts}
        messages = await messages_of(lab, case.playbook())
        undisturbed = before[UNDISTURBED].changes(await lab.at_rest(UNDISTURBED))
        host = lab.site.hosts["host"]
        words = (*SWITCHES[name], "--inventory", str(lab.site.inventory), "--limit", host, "--yes")
        cut = lab.gate.cut_after(host, int(messages * share))
        with sspr(tmp_path, *words) as process:
            assert await asyncio.to_thread(cut.wait, 60), "it never came to that message"
            process.kill()
        lab.gate.mend(host)
        sent = list(lab.gate.sent[host])
        if name == "uninstall":
            await lab.at_rest("host")
        for _ in range(2):  # where the host was about to restart and could not be reached, once more
            with sspr(tmp_path, *words) as process:
                said, complained = await asyncio.to_thread(process.communicate, timeout=120)
            if process.returncode == 0:
                break
            await lab.at_rest("host")
        assert process.returncode == 0, said + complained
        assert faults(case.playbook().name, undisturbed, before["host"].changes(await lab.at_rest("host")), sent) == []
