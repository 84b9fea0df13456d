"""What happens during a run, as it is told to whoever listens: progress, log lines, nothing else depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orchestrator.model.message import Message
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord


@dataclass(frozen=True)
class RunStarted:
    id: str
    playbook: str
    hosts: Sequence[str]
    check: bool


@dataclass(frozen=True)
class StepStarted:
    host: str
    step: str
    attempt: int


@dataclass(frozen=True)
class StepRetried:
    """An attempt ended in an error that may be retried; `seconds` until the next one."""

    host: str
    step: str
    attempt: int
    error: Message
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Something worth showing about a step that takes long, as in `uploading 45 %` or `waiting for the restart`."""

    host: str
    step: str
    message: Message


@dataclass(frozen=True)
class RegistryChanging:
    """What a step has changed so far, and what it is about to: told before, so that whoever kills us can undo it."""

    host: str
    step: str
    record: RegistryRecord


@dataclass(frozen=True)
class StepFinished:
    host: str
    record: StepRecord


@dataclass(frozen=True)
class HostFinished:
    result: HostResult


@dataclass(frozen=True)
class RunFinished:
    result: RunResult


@dataclass(frozen=True)
class Interrupted:
    """The operator asked to stop: what is in flight is finished, nothing new is begun."""


Event = (
    RunStarted
    | StepStarted
    | StepRetried
    | Progress
    | RegistryChanging
    | StepFinished
    | HostFinished
    | RunFinished
    | Interrupted
)


class Listener(Protocol):
    """Told of every event, in order, on the event loop's thread; must be quick and must not raise."""

    def notify(self, event: Event) -> None: ...
