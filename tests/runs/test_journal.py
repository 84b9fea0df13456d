"""The journal of a run: one JSON line an event, private, closed, and never in the run's way."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from orchestrator.model.detail import OtherDetail
from orchestrator.model.events import (
    HostFinished,
    Interrupted,
    Progress,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
)
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.secret import Secret
from orchestrator.runs.journal import Journal


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_is_a_line(
    tmp_path: Path, make_host: Callable[..., HostResult], make_run: Callable[..., RunResult]
) -> None:
    """Each kind of event becomes one line that bears run, host, step, level and a time in UTC."""
    path = tmp_path / "logs" / "run.jsonl"
    host = make_host(6, Outcome.FAILED)
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", [HostResult("PC-0006", "PC-0006")], check=False))
        log.notify(StepStarted("PC-0006", "msi", 1))
        log.notify(Progress("PC-0006", "msi", verbatim("uploading 45 %")))
        log.notify(StepRetried("PC-0006", "msi", 1, verbatim("the connection broke"), 4.0))
        log.notify(RegistryChanging("PC-0006", "msi", RegistryRecord(created_keys=(r"HKLM\SOFTWARE\X",))))
        log.notify(StepFinished("PC-0006", host.steps[-1]))
        log.notify(HostFinished(host))
        log.notify(Interrupted())
        log.notify(RunFinished(make_run(1, id="r1", state="interrupted")))
    read = lines(path)
    assert [(line["event"], line["level"]) for line in read] == [
        ("run_started", "info"),
        ("run_hosts", "info"),
        ("step_started", "info"),
        ("progress", "debug"),
        ("step_retried", "warning"),
        ("registry_changing", "info"),
        ("step_finished", "error"),
        ("host_finished", "error"),
        ("interrupted", "warning"),
        ("run_finished", "info"),
    ]
    assert {line["run"] for line in read} == {"r1"}
    assert {line["host"] for line in read[2:8]} == {"PC-0006"}
    assert {line["step"] for line in read[2:7]} == {"msi"}
    assert read[6]["detail"]["values"]["exit_code"] == 1603
    assert read[9]["summary"] == {"cancelled": 1}
    assert abs(datetime.now(UTC) - datetime.fromisoformat(read[0]["timestamp"])).total_seconds() < 60
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_hostile_and_secret_values(tmp_path: Path) -> None:
    """A newline from a host does not begin a line of its own, a secret is not shown, and odd values are no obstacle."""
    path = tmp_path / "run.jsonl"
    odd: Any = {"secret": Secret("hunter2"), "path": Path("x"), "half": "\ud800", "lines": 'a\n{"event":"forged"}'}
    with Journal(path) as log:
        result = StepResult(Outcome.OK, verbatim("fine"), OtherDetail(None, odd))
        log.notify(StepFinished("PC\n1", StepRecord("msi", result)))
    (line,) = lines(path)
    assert line["host"] == "PC\n1"
    assert line["detail"]["values"]["secret"] == "REDACTED"
    assert "hunter2" not in path.read_text(encoding="utf-8")


def test_logging_is_not_configured_globally(tmp_path: Path) -> None:
    """A run's log leaves structlog's own configuration alone, so that two runs in one process do not mix."""
    before = structlog.get_config()
    with Journal(tmp_path / "a.jsonl") as first, Journal(tmp_path / "b.jsonl") as second:
        first.notify(RunStarted("a", "install", [], check=False))
        second.notify(RunStarted("b", "install", [], check=False))
    assert structlog.get_config() == before
    assert [line["run"] for line in lines(tmp_path / "a.jsonl") + lines(tmp_path / "b.jsonl")] == ["a", "a", "b", "b"]


def test_log_never_raises(tmp_path: Path) -> None:
    """A closed file and a full disk are borne in silence."""
    log = Journal(tmp_path / "run.jsonl")
    log.close()
    log.close()
    log.notify(Interrupted())
    assert lines(tmp_path / "run.jsonl") == []
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with Journal(full) as log:
        log.notify(Interrupted())
        log.notify(Interrupted())
