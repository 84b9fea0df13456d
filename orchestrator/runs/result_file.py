"""The result file (`--json`): what a run left behind, for other programs and for `sspr runs show`.

The models below are the published contract, `docs/schemas/result.schema.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from orchestrator.model.errors import DocumentError
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.self_test import SelfTest
from orchestrator.runs.detail import DetailPart, plain, written
from orchestrator.sentences import say


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunPart(_Part):
    """The run itself."""

    id: str = Field(description="The run's own name, unique on the coordinator.")
    playbook: str = Field(description="Name of the playbook.")
    started: AwareDatetime = Field(description="ISO 8601, UTC.")
    finished: AwareDatetime = Field(description="ISO 8601, UTC.")
    state: Literal["finished", "interrupted", "stopped"] = Field(
        description="`interrupted` by the operator, `stopped` by a guard of the run."
    )
    check: bool = Field(description="Whether nothing was to be changed; `changed` then means 'would be changed'.")
    self_test: SelfTest | None = Field(
        default=None, description="Whether the service takes what Windows 7 can offer, tried from the coordinator."
    )


class StepPart(_Part):
    """A step that began on a host."""

    name: str
    outcome: Outcome
    reason: str = Field(description="One sentence in plain words.")
    detail: DetailPart
    seconds: NonNegativeFloat = Field(description="Wall-clock time, retries and waits included.")
    attempts: PositiveInt


class HostPart(_Part):
    """A host of the selection; it appears exactly once."""

    name: str = Field(description="Its name in the inventory.")
    address: str = Field(description="Where it was connected to.")
    outcome: Outcome
    reason: str = Field(description="One sentence in plain words: the deciding step's.")
    branch: str | None = Field(
        description="`windows7`, `windows8`, `windows8.1`, `windows10`, `other`; null when it was never learned."
    )
    groups: list[str] = Field(
        default=[], description="The groups of the inventory that it belongs to, nearest first; older files lack them."
    )
    steps: list[StepPart]

    @model_validator(mode="after")
    def _no_milder_than_its_steps(self) -> Self:
        worst = Outcome.worst(step.outcome for step in self.steps)
        if self.steps and self.outcome.gravity < worst.gravity:
            raise ValueError(f"host {self.name} is said to be {self.outcome}, but a step of it is {worst}")
        return self


class ResultFile(_Part):
    """Result of a run of the SSPR orchestrator."""

    model_config = ConfigDict(title="Result of a run")

    run: RunPart
    summary: dict[Outcome, Annotated[int, Field(ge=1)]] = Field(
        description="Hosts by outcome; an outcome that no host has is left out."
    )
    hosts: list[HostPart] = Field(description="Every selected host, in the order of the inventory.")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        seen = Counter(host.name.casefold() for host in self.hosts)
        if twice := sorted(name for name, count in seen.items() if count > 1):
            raise ValueError(f"every host appears once, but {twice[0]} appears {seen[twice[0]]} times")
        if self.summary != Counter(host.outcome for host in self.hosts):
            raise ValueError("the summary does not count the hosts that follow")
        return self


def result_schema() -> dict[str, Any]:
    """The JSON Schema of the result file, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ResultFile.model_json_schema()


def write_result(result: RunResult, path: Path) -> None:
    """Write the result file, whole or not at all, mode 0600.

    Raises:
        OSError: The file cannot be written.
    """
    write_private(path, _to_file(result).model_dump_json(indent=1, exclude_unset=True).encode() + b"\n")


def read_result(path: Path) -> RunResult:
    """Read a result file back.

    A fate decided outside any step comes back without its detail, and no step says whether it asked for a restart:
    the file holds neither.

    Raises:
        DocumentError: The file cannot be read or is no result file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # an editor on Windows may have put a BOM before it
    except OSError as error:
        raise DocumentError(path, None, f"the result file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError(path, None, "a result file is JSON in UTF-8, which this is not") from error
    try:
        return _from_file(ResultFile.model_validate(json.loads(text)))
    except json.JSONDecodeError as error:
        raise DocumentError(path, error.lineno, f"a result file is JSON, but {error.msg}") from error
    except ValidationError as error:
        raise DocumentError(path, None, _first_problem(error)) from error
    except RecursionError as error:
        raise DocumentError(path, None, "this JSON is nested too deeply for a result file") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).removeprefix(".")
    return f"no result file: {place + ': ' if place else ''}{problem['msg'].removeprefix('Value error, ')}"


def _to_file(result: RunResult) -> ResultFile:
    tested = {"self_test": asdict(result.self_test)} if result.self_test else {}
    document = {
        "run": {
            "id": result.id,
            "playbook": result.playbook,
            "started": result.started.astimezone(UTC).isoformat(),
            "finished": result.finished.astimezone(UTC).isoformat(),
            "state": result.state,
            "check": result.check,
            **tested,
        },
        "summary": result.summary,
        "hosts": [_host(host) for host in result.hosts],
    }
    # By way of JSON text, so that whatever a step put into its detail (a tuple, a path, half of a surrogate pair from
    # a host's output) cannot cost the run its result file.
    text = json.dumps(document, ensure_ascii=False, default=plain).encode("utf-8", "replace")
    return ResultFile.model_validate(json.loads(text))


def _host(host: HostResult) -> dict[str, Any]:
    return {
        "name": host.name,
        "address": host.address,
        "outcome": host.outcome,
        "reason": say(host.reason),
        "branch": host.branch,
        "groups": host.groups,
        "steps": [
            {
                "name": record.name,
                "outcome": record.result.outcome,
                "reason": say(record.result.reason),
                "detail": written(record.result),
                "seconds": round(record.seconds, 3),
                "attempts": record.attempts,
            }
            for record in host.steps
        ],
    }


def _from_file(file: ResultFile) -> RunResult:
    run = file.run
    return RunResult(
        id=run.id,
        playbook=run.playbook,
        started=run.started,
        finished=run.finished,
        state=run.state,
        hosts=tuple(_from_host(host) for host in file.hosts),
        check=run.check,
        self_test=run.self_test,
    )


def _from_host(host: HostPart) -> HostResult:
    steps = tuple(
        StepRecord(step.name, step.detail.result(step.outcome, step.reason), step.seconds, step.attempts)
        for step in host.steps
    )
    decided = HostResult(host.name, host.address, host.branch, steps, groups=tuple(host.groups))
    if (decided.outcome, say(decided.reason)) == (host.outcome, host.reason):
        return decided
    return replace(decided, verdict=StepResult(host.outcome, host.reason))
