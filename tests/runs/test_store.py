"""Runs without a result: each is known from its first moment to its last, with its state, however far its log goes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator.console.summary import print_runs
from orchestrator.model.errors import UsageError
from orchestrator.model.events import HostFinished, RunFinished, RunStarted, StepStarted
from orchestrator.model.result import HostResult, RunResult
from orchestrator.runs.folders import RunFolder, run_folders
from orchestrator.runs.journal import Journal
from orchestrator.runs.past_hosts import limited
from orchestrator.runs.store import AT_WORK, NOT_BEGUN, find_run, read_kept
from orchestrator.sentences import say

MakeRun = Callable[..., RunResult]
MEANT = [HostResult(f"PC-{number}", f"10.0.0.{number}", groups=("seoul",) * (number % 2)) for number in range(1, 61)]


def whole_log(path: Path) -> list[str]:
    """The log of a run on sixty hosts, of which the first was through and the second at work."""
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", MEANT, check=False))
        log.notify(StepStarted("PC-1", "msi", 1))
        log.notify(HostFinished(MEANT[0]))
        log.notify(StepStarted("PC-2", "msi", 1))
    return path.read_text("utf-8").splitlines(keepends=True)


def kept(folder: Path, log: str, name: str = "20261129-120000-000000") -> RunFolder:
    """A run among those of the state folder, with this log."""
    run = RunFolder(folder / "state" / "runs" / name)
    run.path.mkdir(parents=True, exist_ok=True)
    run.journal.write_text(log, "utf-8")
    run.journal.chmod(0o600)
    return run


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize("lives", [True, False], ids=["lives", "dead"])
@pytest.mark.parametrize(
    ("lines", "half", "hosts", "dead"),
    [
        (0, False, 0, NOT_BEGUN),
        (0, True, 0, NOT_BEGUN),
        (1, False, 0, NOT_BEGUN),
        (1, True, 0, NOT_BEGUN),
        (2, False, 60, "killed"),
        (3, True, 60, "killed"),
        (5, False, 60, "killed"),
    ],
)
def test_a_run_is_known_however_far_its_log_goes(
    tmp_path: Path, lines: int, half: bool, hosts: int, dead: str, lives: bool
) -> None:
    """Its state says whether its process lives; hosts that had not begun are among its hosts."""
    log = whole_log(tmp_path / "whole.jsonl")
    begun = "".join(log[:lines]) + (log[lines][:20] if half else "")
    folder = kept(tmp_path, begun)
    with Journal(folder.journal) if lives else nullcontext():
        (listed,) = run_folders()
        known = read_kept(listed)
    assert known is not None
    assert (known.state, len(known.hosts)) == (AT_WORK if lives else dead, hosts)
    assert (known.id, known.playbook) == (("r1", "install") if lines else (folder.name, ""))


@pytest.mark.parametrize("lives", [True, False], ids=["lives", "dead"])
def test_a_host_without_an_end_has_one_to_come_while_the_run_lives(tmp_path: Path, lives: bool) -> None:
    """The list counts it as at work, or as not begun; nothing is unknown as long as that is so."""
    folder = kept(tmp_path, "".join(whole_log(tmp_path / "whole.jsonl")))
    with Journal(folder.journal) if lives else nullcontext():
        known = read_kept(folder)
    assert known is not None
    assert say(known.hosts[1].reason).startswith("the run is still at work" if lives else "the run was killed while")
    assert say(known.hosts[2].reason).startswith("the run is still at work" if lives else "the run was killed before")
    shown = io.StringIO()
    print_runs([(folder.name, known)], Console(file=shown, width=400))
    told = ("1 at work", "58 not begun") if lives else ("1 unknown", "58 cancelled")
    assert [each in shown.getvalue() for each in told] == [True, True]
    assert ("unknown" in shown.getvalue()) is not lives


def test_the_newest_run_is_not_passed_over_silently(tmp_path: Path) -> None:
    """One that touched no host is told of; one that has only begun is the newest."""
    log = "".join(whole_log(tmp_path / "whole.jsonl"))
    kept(tmp_path, log)
    newer = kept(tmp_path, "", "20261129-130000-000000")
    passed: list[RunResult] = []
    assert find_run("last", passing=passed.append).id == "r1"
    assert [(run.id, run.state) for run in passed] == [(newer.name, NOT_BEGUN)]
    with Journal(newer.journal):
        assert find_run("last").id == newer.name
    for each in run_folders():
        each.journal.write_text("", "utf-8")
    with pytest.raises(UsageError, match="no run kept below"):
        find_run("last")


def test_groups_and_addresses_are_known_of_hosts_that_had_not_begun(tmp_path: Path) -> None:
    """A killed run is shown by groups, and for a group, as one that ended is."""
    known = read_kept(kept(tmp_path, "".join(whole_log(tmp_path / "whole.jsonl"))))
    assert known is not None
    assert [(host.name, host.address, host.groups) for host in known.hosts] == [
        (host.name, host.address, host.groups) for host in MEANT
    ]
    assert len(limited(known, "seoul").hosts) == 30


def test_logs_of_earlier_versions_name_hosts_alone(tmp_path: Path) -> None:
    """They are read as far as they go."""
    first, second, *others = whole_log(tmp_path / "whole.jsonl")
    line = json.loads(second)
    line["names"] = [host["name"] for host in line.pop("hosts")]
    known = read_kept(kept(tmp_path, "".join([first, json.dumps(line) + "\n", *others])))
    assert known is not None
    assert [host.name for host in known.hosts] == [host.name for host in MEANT]


def test_a_log_that_ends_with_the_run_is_its_result(tmp_path: Path, make_run: MakeRun) -> None:
    """Whoever is killed before the result file, or finds no room for it, is no killed run."""
    ran = make_run(3, state="interrupted")
    folder = kept(tmp_path, "")
    with Journal(folder.journal) as log:
        log.notify(RunStarted(ran.id, ran.playbook, ran.hosts, ran.check))
        for host in ran.hosts:
            log.notify(HostFinished(host))
        log.notify(RunFinished(ran))
        known = read_kept(folder)
    assert known is not None
    assert known.state == "interrupted"
