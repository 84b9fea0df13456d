"""`sspr runs verify`: what a run left is as it left it, or the first thing is named that is not."""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.model.events import HostFinished, RunFinished, RunStarted
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import HostResult, LogEnd, RunResult, StepRecord, StepResult
from orchestrator.runs.journal import Journal
from orchestrator.runs.origin import HashedFile, Opening, Origin
from orchestrator.runs.result_file import read_result, write_result
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)
ORIGIN = Origin("root", 0, "anna", "coord-1", "192.0.2.7", terminal=True, program="0.9")
HOSTS = tuple(
    HostResult(name, name, "windows7", (StepRecord("msi", StepResult(outcome, verbatim("done"))),))
    for name, outcome in (("PC-1", Outcome.CHANGED), ("PC-2", Outcome.FAILED))
)
RESULT = RunResult("20261130-120000-aaaa", "install", BEGAN, BEGAN, "finished", HOSTS)


@pytest.fixture
def run(folder: Path) -> Path:
    """The folder of a run of two machines, with what it kept of itself and of a package."""
    place = folder / "run"
    write_private(folder / "state" / "inputs" / "x" / "a.msi", b"MSI")
    package = HashedFile.of("msi", folder / "state" / "inputs" / "x" / "a.msi")
    write_private(place / "kept.json", json.dumps({"id": RESULT.id, "files": {package.path: package.sha256}}).encode())
    opening = Opening(ORIGIN, "pilot", (package, HashedFile.of("kept", place / "kept.json")))
    with Journal(place / "log.jsonl", opening) as journal:
        journal.notify(RunStarted(RESULT.id, RESULT.playbook, HOSTS, check=False))
        for host in HOSTS:
            journal.notify(HostFinished(host))
        journal.notify(RunFinished(RESULT))
    write_result(replace(RESULT, log=journal.end), place / "result.json")
    return place


def end(run: Path) -> LogEnd:
    known = read_result(run / "result.json").log
    assert known is not None
    return known


def test_all_is_as_it_was(sspr: Sspr, run: Path) -> None:
    """Exit code 0: who, from where, what, with which files, and the hash to keep elsewhere."""
    ran = sspr("runs", "verify", "run")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"{RESULT.id}: intact, 5 lines"
    assert "by root (0), for anna by sudo, on coord-1 from 192.0.2.7, at a terminal, sspr 0.9" in lines[1]
    assert lines[2] == "  playbook install, --limit pilot"
    assert "  result.json agrees with the log: 2 machines" in lines
    assert "  as the run kept them: 2 files" in lines
    assert f"  hash of the last intact line: {end(run).sha256}" in lines
    assert "--head" in lines[-1]


def test_the_hash_that_was_kept(sspr: Sspr, run: Path) -> None:
    """Of the last line, of an earlier one, of none, and what is no hash."""
    last = sspr("runs", "verify", "run", "--head", end(run).sha256.upper())
    assert (last.code, "the last line has the hash that was kept" in last.out) == (0, True)
    second = json.loads((run / "log.jsonl").read_bytes().splitlines()[1])["sha256"]
    assert "line 2 has the hash that was kept" in sspr("runs", "verify", "run", "--head", second).out
    other = sspr("runs", "verify", "run", "--head", "0" * 64)
    assert (other.code, "no line of what is intact has the hash 000" in other.out) == (1, True)
    mistaken = sspr("runs", "verify", "run", "--head", "0815")
    assert (mistaken.code, "expected 64 hex digits" in mistaken.error) == (2, True)


def lines(run: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    log = run / "log.jsonl"
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))


def result(run: Path, before: str, after: str) -> None:
    text = (run / "result.json").read_text("utf-8")
    assert before in text
    (run / "result.json").write_text(text.replace(before, after), encoding="utf-8")


def written_anew(run: Path, result: RunResult) -> None:
    """A log of other contents, all of its hashes right."""
    (run / "log.jsonl").unlink()
    with Journal(run / "log.jsonl") as journal:
        journal.notify(RunStarted(RESULT.id, RESULT.playbook, HOSTS, check=False))
        for host in result.hosts:
            journal.notify(HostFinished(host))
        journal.notify(RunFinished(result))


def appended(run: Path) -> None:
    """One line more, its hash right."""
    with Journal(run / "log.jsonl") as journal:
        journal.notify(HostFinished(HOSTS[0]))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def without_chain(run: Path) -> None:
    lines(run, lambda log: [line.partition(b', "seq": ')[0] + b"}\n" for line in log])


