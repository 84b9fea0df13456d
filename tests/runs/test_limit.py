"""Some hosts of a run that is over, and the groups that it keeps for that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.errors import UsageError
from orchestrator.model.events import HostFinished, RunStarted, StepFinished
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_file import read_result, write_result
from orchestrator.runs.store import limited


@pytest.fixture
def run(make_run: Callable[..., RunResult], make_host: Callable[..., HostResult]) -> RunResult:
    groups = (("seoul", "korea"), ("Busan", "korea"), ())
    return make_run(0, hosts=[make_host(index, Outcome.OK, groups=each) for index, each in enumerate(groups)])


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("korea", ["PC-0000", "PC-0001"]),
        ("korea,!busan", ["PC-0000"]),
        ("!korea", ["PC-0002"]),
        ("pc-000[1:2]", ["PC-0001", "PC-0002"]),
        ("all,&s*", ["PC-0000"]),
    ],
)
def test_hosts_are_chosen_as_from_an_inventory(run: RunResult, pattern: str, chosen: list[str]) -> None:
    """By name, range, glob and group, with all signs; the rest of the run is as it was."""
    part = limited(run, pattern)
    assert [host.name for host in part.hosts] == chosen
    assert (part.id, part.started, sum(part.summary.values())) == (run.id, run.started, len(chosen))


def test_a_pattern_that_matches_nothing(run: RunResult) -> None:
    """It is refused with what was meant perhaps."""
    with pytest.raises(UsageError, match=r"`seol` matches no host and no group; did you mean `seoul`\?"):
        limited(run, "seol")


def test_groups_are_kept(tmp_path: Path, run: RunResult) -> None:
    """The result file has them, in their order; a file of an older version, which has none, is still read."""
    path = tmp_path / "result.json"
    write_result(run, path)
    assert [host.groups for host in read_result(path).hosts] == [host.groups for host in run.hosts]
    document = json.loads(path.read_text("utf-8"))
    for host in document["hosts"]:
        del host["groups"]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert [host.groups for host in read_result(path).hosts] == [(), (), ()]


def test_the_journal_has_them(tmp_path: Path) -> None:
    """A killed run's hosts that were through are known with their groups."""
    step = StepRecord("tls12", StepResult(Outcome.CHANGED, verbatim("enabled")))
    with Journal(tmp_path / "log.jsonl") as journal:
        journal.notify(RunStarted("r1", "install", ["A"], check=False))
        journal.notify(StepFinished("A", step))
        journal.notify(HostFinished(HostResult("A", "10.0.0.1", "windows7", (step,), groups=("seoul",))))
    (host,) = read_journal(tmp_path / "log.jsonl").hosts
    assert host.groups == ("seoul",)
