"""FleetWork: a plan's steps, carried out on hosts; every error ends as a result here."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from orchestrator.connect.connection import Connector
from orchestrator.engine.protocol import Keep
from orchestrator.fleet.admission import Admission
from orchestrator.fleet.asleep import LONG_SECONDS, Asleep
from orchestrator.fleet.ending import surprised
from orchestrator.fleet.pushes import Pushes
from orchestrator.fleet.search import Search
from orchestrator.fleet.step_call import StepCall
from orchestrator.fleet.step_state import StepState
from orchestrator.fleet.stop import Stoppable, StoppedBy
from orchestrator.fleet.taking_back import or_taken_back
from orchestrator.fleet.turns import Turns
from orchestrator.harvest import names
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import ChangeUnsettled, RecordNotKept
from orchestrator.model.events import Event, HostFinished, HostGoesOn, HostWaits, StepFinished
from orchestrator.model.host import Host
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, Rest, StepRecord, StepResult, branch_of, go_on_with
from orchestrator.model.waiting import Wait
from orchestrator.playbook.plan import PlannedStep
from orchestrator.remote.leasing import Leasing, NothingKnown, OtherRuns
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import Captures, NoCaptures, NoTurns
from orchestrator.steps.declaration import Turns as RestartTurns
from orchestrator.windows.lease import Holder

_LOG = logging.getLogger(__name__)
_BROKE_OFF = phrase("run-broke-off", remedy=True)
_ENDED_AT_WORK = phrase("run-ended-at-work")
_ENDED_BEFORE = phrase("run-ended-before")
_REMEDY_CANCELLED = phrase("remedy-cancelled")
_REMEDY_CANCELLED_AT_WORK = phrase("remedy-cancelled-at-work")


TURN_PAUSE = 5.0
"""Seconds between two looks whether a host at the same address has ended."""


@message("progress-waiting-for-neighbour")
def _waiting_for_neighbour(other: str) -> None: ...


@message("run-record-not-kept")
def _record_not_kept(path: str, error: str) -> None: ...


def _said_of(error: RecordNotKept) -> Message:
    return _record_not_kept(str(error.path), error.error)


@dataclass(frozen=True)
class Leases:
    """How a run keeps others from the hosts that it changes.

    Attributes:
        holder: The run, as its leases name it.
        wait_seconds: How long another run is waited for on each host, in each step; 0 leaves the host to it at once.
    """

    holder: Holder
    wait_seconds: float


@dataclass
class FleetWork:
    """What an engine carries out; see `engine.protocol.HostWork`.

    Attributes:
        run_id: The run.
        plan: The steps.
        hosts: By name.
        connector: Makes connections.
        folder: Where each host's folder is put.
        check: Whether nothing may be changed.
        notify: Told of every event.
        commit: Returns when all that was told is on disk.
        stop: Stops the run when that cannot be.
        admission: Says which host may begin, and when.
        pushes: In which turns hosts are sent files.
        clock: By which deadlines and rests are reckoned.
        leases: How the run keeps others from hosts that it changes; None where it changes none.
        others: What is known of the coordinator's other runs.
        search: Looks for hosts that are off; None where they end at once.
        results: By host name, as they come in.
        resumable: Whether the run can be gone on with once it is stopped.
        hampered: Whether this computer could not do its part for some host.
        restart_turns: Keeps hosts from restarting together.
        captures: Notes which captures may be on.
    """

    run_id: str
    plan: Sequence[PlannedStep]
    hosts: Mapping[str, Host]
    connector: Connector
    folder: Path
    check: bool
    notify: Callable[[Event], None]
    commit: Callable[[], Awaitable[None]]
    stop: Stoppable
    admission: Admission
    pushes: Pushes
    clock: Clock = field(default_factory=Clock)
    leases: Leases | None = None
    others: OtherRuns = field(default_factory=NothingKnown)
    search: Search | None = None
    results: dict[str, HostResult] = field(default_factory=dict)
    resumable: Callable[[], bool] = lambda: False
    hampered: bool = False
    restart_turns: RestartTurns = field(default_factory=NoTurns)
    captures: Captures = field(default_factory=NoCaptures)
    _turns: Turns = field(init=False)
    _targets: dict[str, Target] = field(default_factory=dict)
    _under_way: dict[str, list[StepRecord]] = field(default_factory=dict)
    _calls: dict[str, StepCall] = field(default_factory=dict)
    _asleep: dict[str, Asleep] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._turns = Turns(self.connector.addresses)

    @property
    def steps(self) -> int:
        return len(self.plan)

    def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        return self.admission.arrivals(newcomers)

    def refusal(self) -> Message | None:
        return self.admission.closed

    async def taken_up(self, host: str, step: int, state: str | None) -> None:
        planned = self.plan[min(step, len(self.plan) - 1)]
        begun = decode(StepState, state) if state else StepState.beginning(self.clock, planned.deadline_seconds)
        self._asleep[host] = Asleep.of(planned.name, state or encode(begun), ())
        if begun.absent and self.search:
            self.search.rest(host, planned.name, begun)
        elif begun.wait and not begun.wait.is_over(self.clock.now()):
            self.notify(HostWaits(host, planned.name, begun.wait))
        else:
            self.notify(HostGoesOn(host, planned.name))

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        try:
            return await self._go_on(host, step, earlier, state, keep)
        except Exception as error:  # noqa: BLE001 - whatever fails around a step ends that step
            return self._broke_off(host, step, earlier, error)

    async def _go_on(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        planned = self.plan[step]
        begun = StepState.beginning(self.clock, planned.deadline_seconds)
        if state:
            begun = decode(StepState, state).called(self.clock)
        if self.search and begun.absent:
            return await self._look(self.search, host, planned, earlier, begun)
        if (other := await self._turns.before(self.hosts[host])) is not None:
            begun = begun.waiting(Wait(_waiting_for_neighbour(other)), host, planned.name, self.notify)
            waiting = replace(begun.postponed(self.clock, TURN_PAUSE), due=self.clock.after(TURN_PAUSE))
            return Rest(waiting.due, encode(waiting))
        self._take_up(host, earlier)
        call = self._calls[host] = self._call(host, planned, earlier, begun, keep)
        with structlog.contextvars.bound_contextvars(run=self.run_id, host=host, step=planned.name):
            end = await call.carry_out()
        if isinstance(end, Rest):
            if call.state.absent or (end.until is not None and self.clock.until(end.until) > LONG_SECONDS):
                self._leave_alone(host, planned, end.state, earlier, absent=call.state.absent is not None)
            return end
        self.hampered = self.hampered or call.trouble is not None
        if isinstance(call.trouble, RecordNotKept):
            await self.stop.stop(StoppedBy.COORDINATOR, _said_of(call.trouble))
        del self._calls[host]
        return end and self._ended(host, end)

    async def _look(
        self, search: Search, host: str, planned: PlannedStep, earlier: Sequence[StepRecord], state: StepState
    ) -> StepRecord | Rest:
        """Looks for a host that is waited for."""
        self._take_up(host, earlier)
        end = await search.look(self.hosts[host], planned, state)
        if isinstance(end, StepResult):
            return self._ended(host, state.record(planned.name, end, self.clock))
        if end.aside:
            self._leave_alone(host, planned, end.state, earlier, absent=True)
        return end

    def _take_up(self, host: str, earlier: Sequence[StepRecord]) -> None:
        self._asleep.pop(host, None)
        self._under_way[host] = list(earlier)

    def _leave_alone(
        self, host: str, planned: PlannedStep, state: str, earlier: Sequence[StepRecord], *, absent: bool
    ) -> None:
        """Nobody is at work on a host that rests for long or is off; in the latter case, nor kept from its address."""
        self._asleep[host] = Asleep.of(planned.name, state, earlier)
        self._under_way.pop(host, None)
        self._calls.pop(host, None)
        if absent:
            self._turns.end(host)

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        self._calls.pop(host, None)
        self._under_way[host] = list(earlier)
        so_far = decode(StepState, state)
        record = so_far.record(self.plan[step].name, so_far.given_up(reason), self.clock)
        if record.result.remedy is None:
            remedy = self._remedy_cancelled((*earlier, record))
            record = replace(record, result=replace(record.result, remedy=remedy))
        return self._ended(host, record)

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        target = self._targets.pop(host, None)
        self._under_way.pop(host, None)
        self._calls.pop(host, None)
        self._asleep.pop(host, None)
        if target is not None:
            try:
                await target.give_back_lease()
                await target.release()
            except Exception:  # noqa: BLE001 - what a host came to does not hang on how its connection ends
                _LOG.exception("a connection could not be closed")
        machine = target.known_machine if target else None
        branch = machine.branch.name if machine else branch_of(records)
        known = self.hosts[host]
        if verdict is not None and verdict.remedy is None:
            verdict = replace(verdict, remedy=self._remedy_cancelled(records))
        result = HostResult(host, known.address, branch, tuple(records), verdict, known.groups)
        self.results[host] = result
        self.notify(HostFinished(result))
        self._turns.end(host)
        self.pushes.leave(host)
        self.admission.ended(result)

    async def let_go(self) -> None:
        """Closes the connections to hosts that were not concluded."""
        for target in self._targets.values():
            try:
                await target.release()
            except Exception:  # noqa: BLE001 - they are of no use any more
                _LOG.exception("a connection could not be closed")
        self._targets.clear()

    def breaking_off(self, error: Exception) -> Message:
        """Why an error ends the run, for its hosts."""
        errors = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        kept = next((each for each in errors if isinstance(each, RecordNotKept)), None)
        return _said_of(kept) if kept else _BROKE_OFF()

    def interrupted(self, ended: Message | None = None) -> dict[str, HostResult]:
        """Results for every host as things stand, for a run that has to end at once.

        A host in the middle of a step is `unknown`: whatever is being changed on it is not waited for.

        Args:
            ended: What ends it; None where that is the operator.
        """
        results = dict(self.results)
        for name, host in self.hosts.items():
            if name in results:
                continue
            if name in self._under_way or name in self._asleep:
                results[name] = self._at_work(host, ended or _ENDED_AT_WORK())
            else:
                verdict = StepResult(
                    Outcome.CANCELLED, ended or _ENDED_BEFORE(), remedy=self._or_resume(_REMEDY_CANCELLED())
                )
                results[name] = HostResult(name, host.address, verdict=verdict, groups=host.groups)
        return results

    def _at_work(self, host: Host, reason: Message) -> HostResult:
        """The result of a host whose step is not waited for."""
        verdict = StepResult(Outcome.UNKNOWN, reason)
        if (asleep := self._asleep.get(host.name)) and host.name not in self._under_way:
            steps, state = asleep.earlier, asleep.state
            if state.absent:
                steps.append(state.record(asleep.step, state.absent.as_it_stands, self.clock))
                return HostResult(host.name, host.address, branch_of(steps), tuple(steps), groups=host.groups)
            target = self._targets.get(host.name)
            machine = target.known_machine if target else None
            under_way = [state.record(asleep.step, verdict, self.clock, machine)] if state.applies else []
        else:
            steps, call = list(self._under_way[host.name]), self._calls.get(host.name)
            under_way = [call.as_things_stand(verdict)] if call and call.state.applies else []
        remedy = or_taken_back(self._or_resume(ChangeUnsettled.remedy), self.run_id, [*steps, *under_way])
        steps += [replace(record, result=replace(record.result, remedy=remedy)) for record in under_way]
        return HostResult(
            host.name, host.address, branch_of(steps), tuple(steps), replace(verdict, remedy=remedy), host.groups
        )

    def _remedy_cancelled(self, steps: Sequence[StepRecord]) -> Message:
        if not steps:
            return self._or_resume(_REMEDY_CANCELLED())
        return or_taken_back(self._or_resume(_REMEDY_CANCELLED_AT_WORK()), self.run_id, steps)

    def _or_resume(self, otherwise: Message) -> Message:
        """What to do about a host that the run's stop has left: go on with the run, where that can be done."""
        return go_on_with(self.run_id) if self.resumable() else otherwise

    def _call(
        self, host: str, planned: PlannedStep, earlier: Sequence[StepRecord], state: StepState, keep: Keep
    ) -> StepCall:
        if host not in self._targets:
            leasing = Leasing(self.leases.holder, self.others) if self.leases else None
            self._targets[host] = Target(
                self.hosts[host],
                self.connector,
                check=self.check,
                pushing=self.pushes.of(host),
                leasing=leasing,
                clock=self.clock,
            )
        return StepCall(
            planned=planned,
            target=self._targets[host],
            earlier=earlier,
            state=state,
            keep=keep,
            run_id=self.run_id,
            folder=self.folder / names.folder_name(host),
            notify=self.notify,
            commit=self.commit,
            clock=self.clock,
            lease_wait=self.leases.wait_seconds if self.leases else 0.0,
            others=self.others,
            search=self.search,
            restart_turns=self.restart_turns,
            captures=self.captures,
        )

    def _broke_off(self, host: str, step: int, earlier: Sequence[StepRecord], error: Exception) -> StepRecord:
        _LOG.error("a step broke off", exc_info=error, extra={"host": host})
        self.hampered = True
        self._under_way[host] = list(earlier)
        result, call = surprised(error), self._calls.pop(host, None)
        return self._ended(host, call.as_things_stand(result) if call else StepRecord(self.plan[step].name, result))

    def _ended(self, host: str, record: StepRecord) -> StepRecord:
        self._under_way[host].append(record)
        self.notify(StepFinished(host, record))
        return record
