"""The journal of a killed run, read back as far as it goes, in place of the result file that was never written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from orchestrator.model.errors import ChangeUnsettled, DocumentError
from orchestrator.model.message import phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult, branch_of
from orchestrator.runs.result_part import ResultPart, from_version_1

_ENDED = StepResult(Outcome.UNKNOWN, phrase("run-killed-at-work")(), remedy=ChangeUnsettled.remedy)


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    timestamp: AwareDatetime
    run: str


class _RunStarted(_Line):
    event: Literal["run_started"]
    playbook: str
    check: bool


class _StepStarted(_Line):
    event: Literal["step_started"]
    host: str


class _Changing(_Line):
    event: Literal["registry_changing"]
    host: str
    step: str
    registry: RegistryRecord


class _Ended(ResultPart):
    model_config = ConfigDict(extra="ignore", frozen=True)

    timestamp: AwareDatetime
    run: str
    host: str
    branch: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, line: Any) -> Any:
        return from_version_1(line) if isinstance(line, dict) and isinstance(line.get("reason"), str) else line


class _StepFinished(_Ended):
    event: Literal["step_finished"]
    step: str
    seconds: NonNegativeFloat
    attempts: PositiveInt


class _HostFinished(_Ended):
    event: Literal["host_finished"]
    address: str
    groups: tuple[str, ...] = ()
    verdict: ResultPart | None = None


class _RunFinished(_Line):
    event: Literal["run_finished"]
    state: Literal["finished", "interrupted", "stopped"]


_KNOWN = {"run_started", "step_started", "registry_changing", "step_finished", "host_finished", "run_finished"}
_LINES: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        _RunStarted | _StepStarted | _Changing | _StepFinished | _HostFinished | _RunFinished,
        Field(discriminator="event"),
    ]
)


def read_journal(path: Path) -> RunResult:
    """The result of a run, from its log: the hosts that had begun, with what was done and what was being changed.

    Of a log in which several runs wrote, as earlier versions let them, it is that of the last.

    Raises:
        DocumentError: The file cannot be read, is no log of a run, or tells nothing of the run's beginning.
    """
    lines = list(_lines(path))
    began = next((line for line in reversed(lines) if isinstance(line, _RunStarted)), None)
    if began is None:
        raise DocumentError(path, None, "this log does not tell of a run's beginning; give the log.jsonl of a run")
    last, state = began.timestamp, "interrupted"
    steps: dict[str, dict[str, StepRecord]] = {}
    through: dict[str, _HostFinished] = {}
    for line in lines:
        if line.run != began.run:
            continue
        last = line.timestamp
        match line:
            case _StepStarted(host=host):
                steps.setdefault(host, {})
            case _Changing(host=host, step=step):
                result = replace(_ENDED, registry=line.registry)
                steps.setdefault(host, {})[step] = StepRecord(step, result)
            case _StepFinished(host=host, step=step):
                record = StepRecord(step, line.result, line.seconds, line.attempts, line.branch)
                steps.setdefault(host, {})[step] = record
            case _HostFinished(host=host):
                steps.setdefault(host, {})
                through[host] = line
            case _RunFinished():
                state = line.state
    hosts = tuple(_host(name, tuple(records.values()), through.get(name)) for name, records in steps.items())
    return RunResult(began.run, began.playbook, began.timestamp, last, state, hosts, began.check)


def _host(name: str, steps: tuple[StepRecord, ...], ended: _HostFinished | None) -> HostResult:
    if ended is None:
        return HostResult(name, "", branch_of(steps), steps, _ENDED)
    verdict = ended.verdict.result if ended.verdict else None
    host = HostResult(name, ended.address, ended.branch, steps, verdict, ended.groups)
    if "verdict" in ended.model_fields_set:
        return host
    decided = (host.outcome, host.deciding.reason)  # lines of older versions tell no verdict, but what it came to
    return host if decided == (ended.outcome, ended.reason) else replace(host, verdict=ended.result)


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
