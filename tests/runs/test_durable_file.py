"""A file whose lines are on the disk: once it is closed, its descriptor is nobody's to write to."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.events import HostFinished, RunStarted, StepFinished
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepRecord, StepResult
from orchestrator.runs.durable_file import DurableFile
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal

FINE = StepResult(Outcome.OK, verbatim("fine"))


def test_what_is_closed_is_not_written_to(tmp_path: Path) -> None:
    """The number of its descriptor may be another file's by now; what comes too late is no hole in what is there."""
    durable = DurableFile(tmp_path / "log.jsonl")
    durable.write("line\n")
    durable.close()
    other = tmp_path / "other"
    taken = [os.open(other, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600) for _ in range(5)]
    try:
        with pytest.raises(ValueError, match="closed"):
            durable.write("late\n")
    finally:
        for descriptor in taken:
            os.close(descriptor)
    assert other.read_bytes() == b""
    assert (tmp_path / "log.jsonl").read_text(encoding="utf-8") == "line\n"
    assert durable.failure is None


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (b"", b""),
        (b"one\ntwo\n", b"one\ntwo\n"),
        (b"one\ntw", b"one\n"),
        (b"on", b""),
        (b"one\n" + b"x" * 200_000, b"one\n"),
        (b"x" * 200_000 + b"\n" + b"y" * 70_000, b"x" * 200_000 + b"\n"),
    ],
    ids=["nothing", "whole", "half", "half alone", "a long half", "a long half behind a long line"],
)
def test_half_a_line_of_a_killed_process(tmp_path: Path, before: bytes, kept: bytes) -> None:
    """It goes with the next line, which begins one, and not before; all that was whole stays."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(before)
    path.chmod(0o600)
    DurableFile(path).close()
    assert path.read_bytes() == before
    durable = DurableFile(path)
    assert (durable.half, durable.tail(1_000_000)) == (len(before) - len(kept), kept)
    durable.write("next\n")
    durable.write("last\n")
    durable.close()
    assert path.read_bytes() == kept + b"next\nlast\n"


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """Of two that go on with one run, the second finds that the first has its log."""
    path = tmp_path / "log.jsonl"
    first = DurableFile(path)
    try:
        with pytest.raises(BlockingIOError):
            DurableFile(path)
        first.write("line\n")
    finally:
        first.close()
    DurableFile(path).close()
    assert path.read_text() == "line\n"


def test_a_run_that_is_gone_on_with(tmp_path: Path) -> None:
    """Its log begins again: hosts that had been ended for the process alone have no end until they are told of anew."""
    path = tmp_path / "log.jsonl"
    meant = [HostResult(name, "10.0.0.1") for name in ("PC-1", "PC-2")]
    cancelled = StepResult(Outcome.CANCELLED, verbatim("stopped"))
    with Journal(path) as journal:
        journal.notify(RunStarted("20261130-120000-aaaa", "install", meant, check=False))
        journal.notify(HostFinished(replace(meant[0], steps=(StepRecord("msi", FINE),))))
        journal.notify(HostFinished(replace(meant[1], verdict=cancelled)))
    with Journal(path) as journal:
        journal.notify(RunStarted("20261130-120000-aaaa", "install", meant, check=False))
        journal.notify(StepFinished("PC-1", StepRecord("msi", FINE)))
        journal.notify(HostFinished(replace(meant[0], steps=(StepRecord("msi", FINE),))))
    run = read_journal(path)
    assert (run.id, run.state, len(run.hosts)) == ("20261130-120000-aaaa", "killed", 2)
    assert [host.outcome for host in run.hosts] == [Outcome.OK, Outcome.CANCELLED]
    assert run.hosts[1].reason.code == "run-killed-before"
