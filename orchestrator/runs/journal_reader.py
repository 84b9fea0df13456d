"""The journal of a killed run, read back as far as it goes, in place of the result file that was never written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from orchestrator.model.errors import DocumentError
from orchestrator.model.message import phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult, branch_of
from orchestrator.runs.result_part import ResultPart, from_version_1

_ENDED = StepResult(Outcome.UNKNOWN, phrase("run-killed-at-work")())


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _RunStarted(_Line):
    event: Literal["run_started"]
    timestamp: AwareDatetime
    run: str
    playbook: str
    check: bool


class _Changing(_Line):
    event: Literal["registry_changing"]
    timestamp: AwareDatetime
    host: str
    step: str
    registry: RegistryRecord


class _StepFinished(ResultPart):
    model_config = ConfigDict(extra="ignore", frozen=True)

    event: Literal["step_finished"]
    timestamp: AwareDatetime
    host: str
    step: str
    seconds: NonNegativeFloat
    attempts: PositiveInt
    branch: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, line: Any) -> Any:
        return from_version_1(line) if isinstance(line, dict) and isinstance(line.get("reason"), str) else line


class _HostFinished(_Line):
    event: Literal["host_finished"]
    timestamp: AwareDatetime
    host: str
    address: str
    branch: str | None
    groups: tuple[str, ...] = ()


_KNOWN = {"run_started", "registry_changing", "step_finished", "host_finished"}
_LINES: TypeAdapter[Any] = TypeAdapter(_RunStarted | _Changing | _StepFinished | _HostFinished)


def read_journal(path: Path) -> RunResult:
    """The result of a run, from its log: the hosts that had begun, with what was done and what was being changed.

    Raises:
        DocumentError: The file cannot be read, is no log of a run, or tells nothing of the run's beginning.
    """
    began: _RunStarted | None = None
    last: datetime | None = None
    steps: dict[str, dict[str, StepRecord]] = {}
    through: dict[str, _HostFinished] = {}
    for line in _lines(path):
        last = line.timestamp
        match line:
            case _RunStarted():
                began = line
            case _Changing(host=host, step=step):
                result = replace(_ENDED, registry=line.registry)
                steps.setdefault(host, {})[step] = StepRecord(step, result)
            case _StepFinished(host=host, step=step):
                record = StepRecord(step, line.result, line.seconds, line.attempts, line.branch)
                steps.setdefault(host, {})[step] = record
            case _HostFinished(host=host):
                through[host] = line
    if began is None or last is None:
        raise DocumentError(path, None, "this log does not tell of a run's beginning; give the log.jsonl of a run")
    hosts = [_host(name, tuple(records.values()), through.get(name)) for name, records in steps.items()]
    return RunResult(began.run, began.playbook, began.timestamp, last, "interrupted", hosts, began.check)


def _host(name: str, steps: tuple[StepRecord, ...], ended: _HostFinished | None) -> HostResult:
    if ended is None:
        return HostResult(name, "", branch_of(steps), steps, _ENDED)
    return HostResult(name, ended.address, ended.branch, steps, groups=ended.groups)


def _lines(path: Path) -> Iterator[Any]:
    """The lines that matter; the last one of a killed program may be half written."""
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                number += 1
                if not text.endswith("\n"):
                    return
                entry = json.loads(text)
                if isinstance(entry, dict) and entry.get("event") in _KNOWN:
                    yield _LINES.validate_json(text)
    except OSError as error:
        raise DocumentError(path, None, f"the log cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise DocumentError(path, number, "this is no line of a run's log") from error
