"""StepCall: one call of one step on one host, from the state that it is handed to a record, or to a rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.engine.protocol import Keep
from orchestrator.fleet.retry import Patience
from orchestrator.model.clock import Clock, Deadline, Moment
from orchestrator.model.codec import encode
from orchestrator.model.errors import ChangeUnsettled, RunStopped, TargetError, UsageError, WouldChange
from orchestrator.model.events import Event, Progress, RegistryChanging, StepRetried, StepStarted
from orchestrator.model.message import Message, message, phrase, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.playbook.plan import PlannedStep
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from orchestrator.windows.branches import Machine

_LOG = logging.getLogger(__name__)


REMEDY_CANCELLED_AT_WORK = phrase("remedy-cancelled-at-work")


@message("own-error", remedy=True)
def _own_error(kind: str) -> None: ...


@dataclass(frozen=True)
class StepState:
    """All that a step's next call must know of those before, whoever makes it; goes through JSON.

    Attributes:
        began: When the step began.
        deadline: When it has to have ended, over all attempts.
        applies: Whether its condition was found to hold; until then it has not begun.
        attempt: Which attempt this is, from 1; 0 before the first.
        continuing: Whether the next call goes on with this attempt after a rest, and is no new one.
        forward: Whether this attempt has brought bytes of a file there or home.
        patience: What decides whether there is another attempt.
        unsettled: What an attempt said that ended in the middle of a change; the step's result when the host is not
            seen again.
        registry: What the step has changed in the registry, or has begun to.
        own: What the step itself has left, as JSON.
    """

    began: Moment
    deadline: Moment
    applies: bool = False
    attempt: int = 0
    continuing: bool = False
    forward: bool = False
    patience: Patience = field(default_factory=Patience)
    unsettled: Message | None = None
    registry: RegistryRecord = field(default_factory=RegistryRecord)
    own: str | None = None

    @classmethod
    def beginning(cls, clock: Clock, seconds: float) -> StepState:
        return cls(began=clock.after(0), deadline=clock.after(seconds))

    def record(self, name: str, result: StepResult, clock: Clock, machine: Machine | None = None) -> StepRecord:
        """The step's record, with what it has changed in the registry, or has begun to, however it ended."""
        if self.registry:
            result = replace(result, registry=self.registry)
        branch = machine.branch.name if machine else None
        return StepRecord(name, result, round(-clock.until(self.began), 3), max(1, self.attempt), branch)

    def given_up(self, reason: Message) -> StepResult:
        """The result when there is no further call, because the run is stopped."""
        return self.unsettled_result or StepResult(Outcome.CANCELLED, reason, remedy=REMEDY_CANCELLED_AT_WORK())

    @property
    def unsettled_result(self) -> StepResult | None:
        return _failed(ChangeUnsettled(self.unsettled)) if self.unsettled else None


