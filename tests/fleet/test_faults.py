"""The playbook `install` on machines with every fault that the lab has: how it ends there, and what is left."""

import asyncio
import stat
import time
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.playbook.plan import PlannedStep
from orchestrator.sentences import say
from orchestrator.steps.installer import InstallerFailure
from orchestrator.steps.restarting import RebootParameters
from sspr_lab.faults import fault
from sspr_lab.mix import Kind
from tests.details import detail_of
from tests.lab_fixtures import Site, install, kind, site
from tests.leftovers import AWAITED, LEASED, SCHEDULED, is_installed, left_over, traces

IN_PLACE = "the add-in is in place, TLS 1.2 is on"
OFTEN = 1000


@dataclass(frozen=True)
class Case:
    """A machine, how the playbook must end on it, and what may be left there.

    Attributes:
        kind: The machine.
        outcome: How it ends.
        reason: What the reason contains.
        installed: Whether the product is there afterwards.
        notes: What is left of our own.
        settings: The playbook's settings for it.
        hurried: Whether to lose patience sooner than a playbook can say.
    """

    kind: Kind
    outcome: Outcome = Outcome.CHANGED
    reason: str = IN_PLACE
    installed: bool = True
    notes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    hurried: bool = False


def untouched(kind: Kind, outcome: Outcome, reason: str) -> Case:
    """A machine that is left as it was."""
    return Case(kind, outcome, reason, installed=False)


def not_installed(kind: Kind, outcome: Outcome, reason: str, *settings: str) -> Case:
    """A machine on which TLS 1.2 was enabled before the installation came to nothing."""
    return Case(kind, outcome, reason, installed=False, notes=AWAITED, settings=settings)


CASES = {
    "nothing": Case(kind()),
    "unreachable": untouched(kind(fault("unreachable")), Outcome.UNREACHABLE, "takes no connection on the WinRM port"),
    "logon_refused": untouched(kind(fault("logon_refused")), Outcome.UNREACHABLE, "the log-on was refused"),
    "slow": Case(kind(fault("slow", seconds=5))),
    **{f"drop_receive, nth {nth}": Case(kind(fault("drop_receive", nth=nth))) for nth in (1, 3, 6, 9, 12, 15, 18)},
    "drop_receive, always": replace(
        untouched(kind(fault("drop_receive", times=OFTEN)), Outcome.UNREACHABLE, "the connection broke"), hurried=True
    ),
    "drop_install": Case(kind(fault("drop_install"))),
    "drop_install, twice": Case(kind(fault("drop_install", times=2))),
    "quota": Case(kind(fault("quota"))),
    "quota, twice": Case(kind(fault("quota", times=2))),
    "installer_busy": Case(kind(fault("installer_busy", seconds=150))),
    "installer_busy, for long": not_installed(
        kind(fault("installer_busy", seconds=100_000)),
        Outcome.BLOCKED,
        "another installation is running (1618",
        "msi.wait_for_other_install_minutes=0",
    ),
    "installer_fails": not_installed(
        kind(fault("installer_fails")), Outcome.FAILED, "custom action RegisterCredentialProvider failed"
    ),
    "shutdown_refused": Case(kind(fault("shutdown_refused"))),
    "reboot_required": Case(kind(fault("reboot_required"))),
    "slow_reboot": Case(kind(fault("slow_reboot", seconds=100))),
    "never_returns": Case(
        kind(fault("never_returns")),
        Outcome.UNKNOWN,
        "did not come back within",
        notes=tuple(sorted((*LEASED, *AWAITED, SCHEDULED))),
        hurried=True,
    ),
    "tls_disabled": Case(kind(fault("tls_disabled"))),
    "disk_full": untouched(kind(fault("disk_full")), Outcome.BLOCKED, "less than 200 MB are free"),
    "disk_full, met in the upload": not_installed(
        kind(fault("disk_full")), Outcome.FAILED, "could not write", "preflight.minimum_free_mb=0"
    ),
    "low_disk": untouched(kind(traits=["low_disk"]), Outcome.BLOCKED, "less than 200 MB are free"),
    "corrupt_upload": Case(kind(fault("corrupt_upload"))),
    "corrupt_upload, always": replace(
        not_installed(kind(fault("corrupt_upload", times=OFTEN)), Outcome.FAILED, "did not arrive as it was sent"),
        hurried=True,
    ),
    "winrm_manual_start": Case(
        kind(traits=["winrm_manual_start"]), Outcome.BLOCKED, "WinRM does not start by itself", notes=AWAITED
    ),
    "somebody's shutdown": Case(kind(), Outcome.BLOCKED, "and not by this step; it was left as it is", notes=AWAITED),
    "on_battery": Case(kind(traits=["on_battery"])),
    "double_reboot": Case(kind(traits=["double_reboot"])),
}


async def test_every_fault_has_its_outcome(tmp_path: Path) -> None:
    """Each fault leads to the one right outcome, and leaves nothing but what the playbook meant to leave."""
    with site(tmp_path, {name: case.kind for name, case in CASES.items()} | {"by hand": kind()}) as lab:
        package = traces(lab, "by hand")
        lab.on("somebody's shutdown", lambda machine: machine.power.initiate(after_seconds=86_400))
        before = lab.snapshots()
        results = await run_all(lab)
        until_shells_are_given_up(lab)
        changes = lab.changes(before)
        ended = {
            name: (
                results[name].outcome,
                case.reason if case.reason in say(results[name].reason) else say(results[name].reason),
                is_installed(changes[name], package),
                left_over(changes[name], package),
            )
            for name, case in CASES.items()
        }
        assert ended == {name: (case.outcome, case.reason, case.installed, case.notes) for name, case in CASES.items()}
        assert changes["unreachable"] == changes["logon_refused"] == changes["low_disk"] == []
        assert lab.on("somebody's shutdown", lambda machine: machine.power.pending) is not None
    the_log_is_home_and_read(results["installer_fails"])


async def run_all(lab: Site) -> dict[str, HostResult]:
    """Every machine with its settings, all at the same time."""
    runs: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for name, case in CASES.items():
        runs.setdefault((case.settings, case.hurried), []).append(name)
    results = await asyncio.gather(
        *(
            lab.run(install(*settings), *names, told=hurried if is_hurried else lambda step: step)
            for (settings, is_hurried), names in runs.items()
        )
    )
    return {name: result for part in results for name, result in part.items()}


def until_shells_are_given_up(lab: Site) -> None:
    """Waits for the hosts whose line broke for good: they delete what it has left, for which nobody asks any more."""
    deadline = time.monotonic() + 200  # for one that never does
    while left := [name for name, snapshot in lab.snapshots().items() if snapshot.shells]:
        assert time.monotonic() < deadline, f"shells stay on {', '.join(left)}"
        time.sleep(0.2)


def hurried(step: PlannedStep) -> PlannedStep:
    """The step with 6 s to come back after a restart, and 30 s for everything else."""
    if isinstance(step.parameters, RebootParameters):
        return replace(step, parameters=step.parameters.model_copy(update={"return_minutes": 0.1}))
    return replace(step, deadline_seconds=30)


def the_log_is_home_and_read(result: HostResult) -> None:
    """The log of a failed installation is kept for its owner alone, and its cause and remedy are told."""
    detail = detail_of(result.deciding, InstallerFailure)
    log = Path(detail.log or "")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "RegisterCredentialProvider" in log.read_text("utf-16")
    assert "RegisterCredentialProvider" in say(detail.cause or verbatim(""))
    assert detail.exit_code == 1603
    assert detail.evidence
    assert result.deciding.remedy
    assert [path.name for path in log.parent.iterdir()] == [log.name]
