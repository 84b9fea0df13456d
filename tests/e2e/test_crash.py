"""The program dies, in the middle of an installation or before it, is known to have, and is started again."""

import time
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.runs.folders import run_folders
from orchestrator.runs.store import AT_WORK, NOT_BEGUN, find_run, read_kept
from sspr_lab.machine import Machine
from tests.e2e.program import install_on, result_of, until
from tests.lab_fixtures import Site, kind, site
from tests.leftovers import AWAITED, is_installed, left_over, traces

SLOWLY = 4.0
"""Host seconds in a real second at which there is time to kill the program while msiexec is at work."""
INSTALLATION_BEGAN = 1040


@pytest.mark.slow
@pytest.mark.parametrize("ended", [False, True], ids=["under way", "ended unseen"])
def test_a_second_run_takes_up_what_the_first_began(tmp_path: Path, ended: bool) -> None:
    """Killed while msiexec is at work, the program finds that work again: it is awaited, not repeated, and proved."""
    kinds = {"host": kind(traits=["schannel_explicit", "winhttp_a80"]), "by hand": kind()}
    with site(tmp_path, kinds, speed=SLOWLY) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        with install_on(lab, "--limit", "LAB-0001") as process:
            at_work(lab, wanted=True)
            process.kill()
            process.communicate()
        assert is_busy(lab)
        if ended:
            at_work(lab, wanted=False)
        with install_on(lab, "--limit", "LAB-0001", "--set", "reboot.when=never") as process:
            process.communicate(timeout=120)
        (result,) = result_of(lab).hosts
        changes, began = lab.changes(before)["host"], lab.on("host", installations)
    assert (process.returncode, result.outcome) == (0, Outcome.REBOOT_PENDING)
    assert {step.name: step.result.outcome for step in result.steps} == {
        "preflight": Outcome.OK,
        "tls12": Outcome.OK,
        "msi": Outcome.CHANGED,
        "reboot": Outcome.SKIPPED,
        "reboot-return": Outcome.SKIPPED,
        "verify": Outcome.REBOOT_PENDING,
    }
    assert began == 1
    assert is_installed(changes, package)
    shells = [line for line in changes if line.startswith("+ shell ")]
    assert len(shells) <= 1  # the killed program's own, until it has been idle for three minutes
    assert left_over(set(changes) - set(shells), package) == AWAITED


@pytest.mark.parametrize("after", [None, {"event": "step_started"}], ids=["at once", "at work"])
def test_a_run_is_listed_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: dict[str, str] | None
) -> None:
    """As soon as it has its folder it is at work, with all its hosts; killed, it is the newest run all the same."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
    with site(tmp_path, {"first": kind(), "second": kind()}) as lab, install_on(lab, "--forks", "1") as process:
        while not any(known.state == AT_WORK for known in map(read_kept, run_folders()) if known):
            assert process.poll() is None, "the program has ended"
            time.sleep(0.001)
        if after:
            until(lab, process, **after)
        process.kill()
        process.communicate()
        (listed,) = run_folders()
        known = read_kept(listed)
    assert known is not None
    if after:
        assert (known.state, len(known.hosts), find_run("last").id) == ("killed", 2, known.id)
    else:
        assert known.state in {"killed", NOT_BEGUN}


def at_work(lab: Site, *, wanted: bool) -> None:
    """Waits until msiexec is, or is no more, at work on the machine."""
    deadline = time.monotonic() + 200
    while is_busy(lab) is not wanted:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_busy(lab: Site) -> bool:
    return lab.on("host", lambda machine: machine.installer.busy)


def installations(machine: Machine) -> int:
    """How often Windows Installer has noted that it begins."""
    return sum(record.event_id == INSTALLATION_BEGAN for record in machine.events.query("Application"))
