"""A killed run, read back from its journal: what was done, what was being changed, and logs that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.model.errors import ChangeUnsettled, DocumentError
from orchestrator.model.events import (
    HostFinished,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
)
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_part import plain
from orchestrator.sentences import say

CHANGING = """\
{"event": "registry_changing", "timestamp": "2026-11-22T13:05:01Z", "host": "A", "step": "s", \
"registry": {"created_keys": ["HKLM"]}}
"""
FINISHED = """\
{"event": "step_finished", "timestamp": "2026-11-22T13:05:01Z", "host": "A", "step": "s", \
"outcome": "changed", "reason": "enabled", "detail": {"registry": {"created_keys": ["HKCU"]}}}
"""
PATH = r"HKLM\SOFTWARE\X"
MADE = {"values": (), "created_keys": (PATH,), "needs_restart": False}
RECORD = RegistryRecord((ValueChange(PATH, "A", Value("REG_SZ", "이전"), Value("REG_DWORD", 1)),), (PATH,), True)


STEP = StepRecord("tls12", StepResult(Outcome.CHANGED, verbatim("enabled"), registry=RegistryRecord((), (PATH,))))


def logged(path: Path) -> None:
    """Of three hosts one was through, one in the middle of a change, and one had not begun."""
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", ["A", "B", "C"], check=False))
        for host in ("A", "B"):
            log.notify(StepStarted(host, "tls12", 1))
            log.notify(RegistryChanging(host, "tls12", RECORD))
        log.notify(StepFinished("A", STEP))
        log.notify(HostFinished(HostResult("A", "10.0.0.1", "windows7", (STEP,))))


def test_what_a_killed_run_had_begun(tmp_path: Path) -> None:
    """A step that ended is as it ended; of one that did not, what it was about to change is known, and no more."""
    logged(tmp_path / "log.jsonl")
    result = read_journal(tmp_path / "log.jsonl")
    assert (result.id, result.playbook, result.state, result.check) == ("r1", "install", "interrupted", False)
    through, under_way = result.hosts
    assert (through.name, through.address, through.branch, through.outcome) == (
        "A",
        "10.0.0.1",
        "windows7",
        Outcome.CHANGED,
    )
    assert plain(through.steps[0].result.registry) == plain(MADE)
    assert (under_way.name, under_way.outcome) == ("B", Outcome.UNKNOWN)
    (step,) = under_way.steps
    assert asdict(step.result.registry) == {
        "values": (
            {
                "key": PATH,
                "name": "A",
                "before": {"kind": "REG_SZ", "data": "이전"},
                "after": {"kind": "REG_DWORD", "data": 1},
            },
        ),
        "created_keys": (PATH,),
        "needs_restart": True,
    }


def test_a_run_that_ended_is_as_it_ended(tmp_path: Path) -> None:
    """Its state is the one that it noted; who never began has the verdict that decided, and nobody is left out."""
    verdict = StepResult(Outcome.CANCELLED, verbatim("stopped"), remedy=verbatim("run it again"))
    hosts = (HostResult("A", "10.0.0.1", "windows7", (STEP,)), HostResult("B", "10.0.0.2", verdict=verdict))
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with Journal(tmp_path / "log.jsonl") as log:
        log.notify(RunStarted("r1", "install", ["A", "B"], check=False))
        log.notify(StepFinished("A", STEP))
        for host in hosts:
            log.notify(HostFinished(host))
        log.notify(RunFinished(RunResult("r1", "install", moment, moment, "stopped", hosts)))
    result = read_journal(tmp_path / "log.jsonl")
    assert result.state == "stopped"
    assert [(host.name, host.outcome) for host in result.hosts] == [("A", Outcome.CHANGED), ("B", Outcome.CANCELLED)]
    assert say(result.hosts[1].reason) == "stopped"


@pytest.mark.parametrize("state", ["finished", "interrupted", "stopped"])
def test_a_log_says_the_same_as_a_result_file(tmp_path: Path, make_run: Callable[..., RunResult], state: str) -> None:
    """The state, and every host with its steps, and its verdict with what is to be done about it."""
    ran = make_run(60, state=state)
    told(tmp_path / "log.jsonl", ran)
    read = read_journal(tmp_path / "log.jsonl")
    assert read == replace(ran, started=read.started, finished=read.finished)


def test_verdicts_in_older_logs(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """Where a line tells no verdict, a host still ends with the outcome and the reason that the line has."""
    path, ran = tmp_path / "log.jsonl", make_run(60)
    told(path, ran)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        line.pop("verdict", None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ended = {host.name: (host.outcome, host.reason) for host in read_journal(path).hosts}
    assert ended == {host.name: (host.outcome, host.reason) for host in ran.hosts}


def told(path: Path, run: RunResult) -> None:
    """Writes the log of a run that was like this."""
    with Journal(path) as log:
        log.notify(RunStarted(run.id, run.playbook, [host.name for host in run.hosts], run.check))
        for host in run.hosts:
            for record in host.steps:
                log.notify(StepStarted(host.name, record.name, record.attempts))
                log.notify(StepFinished(host.name, record))
            log.notify(HostFinished(host))
        log.notify(RunFinished(run))


def test_of_several_runs_the_last_counts(tmp_path: Path) -> None:
    """Earlier versions let two runs write into one log; a step of the one is none of the other's."""
    logged(tmp_path / "log.jsonl")
    with Journal(tmp_path / "log.jsonl") as log:
        log.notify(RunStarted("r2", "collect-logs", ["A"], check=False))
        log.notify(StepStarted("A", "collect", 1))
        log.notify(StepFinished("A", StepRecord("collect", StepResult(Outcome.OK, verbatim("brought home")))))
    result = read_journal(tmp_path / "log.jsonl")
    assert (result.id, result.playbook) == ("r2", "collect-logs")
    assert [(host.name, [step.name for step in host.steps]) for host in result.hosts] == [("A", ["collect"])]


