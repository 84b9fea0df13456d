"""Whose turn it is to restart: one host of a group, over processes, and for so long at most."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.clock import Clock
from orchestrator.model.errors import UsageError
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal import Journal
from orchestrator.runs.restart_turns import RestartTurns
from orchestrator.steps.declaration import LeftTurn

CLOCK = Clock()


@pytest.fixture
def turns(tmp_path: Path) -> RestartTurns:
    return RestartTurns(tmp_path / "restarts", CLOCK)


def test_one_at_a_time(turns: RestartTurns) -> None:
    """Who has the turn may go on with it; others come when it has ended, and other groups do not matter."""
    until = CLOCK.after(600)
    assert turns.before("tills", "A") is None
    assert turns.take("tills", "A", until) is None
    assert turns.take("Tills", "B", until) == "A"
    assert turns.before("tills", "B") == "A"
    assert turns.take("tills", "a", until) is None
    assert turns.take("servers", "B", until) is None
    turns.end("tills", "B")
    assert turns.before("tills", "B") == "a"
    turns.end("tills", "A")
    assert turns.take("tills", "B", until) is None


def test_a_turn_that_is_over(turns: RestartTurns) -> None:
    """Nobody waits for ever for a run that is no more."""
    assert turns.take("tills", "A", CLOCK.after(-1)) is None
    assert turns.take("tills", "B", CLOCK.after(600)) is None
    assert turns.before("tills", "A") == "B"


def test_what_nobody_can_read_says_nothing(turns: RestartTurns) -> None:
    """A file that another version has written, say."""
    turns.take("tills", "A", CLOCK.after(600))
    (file,) = (each for each in turns.folder.iterdir() if each.name != "lock")
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("{}", "utf-8")
    assert turns.take("tills", "B", CLOCK.after(600)) is None


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that has a log."""
    folder = RunFolder(tmp_path / "runs" / "20261122-130501-9f3c21")
    Journal(folder.journal).close()
    return folder


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a process that died is on its way any more."""
    monkeypatch.setattr("orchestrator.runs.restart_turns.SETTLED_SECONDS", -1.0)


@pytest.mark.usefixtures("later")
def test_a_run_at_work_has_its_turn(turns: RestartTurns, run: RunFolder) -> None:
    """Neither a look of another run nor a person ends it; once its process is gone, both do."""
    until = CLOCK.after(600)
    with Journal(run.journal):
        assert replace(turns, run=run).take("tills", "A", until) is None
        assert turns.left("tills") is None
        turns.end("tills", "A")
        assert turns.before("tills", "B") == "A"
        with pytest.raises(UsageError, match=f"run {run.name}, which has A restart, is at work"):
            turns.free("a")
    assert turns.left("Tills") == LeftTurn("A", run.name)
    turns.end("tills", "B")
    assert turns.before("tills", "B") == "A", "only a look at the host itself tells"
    turns.end("tills", "a")
    assert turns.before("tills", "B") is None


def test_a_request_may_still_be_on_its_way(turns: RestartTurns, run: RunFolder) -> None:
    """Right after a process has died, no look tells that nothing comes; a person may say so."""
    assert replace(turns, run=run).take("tills", "A", CLOCK.after(600)) is None
    assert turns.left("tills") is None
    turns.end("tills", "A")
    assert turns.before("tills", "B") == "A"
    assert [(turn.group, turn.host, turn.run) for turn in turns.turns()] == [("tills", "A", run.name)]
    assert turns.free("a").group == "tills"
    assert turns.turns() == []
    with pytest.raises(UsageError, match="no host `A` has a turn"):
        turns.free("A")


@pytest.mark.usefixtures("later")
def test_a_run_that_is_gone_with_its_folder(turns: RestartTurns, run: RunFolder) -> None:
    """It is at work no more; a turn of an earlier version, which names no run, is left to its end."""
    replace(turns, run=run).take("tills", "A", CLOCK.after(600))
    turns.take("servers", "S", CLOCK.after(600))
    run.journal.unlink()
    assert turns.left("tills") == LeftTurn("A", run.name)
    assert turns.left("servers") is None


def test_of_several_processes_one_has_it(turns: RestartTurns) -> None:
    """They ask at the same moment."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.starmap(_take, [(turns.folder, f"H{number}") for number in range(8)])
    (winner,) = (host for host, other in answers if other is None)
    assert {other for _, other in answers} == {None, winner}


def _take(folder: Path, host: str) -> tuple[str, str | None]:
    clock = Clock()
    return host, RestartTurns(folder, clock).take("tills", host, clock.after(600))
