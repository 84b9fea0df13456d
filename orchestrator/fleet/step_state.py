"""StepState: what a step leaves for its next call, and what becomes of it when there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.fleet.absence import Absence
from orchestrator.fleet.ending import failed
from orchestrator.fleet.retry import Patience
from orchestrator.model.clock import Clock, Moment
from orchestrator.model.errors import ChangeUnsettled
from orchestrator.model.events import Event, HostGoesOn, HostWaits
from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import StepRecord, StepResult
from orchestrator.model.waiting import Wait
from orchestrator.windows.branches import Machine


@dataclass(frozen=True, slots=True)
class StepState:
    """All that a step's next call must know of those before, whoever makes it; goes through JSON.

    Attributes:
        began: When the step began.
        deadline: When it has to have ended, over all attempts.
        applies: Whether its condition was found to hold; until then it has not begun.
        announced: Whether it is on disk that this step changes the host.
        attempt: Which attempt this is, from 1; 0 before the first.
        continuing: Whether the next call goes on with this attempt after a rest, and is no new one.
        forward: Whether this attempt has brought bytes of a file there or home.
        patience: What decides whether there is another attempt.
        unsettled: What an attempt said that ended in the middle of a change; the step's result when the host is not
            seen again.
        registry: What the step has changed in the registry, or has begun to.
        own: What the step itself has left, as JSON.
        queued: Seconds that were waited for another run that holds the host's lease; none of them count as the step's.
        held: What was said of that run, as long as nothing else is known.
        due: When it is to be called again, where it rests.
        push: Bytes that the host is to be sent when it is its turn, where it stands in line for that.
        absence: The host's, where it is waited for or was.
        seen: When the host last answered, by our clock.
        wait: What the step waits for, where that may take long, as people were told.
    """

    began: Moment
    deadline: Moment
    applies: bool = False
    announced: bool = False
    attempt: int = 0
    continuing: bool = False
    forward: bool = False
    patience: Patience = field(default_factory=Patience)
    unsettled: Message | None = None
    registry: RegistryRecord = field(default_factory=RegistryRecord)
    own: str | None = None
    queued: float = 0.0
    held: Message | None = None
    due: Moment | None = None
    push: int | None = None
    absence: Absence | None = None
    seen: datetime | None = None
    wait: Wait | None = None

    @classmethod
    def beginning(cls, clock: Clock, seconds: float) -> StepState:
        return cls(began=clock.after(0), deadline=clock.after(seconds))

    def postponed(self, clock: Clock, seconds: float) -> StepState:
        """The same with so many seconds more, which are not the step's own."""
        return replace(self, deadline=clock.after(clock.until(self.deadline) + seconds))

    def put_off(self, before: StepState, clock: Clock, seconds: float) -> StepState:
        """As before a call in which nothing could be done for so many seconds to come, which are not the step's."""
        same = replace(before, deadline=self.deadline, applies=self.applies, continuing=False, seen=self.seen)
        return same.postponed(clock, seconds)

    def called(self, clock: Clock) -> StepState:
        """The same for a call after a rest: how much later it comes than it was to is not the step's own time.

        So it is where more hosts are due at once than may be at work, as when their maintenance windows open, and where
        this computer slept, or nobody was at work on the run.
        """
        late = -clock.until(self.due) if self.due else 0.0
        return replace(self.postponed(clock, late) if late > 0 else self, due=None)

    @property
    def absent(self) -> Absence | None:
        """The host's absence while it lasts."""
        return self.absence if self.absence and not self.absence.found else None

    def found_again(self, absence: Absence, deadline: Moment, now: datetime) -> StepState:
        """The same for a host that is back: the step begins with looking, and with new patience."""
        return replace(self, absence=absence, deadline=deadline, patience=Patience(), continuing=False, seen=now)

    def waiting(self, wait: Wait | None, host: str, step: str, notify: Callable[[Event], None]) -> StepState:
        """The same for a step that rests, waiting for something or not, of which whoever listens is told."""
        if wait == self.wait:
            return self
        if wait is not None:
            notify(HostWaits(host, step, wait))
        elif not self.absent:  # of whom another thing was told
            notify(HostGoesOn(host, step))
        return replace(self, wait=wait)

    def record(self, name: str, result: StepResult, clock: Clock, machine: Machine | None = None) -> StepRecord:
        """The step's record, with what it has changed in the registry, or has begun to, however it ended."""
        if self.registry:
            result = replace(result, registry=self.registry)
        branch = machine.branch.name if machine else None
        return StepRecord(name, result, round(-clock.until(self.began), 3), max(1, self.attempt), branch, self.seen)

    def given_up(self, reason: Message) -> StepResult:
        """The result when there is no further call, because the run is stopped; without a remedy where it is that."""
        if self.absent:
            return self.absent.as_it_stands
        return self.unsettled_result or StepResult(Outcome.CANCELLED, reason)

    @property
    def unsettled_result(self) -> StepResult | None:
        return failed(ChangeUnsettled(self.unsettled)) if self.unsettled else None
