"""StepCall: one call of one step on one host, from the state that it is handed to a record, or to a rest."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.engine.protocol import Keep
from orchestrator.fleet.absence import may_return
from orchestrator.fleet.ending import failed, surprised
from orchestrator.fleet.retry import Patience
from orchestrator.fleet.search import Search
from orchestrator.fleet.step_state import StepState
from orchestrator.model.clock import Clock, Deadline
from orchestrator.model.codec import encode
from orchestrator.model.coordinator import own_failure
from orchestrator.model.errors import (
    ChangeUnsettled,
    ConnectionLost,
    CoordinatorError,
    DeadlineExceeded,
    InputUnusable,
    LeaseHeld,
    PushAwaited,
    RunStopped,
    TargetError,
    Unreachable,
    UsageError,
    WouldChange,
)
from orchestrator.model.events import Event, Progress, RegistryChanging, StepRetried, StepStarted
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.model.waiting import Wait
from orchestrator.playbook.plan import PlannedStep
from orchestrator.remote.leasing import NothingKnown, OtherRuns
from orchestrator.remote.target import Target, nobody_told
from orchestrator.steps import maintenance
from orchestrator.steps.declaration import Captures, NoCaptures, NoTurns, StepContext, Turns

_LOG = logging.getLogger(__name__)


_WAITING_TO_BE_SENT = phrase("progress-waiting-to-be-sent")
FIRST_LEASE_PAUSE, LONGEST_LEASE_PAUSE = 5.0, 60.0
"""Seconds between two looks whether it has ended."""


@message("progress-waiting-for-lease")
def _waiting(reason: Message) -> None: ...


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
        commit: Returns when all that was told is on disk; see `model.events.Recorder`.
        clock: The run's.
        lease_wait: Seconds that another run is waited for that holds the host's lease.
        others: What is known of the coordinator's other runs.
        search: Looks for hosts that are off; None where they end at once.
        trouble: What of this computer's own the call has ended with, where it has.
        restart_turns: Keeps hosts from restarting together.
        captures: Notes which captures may be on.
    """

    planned: PlannedStep
    target: Target
    earlier: Sequence[StepRecord]
    state: StepState
    keep: Keep
    run_id: str
    folder: Path
    notify: Callable[[Event], None]
    commit: Callable[[], Awaitable[None]]
    clock: Clock
    lease_wait: float = 0.0
    others: OtherRuns = field(default_factory=NothingKnown)
    search: Search | None = None
    trouble: CoordinatorError | None = None
    restart_turns: Turns = field(default_factory=NoTurns)
    captures: Captures = field(default_factory=NoCaptures)

    def as_things_stand(self, result: StepResult) -> StepRecord:
        """The record of a call that is not waited for, with a result that somebody else has decided."""
        self._note_changes()
        return self._record(result)

    async def carry_out(self) -> StepRecord | Rest | None:
        """Goes on with the step; no error comes out of it. None where it does not apply."""
        self.target.deadline = Deadline.at(self.state.deadline, self.clock)
        self.target.changed = self.state.registry
        self.target.changing = self._announce
        if self.target.leasing:
            self.target.leasing.taking, self.target.leasing.answered = self.planned.kind.changes_hosts, False
        carried, before, waited = self.target.carried, self.state, self.target.waited
        try:
            try:
                end = await self._go_on()
            finally:
                self.target.pushing.end()
                self._postpone(self.target.waited - waited)
                self.state = replace(self.state, seen=self.target.seen or self.state.seen)
        except RunStopped:  # whoever rests at this moment is given up, with all that is known
            self.state = replace(self.state, continuing=before.continuing)
            end = Rest(self.clock.after(0), "")
        except PushAwaited as awaited:
            end = self._in_line(awaited, before)
        except TargetError as error:
            self._note_forward(carried)
            end = self._queue(error, before) if self._has_to_queue(error) else self._after(error)
        except UsageError as error:
            end = self._after(InputUnusable(error))
        except (OSError, MemoryError) as error:  # a line's are TargetErrors
            _LOG.exception("this computer could not do its part")
            end = self._after(own_failure(error, self.folder.parent))
        except Exception as error:  # noqa: BLE001 - one host's surprise must not end the others' run
            _LOG.exception("step failed unexpectedly")
            end = surprised(error)
        self._note_changes()
        if isinstance(end, StepResult):
            return self._record(end)
        return None if end is None else await self._rested(end, carried)

    async def _rested(self, end: Rest, carried: int) -> Rest:
        """The rest, for which the host is left alone."""
        self._note_forward(carried)
        self.target.changing = nobody_told
        if self.state.absent:
            await self.target.part()
        elif self.state.push is not None:
            await self.target.let_go()
        elif end.until is not None:
            await self.target.rest(self.clock.until(end.until))
        self.state = self.state.waiting(end.wait, self.target.host.name, self.planned.name, self.notify)
        return Rest(end.until, encode(replace(self.state, due=end.until)), end.aside)

    def _postpone(self, waited: float) -> None:
        """Has the step end later by what log-ons have waited for others, in real seconds."""
        if waited:
            self.state = self.state.postponed(self.clock, waited * self.clock.speed)

    def _record(self, result: StepResult) -> StepRecord:
        return self.state.record(self.planned.name, result, self.clock, self.target.known_machine)

    async def _go_on(self) -> StepResult | Rest | None:
        if self.state.push is not None:
            self.target.pushing.take(self.state.push)
        if not self.state.applies:
            if not await self._applies():
                return None
            self.state = replace(self.state, applies=True, patience=Patience())
        if (outside := await self._outside()) is not None:
            return outside
        self.state = replace(self.state, push=None)
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
            if end.until is not None and not end.counts:
                self.state = self.state.postponed(self.clock, self.clock.until(end.until))
        elif end.outcome is Outcome.UNKNOWN and self.planned.kind.awaits_host:
            return self._or_awaited(end, answered=False)
        return end

    async def _outside(self) -> StepResult | Rest | None:
        """A rest until the host's maintenance window, none of which counts as the step's; None where it is inside.

        What has begun to change the host goes on whatever the time, but for what could not even be sent so far.
        """
        kind, parameters = self.planned.kind, self.planned.parameters
        begun = self.state.announced and self.state.push is None
        if not (kind.changes_hosts and kind.waits_for_window) or parameters.changes_nothing or begun:
            return None
        until = self.search.until if self.search else None
        shut = await maintenance.shut(
            self.target, self.clock, until, lambda zone, begun: kind.last_change(zone, begun, parameters)
        )
        if not isinstance(shut, maintenance.Shut):
            return shut
        self.state = self.state.postponed(self.clock, self.clock.until(shut.opens))
        return Rest(shut.opens, "", wait=shut.wait)

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
            others=self.others,
            turns=self.restart_turns,
            captures=self.captures,
        )

    def _in_line(self, awaited: PushAwaited, before: StepState) -> Rest:
        """Another look later whether it is the host's turn to be sent a file, with nothing done meanwhile."""
        self.state = replace(self.state.put_off(before, self.clock, awaited.pause), push=awaited.size)
        return Rest(self.clock.after(awaited.pause), "", wait=Wait(_WAITING_TO_BE_SENT()))

    def _has_to_queue(self, error: TargetError) -> bool:
        """Whether another run is at work on the host, as it says, or, while it cannot be asked, as it last said."""
        if isinstance(error, LeaseHeld):
            return True
        silent = isinstance(error, Unreachable | ConnectionLost | DeadlineExceeded)
        leasing = self.target.leasing
        return silent and self.state.held is not None and leasing is not None and not leasing.answered

    def _queue(self, error: TargetError, before: StepState) -> StepResult | Rest:
        """Another look later, with nothing done meanwhile; the result when that run has been waited for long enough."""
        reason = error.reason if isinstance(error, LeaseHeld) else before.held or error.reason
        pause = min(max(FIRST_LEASE_PAUSE, before.queued / 2), LONGEST_LEASE_PAUSE)
        if before.queued + pause > self.lease_wait:
            return failed(error)
        self.state = replace(self.state.put_off(before, self.clock, pause), queued=before.queued + pause, held=reason)
        host, step = self.target.host.name, self.planned.name
        if reason != before.held:
            self.notify(StepRetried(host, step, max(1, self.state.attempt), reason, pause))
        return Rest(self.clock.after(pause), "", wait=Wait(_waiting(reason)))

    def _after(self, error: TargetError) -> StepResult | Rest:
        """Another attempt, or the result when there is to be none."""
        patience = self.state.patience.after(error, forward=self.state.forward)
        pause = patience.pause(error, self.clock.until(self.state.deadline))
        unsettled = error.reason if isinstance(error, ChangeUnsettled) else self.state.unsettled
        self.state = replace(self.state, patience=patience, unsettled=unsettled)
        if pause is None:
            self.trouble = error if isinstance(error, CoordinatorError) else None
            result = failed(error)
            lost = self.state.unsettled_result if result.outcome is Outcome.UNREACHABLE else None
            return self._or_awaited(lost or result, answered=error.answered) if may_return(error) else lost or result
        self.state = replace(self.state, continuing=False, held=None)
        attempt = max(1, self.state.attempt)
        self.notify(StepRetried(self.target.host.name, self.planned.name, attempt, error.reason, pause))
        return Rest(self.clock.after(pause), "")

    def _or_awaited(self, result: StepResult, *, answered: bool) -> StepResult | Rest:
        """The result of a host that is not there, or a rest until the next look where it is waited for."""
        waiting = self.search.missed(self.state, result, answered=answered) if self.search else None
        if waiting is None or self.search is None:
            return result
        self.state = waiting
        return self.search.rest(self.target.host.name, self.planned.name, waiting)

    async def _keep_own(self, own: str | None) -> None:
        self.state = replace(self.state, own=own)
        await self._keep()

    async def _announce(self, record: RegistryRecord) -> None:
        """Has on disk what is about to be changed.

        Of changes to anything but the registry, that is only that the step makes such, so that its later ones, as when
        it tidies up, need nothing more.

        Raises:
            RecordNotKept: It cannot be written; the change must not be made.
        """
        if record != self.state.registry:
            await self._keep()
            self.notify(RegistryChanging(self.target.host.name, self.planned.name, record))
        elif self.state.announced or not self.planned.kind.changes_hosts:
            return
        await self.commit()
        self.state = replace(self.state, announced=True)

    async def _keep(self) -> None:
        self._note_changes()
        await self.keep(encode(self.state))

    def _note_changes(self) -> None:
        self.state = replace(self.state, registry=self.target.changed)

    def _note_forward(self, carried: int) -> None:
        self.state = replace(self.state, forward=self.state.forward or self.target.carried > carried)