CHANGES: dict[str, Callable[[Path], object]] = {
    "line 3 is not as it was written": lambda run: lines(
        run, lambda log: [line.replace(b"PC-1", b"PC-3") if number == 2 else line for number, line in enumerate(log)]
    ),
    "line 2 is missing": lambda run: lines(run, lambda log: log[:1] + log[2:]),
    "line 4 was inserted, or moved there": lambda run: lines(run, lambda log: log[:3] + log[:1] + log[3:]),
    "line 5 is half a line": lambda run: lines(run, lambda log: [*log[:-1], log[-1][:-20]]),
    "its end was cut off behind line 3": lambda run: lines(run, lambda log: log[:-2]),
    "and 1 more are there": appended,
    "so that it was written anew": lambda run: written_anew(run, RESULT),
    "the log is empty": lambda run: lines(run, lambda _: []),
    "log.jsonl cannot be read: No such file": lambda run: (run / "log.jsonl").unlink(),
    "log.jsonl cannot be read: it is no plain file": lambda run: pipe(run / "log.jsonl"),
    "the log has no chain": without_chain,
    "result.json is gone": lambda run: (run / "result.json").unlink(),
    "the result file cannot be read: it is no plain file": lambda run: pipe(run / "result.json"),
    "no result file": lambda run: result(run, '"state": "finished"', '"state": "done"'),
    "hosts end otherwise: PC-2 (cancelled, by the log failed)": lambda run: write_result(
        replace(
            RESULT,
            hosts=(HOSTS[0], HostResult("PC-2", "PC-2", verdict=StepResult(Outcome.CANCELLED, verbatim("stopped")))),
            log=end(run),
        ),
        run / "result.json",
    ),
    "hosts are in one of them alone: PC-2": lambda run: write_result(
        replace(RESULT, hosts=HOSTS[:1], log=end(run)), run / "result.json"
    ),
    "it does not say where that ended": lambda run: write_result(RESULT, run / "result.json"),
    "it has the run as stopped, the log as finished": lambda run: result(
        run, '"state": "finished"', '"state": "stopped"'
    ),
    "it is that of run 20261130-120000-bbbb": lambda run: result(run, "20261130-120000-aaaa", "20261130-120000-bbbb"),
    "kept.json is not as the run kept it": lambda run: (run / "kept.json").write_text("{}"),
    "a.msi is not as the run kept it": lambda run: (run.parent / "state/inputs/x/a.msi").write_bytes(b"MSI!"),
}


@pytest.mark.parametrize("problem", CHANGES)
def test_each_change_is_told(sspr: Sspr, run: Path, problem: str) -> None:
    """Exit code 1, and what is not as it was; nothing else is complained of."""
    CHANGES[problem](run)
    ran = sspr("runs", "verify", "run")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(f"{RESULT.id}: not as it was written\n")
    assert problem in ran.out.splitlines()[1]


def test_a_copy_that_is_not_kept_any_more(sspr: Sspr, run: Path) -> None:
    """Is told, and nobody's fault."""
    (run.parent / "state/inputs/x/a.msi").unlink()
    ran = sspr("runs", "verify", "run")
    assert (ran.code, "not kept any more: " in ran.out) == (0, True)


def test_a_run_without_an_end(sspr: Sspr, run: Path) -> None:
    """Killed, then at work again: what is there is intact, and what it cannot tell is said."""
    (run / "result.json").unlink()
    lines(run, lambda log: log[:-1])
    killed = sspr("runs", "verify", "run")
    assert (killed.code, "none tells of an end: the process was killed, or" in killed.out) == (0, True)
    with Journal(run / "log.jsonl", Opening(replace(ORIGIN, sudo_user=None, terminal=False))) as journal:
        journal.notify(RunStarted(RESULT.id, RESULT.playbook, HOSTS, check=False))
        at_work = sspr("runs", "verify", "run")
        assert (at_work.code, "intact so far, 6 lines; it is at work" in at_work.out) == (0, True)
        assert "by root (0), on coord-1 from 192.0.2.7, without a terminal" in at_work.out


def test_what_the_log_says_cannot_act_on_the_terminal(sspr: Sspr, run: Path) -> None:
    """A name that somebody has put there is shown without what terminals obey."""
    (run / "log.jsonl").unlink()
    with Journal(run / "log.jsonl", Opening(replace(ORIGIN, user="anna\x1b[31m\nroot"))) as journal:
        journal.notify(RunStarted(RESULT.id, "in\x1bstall", HOSTS, check=False))
    ran = sspr("runs", "verify", "run")
    assert "by anna root (0)" in ran.out
    assert "\x1b" not in ran.out


def test_the_page_tells_of_every_key(run: Path) -> None:
    """What stands in the line of the beginning beside what every line has."""
    (run / "log.jsonl").write_bytes((run / "log.jsonl").read_bytes() + b"{")
    with Journal(run / "log.jsonl", Opening(ORIGIN)) as journal:
        journal.notify(RunStarted(RESULT.id, RESULT.playbook, HOSTS, check=False))
    line = json.loads((run / "log.jsonl").read_text("utf-8").splitlines()[-2])
    keys = {*line, *(f"origin.{key}" for key in line["origin"])} - {"origin"}
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
    told = {key for row in re.findall(r"^\| (`.+?`) \| ", page, re.MULTILINE) for key in re.findall(r"`([^`]+)`", row)}
    assert told == keys - {"run", "event", "level", "timestamp", "seq", "sha256"}


def test_a_run_of_ours(sspr: Sspr, folder: Path, lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command leaves is intact, and its first line tells of it what is so."""
    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.setenv("SUDO_USER", "anna")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
    assert sspr("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"], "--json", "copy.json").code == 0
    ran = sspr("runs", "verify", "last")
    assert ran.code == 0
    assert "result.json agrees with the log: 1 machine" in ran.out
    (log,) = (folder / "state" / "runs").glob("*/log.jsonl")
    first = json.loads(log.read_text("utf-8").splitlines()[0])
    known = Origin.here()
    assert first["origin"] == vars(known)
    assert (known.uid, known.sudo_user, known.ssh_client, known.terminal) == (os.getuid(), "anna", "192.0.2.7", False)
    assert known.user == pwd.getpwuid(os.getuid()).pw_name
    assert first["limit"] == lab.hosts["fit"]
    assert {file["use"]: file["sha256"] for file in first["files"]} == {
        "playbook": HashedFile.of("", Path(first["files"][0]["path"])).sha256,
        "inventory": HashedFile.of("", lab.inventory).sha256,
    }
    copied = read_result(folder / "copy.json").log
    assert copied is not None
    assert sspr("runs", "verify", "last", "--head", copied.sha256).code == 0
