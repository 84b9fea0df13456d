"""Runs that are stopped: by Ctrl-C, by a second Ctrl-C, and by the guard against locked accounts."""

import signal
import time
from collections import Counter
from pathlib import Path

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepResult
from orchestrator.sentences import say
from sspr_lab.faults import fault
from tests.e2e.program import install_on, result_of, until
from tests.lab_fixtures import kind, site
from tests.leftovers import AWAITED, SCHEDULED, is_installed, left_over, traces

INTERRUPTED, STOPPED_BY_GUARD = 130, 3


def _ends(host: HostResult) -> list[StepResult]:
    """How the host's steps have ended, and what was decided outside them."""
    return [*(step.result for step in host.steps), *filter(None, [host.verdict])]


def test_the_first_interrupt_lets_steps_end(tmp_path: Path) -> None:
    """After Ctrl-C the steps that are under way end well, nothing new is begun, and every host is accounted for."""
    kinds = {f"{number}": kind() for number in range(8)} | {"by hand": kind()}
    with site(tmp_path, kinds) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        with install_on(lab, "--forks", "4", "--limit", "!LAB-0009") as process:
            until(lab, process, event="step_started", step="msi")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert process.returncode == INTERRUPTED
        run, changes = result_of(lab), lab.changes(before)
    results = lab.by_name(run)
    assert run.state == "interrupted"
    assert {name: result.outcome for name, result in results.items()} == dict.fromkeys(
        set(kinds) - {"by hand"}, Outcome.CANCELLED
    )
    begun = {name for name, result in results.items() if result.steps}
    remedies = {name: [say(end.remedy) for end in _ends(result) if end.remedy] for name, result in results.items()}
    assert {name for name in results if "reboot cancel" in " ".join(remedies[name])} == begun
    assert all(remedies.values()), "everybody else learns at least that the run has to be repeated"
    installed = {name for name in begun if any(step.name == "msi" for step in results[name].steps)}
    assert installed
    assert len(begun) == 4
    assert {name for name in results if is_installed(changes[name], package)} == installed
    assert all(set(left_over(changes[name], package)) <= {*AWAITED, SCHEDULED} for name in begun)
    assert {name: changes[name] for name in results.keys() - begun if changes[name]} == {}


def test_the_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    """After a second Ctrl-C the program leaves with a whole result in which hosts at work are unknown."""
    kinds = {f"{number}": kind(fault("slow", seconds=300)) for number in range(6)}
    with site(tmp_path, kinds) as lab, install_on(lab, "--forks", "2") as process:
        until(lab, process, event="step_started", host="LAB-0002")
        process.send_signal(signal.SIGINT)
        until(lab, process, event="interrupted")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert time.monotonic() - began < 20
        assert process.returncode == INTERRUPTED
        run = result_of(lab)
    assert run.state == "interrupted"
    assert Counter(host.outcome for host in run.hosts) == {Outcome.UNKNOWN: 2, Outcome.CANCELLED: 4}


def test_a_wrong_password_is_tried_three_times_at_most(tmp_path: Path) -> None:
    """With a wrong password a fleet of 20 sees 3 log-ons in all; the run stops, and every host is accounted for."""
    with site(tmp_path, {f"{number}": kind() for number in range(20)}) as lab:
        lab.inventory.with_name("lab.yaml.secret").write_text("wrong")
        with install_on(lab) as process:
            process.communicate(timeout=60)
        run = result_of(lab)
        refused = sum(counters.refused for counters in lab.lab.fleet.counters().values())
        accepted = sum(counters.logons for counters in lab.lab.fleet.counters().values())
    assert (process.returncode, run.state) == (STOPPED_BY_GUARD, "stopped")
    assert (refused, accepted) == (3, 0)
    assert Counter(host.outcome for host in run.hosts) == {Outcome.UNREACHABLE: 3, Outcome.CANCELLED: 17}
