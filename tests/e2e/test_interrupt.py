"""Runs that are stopped: by Ctrl-C, and by a second Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.console.groups import remedies
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepResult
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_file import read_result
from orchestrator.sentences import say
from sspr_lab.faults import fault
from tests.e2e.program import install_on, result_of, until
from tests.lab_fixtures import kind, site
from tests.leftovers import AWAITED, SCHEDULED, is_installed, left_over, traces

INTERRUPTED = 130
WHILE_IT_BEGINS = """
import os, signal, sys
from orchestrator.app import PreparedRun
from orchestrator.cli import main

begin, numbers = PreparedRun.begin, sys.argv.pop(1)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have started them by nohup

def begun(*words, **more):
    session = begin(*words, **more)
    for number in numbers.split():
        os.kill(os.getpid(), int(number))
    return session

PreparedRun.begin = begun
main()
"""


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
            process.communicate(timeout=100)
        assert process.returncode == INTERRUPTED
        run, changes = result_of(lab), lab.changes(before)
    results = lab.by_name(run)
    assert run.state == "interrupted"
    assert {name: result.outcome for name, result in results.items()} == dict.fromkeys(
        set(kinds) - {"by hand"}, Outcome.CANCELLED
    )
    begun = {name for name, result in results.items() if result.steps}
    told = {name: [say(end.remedy) for end in _ends(result) if end.remedy] for name, result in results.items()}
    undo = f"`sspr run --undo {run.id}`"
    changed = {name for name in begun if any(step.result.registry for step in results[name].steps)}
    assert {name for name in results if undo in " ".join(told[name])} == changed
    assert {
        name for name, result in results.items() if "before that: TLS 1.2 is enabled now" in say(result.reason)
    } == changed
    assert all(told.values()), "everybody else learns at least that the run has to be repeated"
    installed = {name for name in begun if any(step.name == "msi" for step in results[name].steps)}
    assert installed
    assert installed <= changed
    assert len(begun) == 4
    assert {name for name in results if is_installed(changes[name], package)} == installed
    assert all(set(left_over(changes[name], package)) <= {*AWAITED, SCHEDULED} for name in begun)
    assert {name: changes[name] for name in results.keys() - begun if changes[name]} == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_restart_that_is_still_to_come(number: signal.Signals, tmp_path: Path) -> None:
    """A run that ends while a host's restart is due says so, with its time, what was done, and how to take it back."""
    with site(tmp_path, {"host": kind()}) as lab:
        with install_on(lab, "--set", "reboot.delay_minutes=55") as process:
            until(lab, process, event="host_waits", step="reboot-return")
            process.send_signal(number)
            out, _ = process.communicate(timeout=120)
        killed = number == signal.SIGKILL
        run = read_journal(tmp_path / "run" / "log.jsonl") if killed else result_of(lab)
    (host,) = run.hosts
    assert host.outcome is Outcome.CANCELLED, "it waited, and nothing was under way on it"
    done = r"TLS 1\.2 is enabled now, [^;]+; installed [^;]+; [^;]+; "
    assert re.search(rf"; before that: {done}a restart was set for 20\d\d-\d\d-\d\d \d\d:\d\d \w+$", say(host.reason))
    (remedy,) = remedies(host.deciding)
    go_on = [] if killed else [f"sspr runs resume {run.id}"]
    taken_back = ["sspr reboot cancel", f"sspr run --undo {run.id}", "sspr run uninstall"]
    assert re.findall("`([^`]+)`", remedy) == [*go_on, *taken_back]
    if not killed:
        assert "Changed before: TLS 1.2 is enabled now" in out
        assert re.search(r"A restart was set for: 20\d\d-", out)
        assert "to take back instead what was done: `sspr reboot cancel` stops the restart" in out


def test_the_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    """After a second Ctrl-C the program leaves with a whole result in which hosts at work are unknown."""
    kinds = {f"{number}": kind(fault("slow", seconds=300)) for number in range(6)}
    with site(tmp_path, kinds) as lab, install_on(lab, "--forks", "2") as process:
        until(lab, process, event="step_started", host="LAB-0002")
        process.send_signal(signal.SIGINT)
        until(lab, process, event="interrupted")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
        assert time.monotonic() - began < 20
        assert process.returncode == INTERRUPTED
        run = result_of(lab)
    assert run.state == "interrupted"
    assert Counter(host.outcome for host in run.hosts) == {Outcome.UNKNOWN: 2, Outcome.CANCELLED: 4}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("times", [1, 2])
def test_a_run_that_is_stopped_while_it_begins(number: signal.Signals, times: int, tmp_path: Path) -> None:
    """Before anybody could hear the signal: it is heard as soon as the run can be stopped, and no host is touched."""
    inventory, folder = tmp_path / "inventory.yaml", tmp_path / "run"
    inventory.write_text("all: {credential: {username: u, password: 'env:SECRET'}}\nhosts: {PC-1: , PC-2: }\n")
    words = [sys.executable, "-c", WHILE_IT_BEGINS, " ".join([str(int(number))] * times)]
    ended = subprocess.run(
        [*words, "check", "-i", str(inventory), "--folder", str(folder)],
        env={**os.environ, "SECRET": "x"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == INTERRUPTED, ended.stderr
    run = read_result(folder / "result.json")
    assert (run.state, {host.outcome for host in run.hosts}) == ("interrupted", {Outcome.CANCELLED})
