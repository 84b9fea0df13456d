"""The notice of a run's end: twelve lines with all that somebody who was not there must know, and no orders in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.console.notice import LINES, LONGEST, GoesOn, notice
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult
from tests.console.conftest import BEGAN


def run_of(*hosts: tuple[str, Outcome, str], state: str = "finished", check: bool = False) -> RunResult:
    """Hosts by their names, outcomes and reasons."""
    results = tuple(HostResult(name, "", verdict=StepResult(outcome, verbatim(why))) for name, outcome, why in hosts)
    return RunResult("20250303-091405-4f1c", "install", BEGAN, BEGAN.replace(minute=24), state, results, check)


def test_all_that_is_to_be_known(make_run: Callable[..., RunResult]) -> None:
    """How it ended, counts, the most frequent causes with an example each, what to do, and where there is more."""
    said = notice(make_run(940), GoesOn.NOT)
    assert said.title == "sspr: install: finished"
    assert (
        said.text
        == """\
760 of 940 machines are done; 100 need a person
600 changed, 160 ok, 40 restart pending, 20 skipped, 20 cancelled, 20 blocked, 40 unreachable, 20 unknown, 20 failed
run 20250303-091405-4f1c: finished after 23 min 12 s
40 machines unreachable (PC-0003 … and 39 more): no answer on port 5985
20 machines failed (PC-0006 … and 19 more): Windows Installer ended with 1603 (fatal error during installation)
20 machines unknown (PC-0002 … and 19 more): the connection was lost during the installation, and the host did not \
come back within 30 min
20 machines blocked (PC-0005 … and 19 more): only 212 MB are free on drive C:
… and 20 machines for 1 more reason
To do: Check that the machine is switched on and that winrm quickconfig has been run there.
To do: Read the custom action that the log names; the log is in the run's folder.
See `sspr runs show 20250303-091405-4f1c`"""
    )


def test_what_stopped_a_run_comes_first() -> None:
    """However few hosts it has kept from being done; and how the run is gone on with."""
    lost = [(f"PC-{number}", Outcome.UNREACHABLE, "no answer") for number in range(9)]
    stopped = ("PC-A", Outcome.CANCELLED, "five hosts in a row failed alike")
    said = notice(run_of(*lost, stopped, state="stopped"), GoesOn.BY_RESUME)
    assert said.title == "sspr: install: stopped"
    assert said.lines[3:5] == (
        "1 machine cancelled (PC-A): five hosts in a row failed alike",
        "9 machines unreachable (PC-0 … and 8 more): no answer",
    )
    assert said.lines[-1].endswith("go on with `sspr runs resume 20250303-091405-4f1c`")


def test_a_run_that_changed_nothing() -> None:
    """Under --check nothing is told as done; a run without hosts has a notice, too."""
    said = notice(run_of(("PC-1", Outcome.CHANGED, "would"), check=True), GoesOn.NOT)
    assert said.title == "sspr: install --check: finished"
    assert said.lines[1] == "1 would change"
    assert notice(run_of(), GoesOn.NOT).lines[0] == "No machine was touched"


@pytest.mark.parametrize("hosts", [1, 12, 940, pytest.param(4000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("state", ["finished", "stopped"])
def test_it_stays_short(make_run: Callable[..., RunResult], hosts: int, state: str) -> None:
    """Whatever hosts say: as many lines, and letters in each, at most."""
    endless = "a very long reason of a host " * 2000
    run = make_run(hosts)
    wordy = tuple(
        replace(host, name=f"{number}-{'N' * 300}", verdict=StepResult(Outcome.FAILED, verbatim(f"{number} {endless}")))
        for number, host in enumerate(run.hosts)
    )
    for result in (run, replace(run, hosts=wordy)):
        said = notice(replace(result, state=state), GoesOn.BY_RESUME)
        assert 1 + len(said.lines) <= LINES
        assert max(map(len, (said.title, *said.lines))) <= LONGEST
        assert len(said.title) + len(said.text) < 2000


AT = "\N{FULLWIDTH COMMERCIAL AT}"
LEFT, RIGHT = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
ORDERS = {
    "@here": f"{AT}here",
    "@channel @everyone": f"{AT}channel {AT}everyone",
    "<!channel>": f"{LEFT}!channel{RIGHT}",
    "<@U024BE7LH>": f"{LEFT}{AT}U024BE7LH{RIGHT}",
    "<at>Ann</at>": f"{LEFT}at{RIGHT}Ann{LEFT}/at{RIGHT}",
    "[click](http://evil.example)": "[click] (http: //evil.example)",
    "one\ntwo\r\nthree\x00\x1b[31m": "one two three",
    "\u202etxt.exe": "txt.exe",
}


@pytest.mark.parametrize("order", ORDERS)
def test_hosts_give_no_orders(order: str) -> None:
    """What chats and mail programs would follow is still legible, and followed by none."""
    said = notice(run_of(("PC-1", Outcome.FAILED, order)), GoesOn.NOT)
    assert f"1 machine failed (PC-1): {ORDERS[order]}" in said.lines
    named = notice(replace(run_of((order, Outcome.FAILED, "no")), playbook=order), GoesOn.NOT)
    assert named.title == f"sspr: {ORDERS[order]}: finished"
    assert f"1 machine failed ({ORDERS[order]}): no" in named.lines
