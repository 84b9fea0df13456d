"""Runs that are a worker's, as lists and commands tell of them."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, load_playbook, prepare
from orchestrator.model.events import RunFinished, RunStarted
from orchestrator.model.result import HostResult, RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.handed_over import HandedOver, hand_over, handed_over, take_back
from orchestrator.runs.journal import Journal
from orchestrator.runs.result_file import write_result
from orchestrator.runs.worker_lock import WorkerLock
from tests.cli.conftest import Sspr
from tests.console.conftest import BEGAN

INVENTORY = "all: {credential: {username: u, password: 'env:SECRET'}}\nhosts: {PC-1: , PC-2: }\n"
BY_ITSELF = "handed over: `sspr worker` goes on with it when it is started again"


@pytest.fixture
def kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], RunFolder]:
    """Makes a run that a worker is to go on with, and that has come to a state; killed where that is none."""
    monkeypatch.setenv("SECRET", "x")
    (folder / "i.yaml").write_text(INVENTORY)

    def make(state: str) -> RunFolder:
        request = RunPlaybook(inventory=folder / "i.yaml", playbook=load_playbook("preflight"), durable=True)
        run = prepare(request).keep()
        hosts = tuple(HostResult(name, name) for name in ("PC-1", "PC-2"))
        result = RunResult(run.name, "preflight", BEGAN, BEGAN, state, hosts)
        with Journal(run.journal) as log:
            log.notify(RunStarted(run.name, "preflight", hosts, check=False))
            if state != "killed":
                log.notify(RunFinished(result))
        if state != "killed":
            write_result(result, run.result)
        hand_over(HandedOver(run=run.name, folder=run.path))
        return run

    return make


@pytest.mark.parametrize("state", ["killed", "interrupted", "failed"])
def test_it_is_marked(sspr: Sspr, folder: Path, kept: Callable[[str], RunFolder], state: str) -> None:
    """With who goes on with it, as long as that is so: a person has nothing to do."""
    run = kept(state)
    listed = sspr("runs", "list", "--csv", "runs.csv")
    assert f"{state}, handed over" in listed.out
    assert BY_ITSELF in listed.error
    with (folder / "runs.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["handed_over"] for row in csv.DictReader(file, delimiter=";")] == ["true"]
    shown = sspr("runs", "show", run.name)
    assert (BY_ITSELF in shown.error, "runs resume" in shown.error) == (True, False)
    lock = WorkerLock()
    assert lock.take(stays=True)
    assert "handed over: the worker that is at work here goes on with it" in sspr("runs", "show", run.name).error
    lock.leave()
    take_back(run.name)
    assert "handed over" not in sspr("runs", "list").out
    assert f"`sspr runs resume {run.name}`" in sspr("runs", "show", run.name).error


@pytest.mark.parametrize("state", ["finished", "paused", "cancelled", "stopped"])
def test_one_that_no_worker_goes_on_with(sspr: Sspr, kept: Callable[[str], RunFolder], state: str) -> None:
    """Its worker was killed before all was written at its end: what is left to do there is no run."""
    kept(state)
    assert "handed over" not in sspr("runs", "list").out


def test_it_is_kept_from_the_next_worker(sspr: Sspr, kept: Callable[[str], RunFolder]) -> None:
    """A run on which nobody is at work can be paused as long as somebody else would begin to be."""
    run = kept("interrupted")
    assert f"run {run.name} is paused" in sspr("runs", "pause", run.name).out
    assert f"`sspr runs resume {run.name}`" in sspr("runs", "show", run.name).error
    refused = sspr("runs", "pause", run.name)
    assert (refused.code, "nobody is at work on run" in refused.error) == (2, True)
    assert sspr("worker", "--run", run.name).code == 0, "what was left to write"
    assert handed_over() == []
