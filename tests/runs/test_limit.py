"""Some hosts of a run that is over, and the groups that it keeps for that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.inventory.patterns import select
from orchestrator.model.errors import UsageError
from orchestrator.model.events import HostFinished, RunStarted, StepFinished, StepStarted
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.past_hosts import PastHosts, limited
from orchestrator.runs.result_file import read_result, write_result
from orchestrator.sentences import say


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
        journal.notify(RunStarted("r1", "install", [HostResult("A", "A")], check=False))
        journal.notify(StepFinished("A", step))
        journal.notify(HostFinished(HostResult("A", "10.0.0.1", "windows7", (step,), groups=("seoul",))))
    (host,) = read_journal(tmp_path / "log.jsonl").hosts
    assert host.groups == ("seoul",)


ENDS = (Outcome.OK, Outcome.FAILED, Outcome.UNREACHABLE, Outcome.FAILED, Outcome.CANCELLED)


@pytest.fixture
def earlier(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_run: Callable[..., RunResult],
    make_host: Callable[..., HostResult],
) -> RunResult:
    """A run that is kept, and the newest."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path))
    run = make_run(0, hosts=[make_host(index, outcome) for index, outcome in enumerate(ENDS)])
    write_result(run, tmp_path / "runs" / run.id / "result.json")
    return run


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("@last:failed", [1, 3]),
        ("@last:FAILED,pc-0000", None),
        ("@last:failed,@last:unreachable", [1, 2, 3]),
        ("@last:not-ok", [1, 2, 3, 4]),
        ("@last:not-ok,!@last:cancelled", [1, 2, 3]),
        ("pc-000[0:1],&@last:failed", [1]),
        ("@last:ok", [0]),
    ],
)
def test_hosts_of_an_earlier_run(earlier: RunResult, pattern: str, chosen: list[int] | None) -> None:
    """By how they ended there, beside and between names; never more than those."""
    whole = replace(earlier, hosts=(*earlier.hosts, replace(earlier.hosts[0], name="PC-0009")))
    if chosen is None:
        with pytest.raises(UsageError, match="did you mean `failed`"):
            limited(whole, pattern)
        return
    assert [host.name for host in limited(whole, pattern).hosts] == [f"PC-{number:04}" for number in chosen]
    by_name = pattern.replace("last", earlier.id)
    assert limited(whole, by_name).hosts == limited(whole, pattern).hosts


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("@last", "is not how hosts of an earlier run are named: that is @RUN:OUTCOME"),
        ("@:failed", "is not how hosts"),
        ("@last:fail", "did you mean `failed`"),
        ("@last:blocked", r"no host of run .* is blocked"),
        ("@20200101-000000-aaaa:failed", "there is no run `20200101-000000-aaaa`"),
    ],
)
def test_what_names_no_hosts_of_a_run(earlier: RunResult, part: str, problem: str) -> None:
    """It is said what is wrong with it."""
    with pytest.raises(UsageError, match=problem):
        limited(earlier, part)


def test_hosts_that_have_left(earlier: RunResult) -> None:
    """Hosts of that run which are not known here are no reason to take others."""
    others = replace(earlier, hosts=tuple(replace(host, name=f"X{host.name}") for host in earlier.hosts))
    with pytest.raises(UsageError, match="none of these hosts is known here: PC-0001, PC-0003"):
        limited(others, "@last:failed")
    one = replace(others, hosts=(*others.hosts, earlier.hosts[3]))
    assert limited(one, "@last:failed").hosts == (earlier.hosts[3],)


LEFT = "of it are no longer in the inventory, and left out"


def notes(inventory: RunResult, pattern: str) -> list[str]:
    """What is said of a pattern whose hosts are chosen from those of an inventory."""
    past = PastHosts(inventory=True)
    select(inventory.hosts, (), pattern, past)
    return [say(said) for said in past.notes]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("@last:unreachable", []),
        ("@last:failed", ["`@last:failed`: a host of it is no longer in the inventory, and left out: PC-0003"]),
        (
            "all,&@last:not-ok",
            [f"`@last:not-ok`: 4 hosts {LEFT}: PC-0003, PC-0004, PC-0005 and 1 more"],
        ),
        ("all,!@last:failed", []),
    ],
)
def test_hosts_that_have_left_are_told(
    earlier: RunResult, make_host: Callable[..., HostResult], tmp_path: Path, pattern: str, said: list[str]
) -> None:
    """How many and some by name, but of a part that leaves hosts out: those are left out all the same."""
    more = [make_host(number, Outcome.BLOCKED) for number in (5, 6)]
    run = replace(earlier, hosts=(*earlier.hosts, *more))
    write_result(run, tmp_path / "runs" / run.id / "result.json")
    assert notes(replace(earlier, hosts=earlier.hosts[:3]), pattern) == said


@pytest.fixture
def at_work(earlier: RunResult, tmp_path: Path) -> Iterator[RunResult]:
    """The same run, without an end of its last two hosts: its process lives."""
    folder = tmp_path / "runs" / earlier.id
    (folder / "result.json").unlink()
    with Journal(folder / "log.jsonl") as journal:
        journal.notify(RunStarted(earlier.id, earlier.playbook, earlier.hosts, check=False))
        for host in earlier.hosts[:-2]:
            for step in host.steps:
                journal.notify(StepFinished(host.name, step))
            journal.notify(HostFinished(host))
        journal.notify(StepStarted(earlier.hosts[-2].name, "msi", 1))
        yield earlier


@pytest.mark.parametrize(
    ("ending", "chosen"), [("failed", [1]), ("not-ok", [1, 2]), ("ok", [0]), ("unknown", []), ("cancelled", [])]
)
def test_of_a_run_at_work(at_work: RunResult, ending: str, chosen: list[int]) -> None:
    """Those that have ended; that others have not is said."""
    past = PastHosts(inventory=True)
    if not chosen:
        with pytest.raises(UsageError, match=f"is {ending} so far: it is at work"):
            select(at_work.hosts, (), f"@last:{ending}", past)
        return
    found = select(at_work.hosts, (), f"@last:{ending}", past)
    assert [host.name for host in found] == [f"PC-{number:04}" for number in chosen]
    (said,) = map(say, past.notes)
    assert said.startswith(f"run {at_work.id} is at work: 2 of its hosts have not ended, and are left out")


def test_of_a_run_that_was_killed(at_work: RunResult, tmp_path: Path) -> None:
    """Its hosts are unknown and cancelled, which is how they ended; that it was killed is said."""
    log = tmp_path / "runs" / at_work.id / "log.jsonl"
    content = log.read_bytes()
    log.unlink()
    log.touch(mode=0o600)
    log.write_bytes(content)
    assert notes(at_work, "@last:unknown,@last:cancelled") == [f"run {at_work.id} is known by its log alone: killed"]
