"""The result file (`--json`): what a run left behind, for other programs and for `sspr runs show`.

The models below are the published contract, `docs/schemas/result.schema.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from orchestrator.model import trust
from orchestrator.model.errors import DocumentError
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import HostResult, LogEnd, RunResult, RunState, StepRecord
from orchestrator.model.self_test import SelfTest
from orchestrator.model.showable import escaped
from orchestrator.runs.result_part import MessagePart, ResultPart, RunTime, from_version_1, plain, written
from orchestrator.sentences import say

VERSION: Final = 2
"""Of the form of the file. 1 had sentences in place of messages, and forgot what a verdict knew beside them."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LogPart(_Part):
    """Where the run's log, `log.jsonl` beside this file, ended: docs/audit.md says what that proves."""

    lines: PositiveInt = Field(description="How many lines it has.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="The hash in the last of them.")

    @property
    def end(self) -> LogEnd:
        return LogEnd(self.lines, self.sha256)


class RunPart(_Part):
    """The run itself."""

    id: str = Field(description="The run's own name, unique on the coordinator.")
    playbook: str = Field(description="Name of the playbook.")
    started: RunTime = Field(description="ISO 8601, UTC.")
    finished: RunTime = Field(description="ISO 8601, UTC.")
    state: RunState = Field(
        description="`interrupted` by the operator; `paused` to be gone on with later, by the operator or until "
        "somebody has what it needs, such as a password; `cancelled` for good; `stopped` by a guard: log-ons were kept "
        "back lest accounts be locked, or too many hosts failed (`why`); `failed` where the coordinator itself could "
        "not do its part: a full disk, no file descriptors or threads."
    )
    check: bool = Field(description="Whether nothing was to be changed; `changed` then means 'would be changed'.")
    self_test: SelfTest | None = Field(
        default=None, description="Whether the service takes what Windows 7 can offer, tried from the coordinator."
    )
    log: LogPart | None = Field(default=None, description="The end of the chain of its log; older files lack it.")
    why: MessagePart | None = Field(
        default=None, description="Why a guard let nobody else begin; left out where that was not so."
    )


class StepPart(ResultPart):
    """A step that began on a host."""

    name: str
    seconds: NonNegativeFloat = Field(description="Wall-clock time, retries and waits included.")
    attempts: PositiveInt
    branch: str | None = Field(default=None, description="The host's, if it was known when the step ended.")
    seen: RunTime | None = Field(
        default=None, description="When the host had last answered by then; null where it never had in this run."
    )

    @property
    def record(self) -> StepRecord:
        return StepRecord(self.name, self.result, self.seconds, self.attempts, self.branch, self.seen)


class HostPart(_Part):
    """A host of the selection; it appears exactly once."""

    name: str = Field(description="Its name in the inventory.")
    address: str = Field(description="Where it was connected to.")
    outcome: Outcome
    reason: MessagePart = Field(
        description="Why it ended so; of one that was not finished also what was changed there before, and when a "
        "restart comes that is set."
    )
    branch: str | None = Field(
        description="`windows7`, `windows8`, `windows8.1`, `windows10`, `other`; null when it was never learned."
    )
    groups: list[str] = Field(
        default=[], description="The groups of the inventory that it belongs to, nearest first; older files lack them."
    )
    last_seen: RunTime | None = Field(
        default=None, description="When it last answered in this run; null where it never did. Older files lack it."
    )
    steps: list[StepPart]
    verdict: ResultPart | None = Field(
        default=None,
        description="What decided about the host where no step did: it was cancelled, say.",
    )

    @model_validator(mode="after")
    def _no_milder_than_its_steps(self) -> Self:
        worst = Outcome.worst(step.outcome for step in self.steps)
        if self.steps and self.outcome.gravity < worst.gravity:
            raise ValueError(f"host {self.name} is said to be {self.outcome}, but a step of it is {worst}")
        return self

    @property
    def host(self) -> HostResult:
        return HostResult(
            self.name,
            self.address,
            self.branch,
            tuple(step.record for step in self.steps),
            self.verdict.result if self.verdict else None,
            tuple(self.groups),
        )


class ResultFile(_Part):
    """Result of a run of the SSPR orchestrator."""

    model_config = ConfigDict(title="Result of a run")

    version: Literal[2] = Field(description="Of this form of file. Files without one are of the first.")
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
    """Write the result file, whole or not at all, mode 0600; what is written is what was known.

    Raises:
        OSError: The file cannot be written.
    """
    write_private(path, result_bytes(result))


def result_bytes(result: RunResult) -> bytes:
    """What the result file holds."""
    text = escaped(json.dumps(plain(_document(result)), ensure_ascii=False, indent=1))
    return text.encode("utf-8") + b"\n"


def read_result(path: Path, read: Callable[[Path], bytes] = trust.read) -> RunResult:
    """Read a result file back: one of this version gives an equal result, older ones what they hold.

    Args:
        path: The file.
        read: Reads it. Whatever hosts are changed by is judged in doing so.

    Raises:
        DocumentError: The file cannot be read, is no result file, or is of a newer version of this program.
        UntrustedPath: Another person may write it.
    """
    try:
        text = read(path).decode("utf-8-sig")  # an editor on Windows may have put a BOM before it
    except OSError as error:
        raise DocumentError(path, None, f"the result file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError(path, None, "a result file is JSON in UTF-8, which this is not") from error
    try:
        document = _of_this_version(json.loads(text), path)
        return _result(ResultFile.model_validate_json(json.dumps(document)))
    except json.JSONDecodeError as error:
        raise DocumentError(path, error.lineno, f"a result file is JSON, but {error.msg}") from error
    except ValidationError as error:
        raise DocumentError(path, None, _first_problem(error)) from error
    except RecursionError as error:
        raise DocumentError(path, None, "this JSON is nested too deeply for a result file") from error
    except ValueError as error:  # of Python itself, which makes no number of thousands of digits
        raise DocumentError(path, None, "a number in this JSON is longer than any in a result file") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).removeprefix(".")
    return f"no result file: {place + ': ' if place else ''}{problem['msg'].removeprefix('Value error, ')}"


def _document(result: RunResult) -> dict[str, object]:
    run = {
        "id": result.id,
        "playbook": result.playbook,
        "started": result.started,
        "finished": result.finished,
        "state": result.state,
        "check": result.check,
    }
    known = {"self_test": result.self_test, "log": result.log, "why": result.why}
    run |= {name: part for name, part in known.items() if part is not None}
    return {"version": VERSION, "run": run, "summary": result.summary, "hosts": [_host(host) for host in result.hosts]}


def _host(host: HostResult) -> dict[str, object]:
    part: dict[str, object] = {
        "name": host.name,
        "address": host.address,
        "outcome": host.outcome,
        "reason": host.reason,
        "branch": host.branch,
        "groups": host.groups,
        "last_seen": host.last_seen,
        "steps": [
            {
                "name": record.name,
                **written(record.result),
                "seconds": record.seconds,
                "attempts": record.attempts,
                "branch": record.branch,
                "seen": record.seen,
            }
            for record in host.steps
        ],
    }
    return part if host.verdict is None else {**part, "verdict": written(host.verdict)}


def _result(file: ResultFile) -> RunResult:
    run = file.run
    hosts = tuple(part.host for part in file.hosts)
    return RunResult(
        run.id,
        run.playbook,
        run.started,
        run.finished,
        run.state,
        hosts,
        check=run.check,
        self_test=run.self_test,
        log=run.log.end if run.log else None,
        why=run.why,
    )


def _of_this_version(document: Any, path: Path) -> Any:
    """The document as this version has it; what is no result file at all is left for its models to refuse."""
    if not isinstance(document, dict):
        return document
    version = document.get("version", 1)
    if isinstance(version, int) and version > VERSION:
        raise DocumentError(path, None, f"was written by a newer version of sspr (form {version}); read it with that")
    return {**document, "version": VERSION, "hosts": _hosts_of_version_1(document)} if version == 1 else document


def _hosts_of_version_1(document: dict[str, Any]) -> Any:
    """A host whose outcome or reason is not its steps' had its fate decided outside of them."""
    hosts = document.get("hosts")
    return [_host_of_version_1(host) for host in hosts] if isinstance(hosts, list) else hosts


def _host_of_version_1(host: Any) -> Any:
    steps = host.get("steps") if isinstance(host, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return host
    upgraded = {**host, "steps": [from_version_1(step) for step in steps], "reason": from_version_1(host)["reason"]}
    try:
        decided = HostPart.model_validate_json(json.dumps(upgraded)).host
    except ValidationError:
        return upgraded
    told = (say(decided.reason), say(decided.deciding.reason))
    if decided.outcome == host.get("outcome") and host.get("reason") in told:
        return upgraded
    return {**upgraded, "verdict": {"outcome": host.get("outcome"), "reason": upgraded["reason"]}}