def test_who_was_cut_off_learns_what_to_do(tmp_path: Path) -> None:
    """A host at work when the program was killed needs a person, and says for what."""
    logged(tmp_path / "log.jsonl")
    (under_way,) = [host for host in read_journal(tmp_path / "log.jsonl").hosts if host.outcome is Outcome.UNKNOWN]
    assert under_way.deciding.remedy is not None


def test_who_was_in_a_first_step_is_not_left_out(tmp_path: Path) -> None:
    """An installation may be under way there, though nothing of it is in the log yet but that it began."""
    with Journal(tmp_path / "log.jsonl") as log:
        log.notify(RunStarted("r1", "install", ["A", "B"], check=False))
        log.notify(StepStarted("A", "msi", 1))
    (host,) = read_journal(tmp_path / "log.jsonl").hosts
    assert (host.name, host.outcome, host.deciding.remedy) == ("A", Outcome.UNKNOWN, ChangeUnsettled.remedy)


def test_a_line_that_is_half_written(tmp_path: Path) -> None:
    """A program that was killed while it wrote leaves half a line, which is no reason to lose the others."""
    path = tmp_path / "log.jsonl"
    logged(path)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event": "step_fin')
    assert len(read_journal(path).hosts) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("", "does not tell of a run's beginning"),
        ('{"event": "something"}\n', "does not tell of a run's beginning"),
        ("no JSON\n", "no line of a run's log"),
        ("[" * 100_000 + "\n", "no line of a run's log"),
        ('{"event": "host_finished"}\n', "no line of a run's log"),
        (CHANGING.replace("HKLM", "HKCU"), "no line of a run's log"),
        (FINISHED, "no line of a run's log"),
    ],
    ids=[
        "no file",
        "empty",
        "another log",
        "no JSON",
        "nested too deeply",
        "half an event",
        "a key of no machine about to be made",
        "a key of no machine made",
    ],
)
def test_logs_that_are_none(tmp_path: Path, text: str | None, words: str) -> None:
    """Told with the file, and the line where there is one."""
    path = tmp_path / "log.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=words):
        read_journal(path)
