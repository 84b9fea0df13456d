"""Whose turn it is to restart, as a person sees it and ends it."""

from pathlib import Path

import pytest

from orchestrator.model.clock import Clock
from orchestrator.model.events import RunStarted
from orchestrator.model.result import HostResult
from orchestrator.runs.folders import RunFolder, runs_folder
from orchestrator.runs.journal import Journal
from orchestrator.runs.restart_turns import RestartTurns
from tests.cli.conftest import Sspr

NAME = "20261122-130501-9f3c21"


@pytest.fixture
def run(folder: Path) -> RunFolder:
    """A run that was killed when TILL-1 was about to restart."""
    run = RunFolder(runs_folder() / NAME)
    with Journal(run.journal) as log:
        log.notify(RunStarted(NAME, "reboot", [HostResult("TILL-1", "")], check=False))
        turns = RestartTurns.kept(Clock(), run)
        assert turns.take("tills", "TILL-1", Clock().after(3600)) is None
    return run


def test_shown_and_ended(sspr: Sspr, run: RunFolder) -> None:
    """By a person's word, which is asked for; not while the run is at work."""
    assert RestartTurns.kept(Clock()).before("tills", "TILL-2") == "TILL-1"
    with Journal(run.journal):
        assert "at work" in sspr("reboot", "turns").out
        refused = sspr("reboot", "free", "till-1", "--yes")
        assert (refused.code, f"run {NAME}, which has TILL-1 restart, is at work" in refused.error) == (2, True)
    (line,) = sspr("reboot", "turns").out.splitlines()[1:]
    assert line.split()[:5] == ["tills", "TILL-1", NAME, "not", "at"]
    unasked = sspr("reboot", "free", "TILL-1")
    assert (unasked.code, "say --yes" in unasked.error) == (2, True)
    assert "did you mean `TILL-1`" in sspr("reboot", "free", "TILL-11", "--yes").error
    freed = sspr("reboot", "free", "till-1", "--yes")
    assert (freed.code, freed.out) == (0, "the turn of TILL-1 is over; the next of `tills` may restart\n")
    assert sspr("reboot", "turns").out == "no host has a turn to restart\n"


@pytest.mark.usefixtures("run")
def test_a_run_that_is_cancelled_keeps_its_turn(sspr: Sspr) -> None:
    """Its restart may still come; that nobody will see it, and what ends the turn, is said."""
    cancelled = sspr("runs", "cancel", NAME)
    assert "TILL-1 keeps others of `tills` from restarting until" in cancelled.error
    assert "`sspr reboot cancel` looks at it and ends that, `sspr reboot free` does" in cancelled.error
    assert RestartTurns.kept(Clock()).before("tills", "TILL-2") == "TILL-1"
