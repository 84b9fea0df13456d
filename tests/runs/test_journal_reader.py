"""A killed run, read back from its journal: what was done, what was being changed, and logs that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.fleet.absence import looks_within, next_look
from orchestrator.model.awaited import Awaited
from orchestrator.model.errors import ChangeUnsettled, DocumentError
from orchestrator.model.events import (
    Guarded,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    WaveApproved,
    WaveBegan,
    WaveEnded,
    WaveWaits,
)
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import (
    BEGINS_YET,
    GOES_ON,
    HostResult,
    RunResult,
    StepRecord,
    StepResult,
    go_on_with,
    shown,
)
from orchestrator.model.waiting import Doing, Wait
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal, read_waves
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
MADE = {"values": (), "created_keys": (PATH,), "needs_restart": False, "whole_keys": ()}
RECORD = RegistryRecord((ValueChange(PATH, "A", Value("REG_SZ", "이전"), Value("REG_DWORD", 1)),), (PATH,), True)


STEP = StepRecord("tls12", StepResult(Outcome.CHANGED, verbatim("enabled"), registry=RegistryRecord((), (PATH,))))


def logged(path: Path) -> None:
    """Of three hosts one was through, one in the middle of a change, and one had not begun."""
    with Journal(path) as log:
        log.notify(
            RunStarted("r1", "install", [HostResult("A", "A"), HostResult("B", "B"), HostResult("C", "C")], check=False)
        )
        for host in ("A", "B"):
            log.notify(StepStarted(host, "tls12", 1))
            log.notify(RegistryChanging(host, "tls12", RECORD))
        log.notify(StepFinished("A", STEP))
        log.notify(HostFinished(HostResult("A", "10.0.0.1", "windows7", (STEP,))))


OFF = StepResult(Outcome.UNREACHABLE, verbatim("no answer"), remedy=verbatim("switch it on"))


def awaiting(path: Path, since: datetime) -> None:
    """Of four hosts one is off, one is back, one was off and is through, and one goes off without having begun."""
    until, none = since + timedelta(days=3), [HostResult(name, name) for name in "ABCD"]
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", none, check=False))
        for host in "ABC":
            log.notify(StepStarted(host, "tls12", 1))
        for host in "ABCD":
            log.notify(HostAwaited(host, "tls12", OFF, since, 1, since, until))
        log.notify(HostReturned("B", "tls12", 2))
        log.notify(StepFinished("C", STEP))


@pytest.mark.parametrize("goes_on", [True, False])
def test_hosts_that_are_waited_for(tmp_path: Path, goes_on: bool) -> None:
    """How often each was looked for, which goes on while nobody writes, when next, and when it was last seen."""
    since = datetime.now(UTC) - timedelta(seconds=1)
    awaiting(tmp_path / "log.jsonl", since)
    off, back, through, without_beginning = read_journal(tmp_path / "log.jsonl", goes_on=goes_on).hosts
    for host in (off, without_beginning):
        assert (host.outcome, say(host.reason)) == (
            Outcome.UNREACHABLE,
            f"no answer; looked for until {shown(since + timedelta(days=3))}",
        )
        detail = host.deciding.detail
        assert isinstance(detail, Awaited)
        assert (detail.looks, detail.last_seen, detail.until) == (1, since, since + timedelta(days=3))
        following = since + timedelta(seconds=next_look("r1", host.name, 1))
        assert detail.next_look == (following if goes_on else None)
    assert {back.outcome, through.outcome} == {Outcome.UNKNOWN}


OPENS = datetime(2030, 1, 2, 22, tzinfo=UTC)
WINDOW = Wait(Message("progress-waiting-for-window", {"opens": "22:00", "closes": "23:00"}), OPENS)
TURN = Message("progress-waiting-for-turn", {"other": "Z", "group": "dc", "run": None})


def waiting(path: Path) -> None:
    """Of six hosts one waits for its window, one for its turn, one has waited, one is at work, two have not begun."""
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", [HostResult(name, name) for name in "ABCDEF"], check=False))
        log.notify(HostWaits("A", "tls12", WINDOW))
        for host in "BCD":
            log.notify(StepStarted(host, "tls12", 1))
        log.notify(StepFinished("B", STEP))
        log.notify(HostWaits("B", "reboot", Wait(Message(TURN.code, {"other": "Y", "group": "dc", "run": None}))))
        log.notify(HostWaits("B", "reboot", Wait(TURN)))
        log.notify(HostWaits("C", "tls12", WINDOW))
        log.notify(HostGoesOn("C", "tls12"))


def stamped(path: Path) -> list[datetime]:
    """When each line was written."""
    return [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in path.read_text().splitlines()]


def test_what_hosts_do_while_the_run_is_at_work(tmp_path: Path) -> None:
    """What each waits for, since when and until when; one in whose way another is by now has waited all the while."""
    path = tmp_path / "log.jsonl"
    waiting(path)
    at = stamped(path)
    run = read_journal(path, goes_on=True)
    known = {host.name: (host.deciding.reason, host.deciding.detail) for host in run.hosts}
    assert known == {
        "A": (WINDOW.what, Doing("tls12", at[2], waits=True, until=OPENS)),
        "B": (TURN, Doing("reboot", at[7], waits=True)),
        "C": (GOES_ON(), Doing("tls12", at[10])),
        "D": (GOES_ON(), Doing("tls12", at[5])),
        "E": (BEGINS_YET(), Doing(waits=True)),
        "F": (BEGINS_YET(), Doing(waits=True)),
    }
    assert run.finished >= at[-1], "it is as things stand now"


def test_hosts_that_waited_when_the_run_was_killed(tmp_path: Path) -> None:
    """Nothing was being done there, so that nothing is unknown; the advice is to go on where that can be done."""
    path = tmp_path / "log.jsonl"
    waiting(path)
    hosts = {host.name: host for host in read_journal(path, resumable=True).hosts}
    assert {name: host.outcome for name, host in hosts.items()} == {
        "A": Outcome.CANCELLED,
        "B": Outcome.CANCELLED,
        "C": Outcome.UNKNOWN,
        "D": Outcome.UNKNOWN,
        "E": Outcome.CANCELLED,
        "F": Outcome.CANCELLED,
    }
    assert say(hosts["A"].reason).startswith("the run was killed while this host waited (waiting for its maintenance")
    assert {hosts[name].deciding.remedy for name in "ACEF"} == {go_on_with("r1")}
    assert "`sspr runs resume r1` goes on with it; or take it back: " in say(hosts["B"].deciding.remedy or TURN)
    again = {say(host.deciding.remedy or TURN) for host in read_journal(path).hosts}
    assert not any("resume" in remedy for remedy in again)


def test_a_wave_that_waits_is_what_those_wait_for_that_have_not_begun(tmp_path: Path) -> None:
    """As long as it does."""
    path, reason = tmp_path / "log.jsonl", verbatim("wave 2 waits")
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", [HostResult("A", "A")], check=False))
        log.notify(WaveWaits(reason, OPENS))
        (host,) = read_journal(path, goes_on=True).hosts
        assert (host.reason, host.deciding.detail) == (reason, Doing(None, stamped(path)[-1], waits=True, until=OPENS))
        log.notify(WaveApproved(2, "jane"))
        (host,) = read_journal(path, goes_on=True).hosts
        assert host.reason == BEGINS_YET()


def test_looks_that_nobody_has_written_down(tmp_path: Path) -> None:
    """Their moments are known beforehand."""
    since = datetime.now(UTC) - timedelta(hours=10)
    awaiting(tmp_path / "log.jsonl", since)
    log = tmp_path / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    log.write_text("".join(json.dumps({**line, "timestamp": since.isoformat()}) + "\n" for line in lines))
    detail = read_journal(log, goes_on=True).hosts[0].deciding.detail
    assert isinstance(detail, Awaited)
    assert detail.looks == 1 + looks_within("r1", "A", 0, 10 * 3600)
    assert detail.looks > 15


def test_what_a_killed_run_had_begun(tmp_path: Path) -> None:
    """A step that ended is as it ended; of one that did not, what it was about to change is known, and no more."""
    logged(tmp_path / "log.jsonl")
    result = read_journal(tmp_path / "log.jsonl")
    assert (result.id, result.playbook, result.state, result.check) == ("r1", "install", "killed", False)
    through, under_way, waiting = result.hosts
    assert (waiting.name, waiting.outcome) == ("C", Outcome.CANCELLED)
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
        "whole_keys": (),
    }


def test_a_run_that_ended_is_as_it_ended(tmp_path: Path) -> None:
    """Its state is the one that it noted; who never began has the verdict that decided, and nobody is left out."""
    verdict = StepResult(Outcome.CANCELLED, verbatim("stopped"), remedy=verbatim("run it again"))
    hosts = (HostResult("A", "10.0.0.1", "windows7", (STEP,)), HostResult("B", "10.0.0.2", verdict=verdict))
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with Journal(tmp_path / "log.jsonl") as log:
        log.notify(RunStarted("r1", "install", [HostResult("A", "A"), HostResult("B", "B")], check=False))
        log.notify(StepFinished("A", STEP))
        for host in hosts:
            log.notify(HostFinished(host))
        log.notify(RunFinished(RunResult("r1", "install", moment, moment, "stopped", hosts)))
    result = read_journal(tmp_path / "log.jsonl")
    assert result.state == "stopped"
    assert [(host.name, host.outcome) for host in result.hosts] == [("A", Outcome.CHANGED), ("B", Outcome.CANCELLED)]
    assert say(result.hosts[1].reason) == "stopped"


@pytest.mark.parametrize("state", ["finished", "interrupted", "stopped", "failed"])
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
        log.notify(RunStarted(run.id, run.playbook, run.hosts, run.check))
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
        log.notify(RunStarted("r2", "collect-logs", [HostResult("A", "A")], check=False))
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
        log.notify(RunStarted("r1", "install", [HostResult("A", "A"), HostResult("B", "B")], check=False))
        log.notify(StepStarted("A", "msi", 1))
    host, other = read_journal(tmp_path / "log.jsonl").hosts
    assert (other.name, other.outcome) == ("B", Outcome.CANCELLED)
    assert (host.name, host.outcome, host.deciding.remedy) == ("A", Outcome.UNKNOWN, ChangeUnsettled.remedy)


def test_a_line_that_is_half_written(tmp_path: Path) -> None:
    """A program that was killed while it wrote leaves half a line, which is no reason to lose the others."""
    path = tmp_path / "log.jsonl"
    logged(path)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event": "step_fin')
    assert len(read_journal(path).hosts) == 3


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


def test_what_is_known_of_waves(tmp_path: Path) -> None:
    """Which have begun and ended, who was through when a guard spoke, and that it spoke, until the run has its end."""
    path, why = tmp_path / "log.jsonl", verbatim("it broke")
    through = HostResult("a", "a", verdict=StepResult(Outcome.FAILED, why))
    begin = RunStarted("r", "install", [HostResult(name, name) for name in "abc"], check=False)
    with Journal(path) as log:
        for event in (begin, WaveBegan(1, 2, 2), HostFinished(through), Guarded(why), WaveEnded(1, 0, 1, 2)):
            log.notify(event)
    killed = read_waves(path)
    assert (killed.begun, list(killed.ended), killed.closed) == (1, [1], why)
    assert killed.past_guard == {"a"}
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    with Journal(path) as log:
        log.notify(RunFinished(RunResult("r", "install", moment, moment, "stopped", (through,), why=why)))
    ended = read_waves(path)
    assert ended.past_guard == {"a"}
    assert ended.closed is None
