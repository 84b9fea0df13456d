"""What happens during a run, as it is told to whoever listens: progress, log lines, nothing else depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orchestrator.model.message import Message
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.waiting import Wait


@dataclass(frozen=True)
class RunStarted:
    """A run begins.

    Attributes:
        hosts: Those that are meant, as they are known beforehand: by name, address and groups.
        ignores_windows: Whether it changes hosts outside of their maintenance windows too, by somebody's word.
    """

    id: str
    playbook: str
    hosts: Sequence[HostResult]
    check: bool
    ignores_windows: bool = False


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
class HostAwaited:
    """A host is off, and is waited for: told once, and by each process that goes on with the run once more.

    Attributes:
        result: What the step ends with if it is not seen again.
        since: When it was missed; the looks that are to come are reckoned from then on.
        looks: How often it was looked for so far.
        seen: When it last answered; None where it never did.
        until: The run's end date.
    """

    host: str
    step: str
    result: StepResult
    since: datetime
    looks: int
    seen: datetime | None
    until: datetime


@dataclass(frozen=True)
class HostReturned:
    """A host that was waited for answers; its step goes on."""

    host: str
    step: str
    looks: int


@dataclass(frozen=True)
class HostWaits:
    """A host begins to wait for something that may take long, or for another thing of the same kind than before.

    Told once, and by each process that goes on with the run once more.
    """

    host: str
    step: str
    wait: Wait


@dataclass(frozen=True)
class HostGoesOn:
    """A host is at work again: its wait is over, or another process goes on with the run."""

    host: str
    step: str


@dataclass(frozen=True)
class StepFinished:
    host: str
    record: StepRecord


@dataclass(frozen=True)
class HostFinished:
    result: HostResult


@dataclass(frozen=True)
class WaveBegan:
    """The hosts of a wave may begin; waves have numbers from 1."""

    wave: int
    waves: int
    hosts: int


@dataclass(frozen=True)
class WaveEnded:
    """Nobody of a wave is at work any more: so many are fine of those that answered, and so many are in it."""

    wave: int
    fine: int
    answered: int
    hosts: int


@dataclass(frozen=True)
class WaveWaits:
    """The next wave has to wait, for what, and until when where that is known."""

    reason: Message
    until: datetime | None = None


@dataclass(frozen=True)
class WaveApproved:
    """A person, by the account's name, has let a wave begin."""

    wave: int
    by: str


@dataclass(frozen=True)
class Guarded:
    """A guard lets nobody else begin; what is under way is brought to its end."""

    reason: Message


@dataclass(frozen=True)
class RunFinished:
    result: RunResult


@dataclass(frozen=True)
class Untold:
    """Somebody who was to be told of the run's end could not be.

    Attributes:
        why: Who, and why.
    """

    why: Message


@dataclass(frozen=True)
class Interrupted:
    """The operator asked to stop: what is in flight is finished, nothing new is begun."""


Event = (
    RunStarted
    | StepStarted
    | StepRetried
    | Progress
    | RegistryChanging
    | HostAwaited
    | HostReturned
    | HostWaits
    | HostGoesOn
    | StepFinished
    | HostFinished
    | WaveBegan
    | WaveEnded
    | WaveWaits
    | WaveApproved
    | Guarded
    | RunFinished
    | Untold
    | Interrupted
)


class Recorder(Protocol):
    """Keeps what must not be lost: a listener of whom more is wanted than of others."""

    async def commit(self) -> None:
        """Returns when all that it was told so far is on disk.

        Raises:
            RecordNotKept: It is not, and will not be.
        """
        ...


class Listener(Protocol):
    """Told of every event, in order, on the event loop's thread; must be quick and must not raise."""

    def notify(self, event: Event) -> None: ...