@dataclass
class StepCall:
    """One call.

    Attributes:
        planned: The step.
        target: The host.
        earlier: Records of the host's earlier steps.
        state: What is known so far; newer with everything that happens.
        keep: Keeps the state for good; see `engine.protocol.Keep`.
        run_id: The run.
        folder: Where what comes home from the host is put.
        notify: Told of every event.
        clock: The run's.
    """

    planned: PlannedStep
    target: Target
    earlier: Sequence[StepRecord]
    state: StepState
    keep: Keep
    run_id: str
    folder: Path
    notify: Callable[[Event], None]
    clock: Clock

    def as_things_stand(self, result: StepResult) -> StepRecord:
        """The record of a call that is not waited for, with a result that somebody else has decided."""
        self._note_changes()
        return self._record(result)

    async def carry_out(self) -> StepRecord | Rest | None:
        """Goes on with the step; no error comes out of it. None where it does not apply."""
        self.target.deadline = Deadline.at(self.state.deadline, self.clock)
        self.target.changed = self.state.registry
        self.target.changing = self._keep_changes
        carried = self.target.carried
        try:
            end = await self._go_on()
        except RunStopped as stopped:
            end = self.state.given_up(stopped.reason)
        except TargetError as error:
            self._note_forward(carried)
            end = self._after(error)
        except UsageError as error:
            end = StepResult(Outcome.FAILED, verbatim(str(error)), evidence=_named(error))
        except Exception as error:  # noqa: BLE001 - one host's surprise must not end the others' run
            _LOG.exception("step failed unexpectedly")
            kind = type(error).__name__
            end = StepResult(Outcome.FAILED, _own_error(kind), remedy=_own_error.remedy(kind), evidence=_named(error))
        self._note_changes()
        if isinstance(end, StepResult):
            return self._record(end)
        if isinstance(end, Rest):
            self._note_forward(carried)
            if end.until is not None:
                await self.target.release()  # a connection that outlived a rest could be found dead amid a change
            return Rest(end.until, encode(self.state))
        return None

    def _record(self, result: StepResult) -> StepRecord:
        return self.state.record(self.planned.name, result, self.clock, self.target.known_machine)

    async def _go_on(self) -> StepResult | Rest | None:
        if not self.state.applies:
            if not await self._applies():
                return None
            self.state = replace(self.state, applies=True, patience=Patience())
        continuing = self.state.continuing
        if not continuing:
            self.state = replace(self.state, attempt=self.state.attempt + 1, forward=False)
            self.notify(StepStarted(self.target.host.name, self.planned.name, self.state.attempt))
        context = self._context()
        self.state = replace(self.state, continuing=False)
        try:
            end = await self.planned.kind.perform(self.target, self.planned.parameters, context)
        except WouldChange as change:
            return change.result
        if isinstance(end, Rest):
            self.state = replace(self.state, own=end.state, continuing=True)
        return end

    async def _applies(self) -> bool:
        condition = self.planned.condition
        if condition.trivial:
            return True
        machine = await self.target.machine()
        return condition.holds(machine.branch.name, machine.architecture)

    def _context(self) -> StepContext:
        host, step = self.target.host.name, self.planned.name
        return StepContext(
            run_id=self.run_id,
            name=step,
            earlier=self.earlier,
            attempt=self.state.attempt,
            folder=self.folder,
            report=lambda message: self.notify(Progress(host, step, message)),
            write=self._keep_own,
            state=self.state.own,
            continuing=self.state.continuing,
            clock=self.clock,
        )

    def _after(self, error: TargetError) -> StepResult | Rest:
        """Another attempt, or the result when there is to be none."""
        patience = self.state.patience.after(error, forward=self.state.forward)
        pause = patience.pause(error, self.clock.until(self.state.deadline))
        if pause is None:
            result = _failed(error)
            lost = self.state.unsettled_result if result.outcome is Outcome.UNREACHABLE else None
            return lost or result
        unsettled = error.reason if isinstance(error, ChangeUnsettled) else self.state.unsettled
        self.state = replace(self.state, patience=patience, unsettled=unsettled, continuing=False)
        attempt = max(1, self.state.attempt)
        self.notify(StepRetried(self.target.host.name, self.planned.name, attempt, error.reason, pause))
        return Rest(self.clock.after(pause), "")

    async def _keep_own(self, own: str | None) -> None:
        self.state = replace(self.state, own=own)
        await self._keep()

    async def _keep_changes(self, record: RegistryRecord) -> None:
        await self._keep()
        self.notify(RegistryChanging(self.target.host.name, self.planned.name, record))

    async def _keep(self) -> None:
        self._note_changes()
        await self.keep(encode(self.state))

    def _note_changes(self) -> None:
        self.state = replace(self.state, registry=self.target.changed)

    def _note_forward(self, carried: int) -> None:
        self.state = replace(self.state, forward=self.state.forward or self.target.carried > carried)


def _failed(error: TargetError) -> StepResult:
    return StepResult(error.outcome, error.reason, remedy=error.remedy, evidence={**_named(error), **error.evidence})


def _named(error: Exception) -> dict[str, str]:
    return {"error": type(error).__name__}
