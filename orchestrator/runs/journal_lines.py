"""The lines of a run's log, as they are read back: each class is what `runs/journal.py` writes of one kind of event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    model_validator,
)

from orchestrator.model.message import Message
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunState, StepRecord
from orchestrator.runs.result_part import MessagePart, ResultPart, RunTime, from_version_1


class Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    timestamp: RunTime
    run: str


class RunStartedLine(Line):
    event: Literal["run_started"]
    playbook: str
    check: bool


class Meant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: str
    address: str = ""
    groups: tuple[str, ...] = ()


class RunHostsLine(Line):
    event: Literal["run_hosts"]
    hosts: tuple[Meant, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, line: Any) -> Any:
        """Lines of earlier versions have nothing but names."""
        if isinstance(line, dict) and isinstance(names := line.get("names"), list):
            return {**line, "hosts": [{"name": name} for name in names]}
        return line


class StepStartedLine(Line):
    event: Literal["step_started"]
    host: str
    step: str = ""
    attempt: int = 1


class ChangingLine(Line):
    event: Literal["registry_changing"]
    host: str
    step: str
    registry: RegistryRecord


class EndedLine(ResultPart):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    timestamp: RunTime
    run: str
    host: str
    branch: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, line: Any) -> Any:
        return from_version_1(line) if isinstance(line, dict) and isinstance(line.get("reason"), str) else line


class HostAwaitedLine(EndedLine):
    event: Literal["host_awaited"]
    step: str = ""
    since: RunTime
    looks: NonNegativeInt
    seen: RunTime | None
    until: RunTime


class HostReturnedLine(Line):
    event: Literal["host_returned"]
    host: str
    step: str = ""
    looks: NonNegativeInt = 0


class HostWaitsLine(Line):
    event: Literal["host_waits"]
    host: str
    step: str
    what: MessagePart
    until: RunTime | None = None


class HostGoesOnLine(Line):
    event: Literal["host_goes_on"]
    host: str
    step: str


class StepFinishedLine(EndedLine):
    event: Literal["step_finished"]
    step: str
    seconds: NonNegativeFloat
    attempts: PositiveInt
    seen: RunTime | None = None

    @property
    def record(self) -> StepRecord:
        return StepRecord(self.step, self.result, self.seconds, self.attempts, self.branch, self.seen)


class HostFinishedLine(EndedLine):
    event: Literal["host_finished"]
    address: str
    groups: tuple[str, ...] = ()
    verdict: ResultPart | None = None

    def after(self, steps: tuple[StepRecord, ...]) -> HostResult:
        """The host's result, with the steps that were taken there."""
        verdict = self.verdict.result if self.verdict else None
        host = HostResult(self.host, self.address, self.branch, steps, verdict, self.groups)
        if "verdict" in self.model_fields_set:
            return host
        decided = (host.outcome, host.deciding.reason)  # lines of older versions tell no verdict, but what it came to
        return host if decided == (self.outcome, self.reason) else replace(host, verdict=self.result)


class RunFinishedLine(Line):
    event: Literal["run_finished"]
    state: RunState
    why: MessagePart | None = None


class UntoldLine(Line):
    event: Literal["untold"]
    why: MessagePart


class WaveBeganLine(Line):
    event: Literal["wave_began"]
    wave: PositiveInt
    waves: PositiveInt
    hosts: NonNegativeInt


class WaveEndedLine(Line):
    event: Literal["wave_ended"]
    wave: PositiveInt
    fine: NonNegativeInt = 0
    answered: NonNegativeInt = 0
    hosts: NonNegativeInt = 0


class WaveWaitsLine(Line):
    event: Literal["wave_waits"]
    reason: MessagePart
    until: RunTime | None = None


class WaveApprovedLine(Line):
    event: Literal["wave_approved"]
    wave: PositiveInt
    by: str


class GuardedLine(Line):
    event: Literal["guarded"]
    reason: MessagePart


class RetriedLine(Line):
    event: Literal["step_retried"]
    host: str
    step: str
    attempt: int
    error: Message
    seconds: float


class ProgressLine(Line):
    event: Literal["progress"]
    host: str
    step: str
    message: Message


class InterruptedLine(Line):
    event: Literal["interrupted"]


DECIDING: Final = frozenset(
    {
        "run_started",
        "run_hosts",
        "step_started",
        "registry_changing",
        "host_awaited",
        "host_returned",
        "host_waits",
        "host_goes_on",
        "step_finished",
        "host_finished",
        "wave_began",
        "wave_ended",
        "wave_waits",
        "wave_approved",
        "guarded",
        "run_finished",
    }
)
"""The events by which it is known what a run has done."""
OF_THE_END: Final = frozenset({"run_started", "untold"})
"""Those by which it is known who could not be told of it."""
SHOWN: Final = DECIDING - {"registry_changing"} | {
    "step_retried",
    "progress",
    "interrupted",
}
"""Those that whoever watches a run is told of."""
LINES: Final[TypeAdapter[Any]] = TypeAdapter(
    Annotated[
        RunStartedLine
        | RunHostsLine
        | StepStartedLine
        | ChangingLine
        | HostAwaitedLine
        | HostReturnedLine
        | HostWaitsLine
        | HostGoesOnLine
        | StepFinishedLine
        | HostFinishedLine
        | WaveBeganLine
        | WaveEndedLine
        | WaveWaitsLine
        | WaveApprovedLine
        | GuardedLine
        | RunFinishedLine
        | UntoldLine
        | RetriedLine
        | ProgressLine
        | InterruptedLine,
        Field(discriminator="event"),
    ],
    config=ConfigDict(defer_build=True),
)


def is_of(entry: object, events: Collection[str]) -> bool:
    """Whether a line, as JSON has it, is of one of these events; in a file that was edited, it may be anything."""
    event = entry.get("event") if isinstance(entry, dict) else None
    return isinstance(event, str) and event in events
