"""A rollout in waves: what fails on the first machines is not done to the others, and whoever goes on knows of it."""

import getpass
import json
import subprocess
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import read_result
from sspr_lab.faults import fault
from tests.e2e.program import PACKAGES, install_on, result_of, sspr, until
from tests.lab_fixtures import Site, kind, site

STOPPED, FINE, SOME_NOT, NOTHING_BEGUN = 3, 0, 1, 2
WAVES = ("--set", "strategy.waves=[2, 50%, 100%]")


def ran(lab: Site, *words: str) -> subprocess.CompletedProcess[str]:
    process = sspr(lab.folder, *words, "--yes")
    out, said = process.communicate(timeout=110)
    return subprocess.CompletedProcess(words, process.returncode, out, said)


def approved(lab: Site, *words: str) -> subprocess.CompletedProcess[str]:
    process = sspr(lab.folder, "runs", "approve", str(lab.folder / "run"), *words)
    out, said = process.communicate(timeout=120)
    return subprocess.CompletedProcess(words, process.returncode, out, said)


def install(lab: Site, *words: str) -> subprocess.CompletedProcess[str]:
    at_once = ("--set", "reboot.delay_minutes=0")
    return ran(lab, "run", "install", "-i", str(lab.inventory), *PACKAGES, *at_once, *words)


def only_result_of(lab: Site) -> RunResult:
    (folder,) = (lab.folder / "state" / "runs").iterdir()
    return read_result(folder / "result.json")


@pytest.mark.parametrize("how", [(), ("--ephemeral",)], ids=["durable", "ephemeral"])
def test_a_package_that_fails_everywhere(tmp_path: Path, how: tuple[str, ...]) -> None:
    """It stops in the first wave, with its cause in a sentence; nothing was done to any other machine."""
    kinds = {f"{number}": kind(fault("installer_fails")) for number in range(12)}
    with site(tmp_path, kinds) as lab:
        before = lab.snapshots()
        done = install(lab, *WAVES, *how)
        changes = lab.changes(before)
    assert done.returncode == STOPPED, done.stderr
    run = only_result_of(lab)
    outcomes = [host.outcome for host in run.hosts]
    assert outcomes == [Outcome.FAILED] * 2 + [Outcome.CANCELLED] * 10
    assert {name for name, changed in changes.items() if changed} == {"0", "1"}
    sentence = "of wave 1 0 of 2 machines that answered are fine, and 80% were to be; most of the others (2): could not"
    assert sentence in done.stdout
    assert "(1603" in done.stdout
    assert "wave 1 of 3 begins: 2 machines" in done.stderr
    assert "stopped by a guard: of wave 1" in done.stderr


@pytest.mark.slow
def test_whoever_waits_is_refused(tmp_path: Path) -> None:
    """A machine that was let in, and has no place yet when a guard speaks, is left alone as all others are."""
    with site(tmp_path, {f"{number}": kind(fault("installer_fails")) for number in range(3)}) as lab:
        done = install(lab, "--forks", "1", "--set", "guards.same_cause=1", "--ephemeral")
    assert done.returncode == STOPPED, done.stderr
    assert [host.outcome for host in only_result_of(lab).hosts] == [Outcome.FAILED, *[Outcome.CANCELLED] * 2]


@pytest.mark.slow
def test_a_guard_that_speaks_when_all_are_through(tmp_path: Path) -> None:
    """There is nothing left to stop, nor to go on with: the run has finished, with the exit code of its machines."""
    with site(tmp_path, {"0": kind(fault("installer_fails"))}) as lab:
        done = install(lab, "--set", "guards.same_cause=1")
    run = only_result_of(lab)
    assert (done.returncode, run.state) == (SOME_NOT, "finished"), done.stderr
    assert [host.outcome for host in run.hosts] == [Outcome.FAILED]
    assert "A guard spoke when nobody was left to stop: 1 machine has failed" in done.stdout
    assert "runs resume" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_wave_that_a_person_lets_begin(tmp_path: Path) -> None:
    """It waits for `sspr runs approve`, which says what cannot be approved and why; the log names who did."""
    with site(tmp_path, {f"{number}": kind() for number in range(3)}) as lab:
        before = lab.snapshots()
        waves = ("--set", "strategy.waves=[1]", "--set", "strategy.approval=true", "--set", "reboot.when=never")
        with install_on(lab, *waves) as process:
            until(lab, process, event="wave_waits")
            (tmp_path / "run" / "wave-2.approved").write_text("no approval")
            changed = {name for name, changes in lab.changes(before).items() if changes}
            wrong, right = approved(lab, "--wave", "4"), approved(lab)
            out, said = process.communicate(timeout=100)
        again = approved(lab)
        run = result_of(lab)
        log = (tmp_path / "run" / "log.jsonl").read_text()
    assert changed == {"0"}
    assert (wrong.returncode, "waves 2 to 2 to be approved, and no wave 4" in wrong.stderr) == (NOTHING_BEGUN, True)
    assert (right.returncode, "may begin: 2 machines" in right.stdout) == (FINE, True), right.stderr
    assert process.returncode == FINE, out + said
    assert {host.outcome for host in run.hosts} == {Outcome.REBOOT_PENDING}
    assert (again.returncode, "has finished; there is nothing to approve" in again.stderr) == (NOTHING_BEGUN, True)
    (line,) = [json.loads(line) for line in log.splitlines() if '"wave_approved"' in line]
    assert (line["wave"], line["by"]) == (2, getpass.getuser())


@pytest.mark.slow
def test_going_on_after_a_guard(tmp_path: Path) -> None:
    """What has failed before does not stop it again; the waves go on where they were."""
    kinds = {f"{number}": kind(*([fault("installer_fails")] if number == 0 else [])) for number in range(4)}
    with site(tmp_path, kinds) as lab:
        assert install(lab, "--set", "strategy.waves=[1, 2]").returncode == STOPPED
        assert [host.outcome for host in only_result_of(lab).hosts] == [Outcome.FAILED, *[Outcome.CANCELLED] * 3]
        resumed = ran(lab, "runs", "resume", "last")
        log = next((lab.folder / "state" / "runs").iterdir()) / "log.jsonl"
        over = ran(lab, "runs", "resume", "last")
    run = only_result_of(lab)
    assert [host.outcome for host in run.hosts] == [Outcome.FAILED, *[Outcome.CHANGED] * 3], resumed.stderr
    assert (over.returncode, "has finished, and there is nothing to go on with" in over.stderr) == (NOTHING_BEGUN, True)
    assert run.state == "finished"
    began = [json.loads(line)["wave"] for line in log.read_text().splitlines() if '"wave_began"' in line]
    assert began == [1, 2, 3]
