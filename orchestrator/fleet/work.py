"""FleetWork: a plan's steps, carried out on hosts; every error ends as a result here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from orchestrator.connect.connection import Connector
from orchestrator.engine.protocol import Keep
from orchestrator.fleet.step_call import REMEDY_CANCELLED_AT_WORK, StepCall, StepState
from orchestrator.harvest import names
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode
from orchestrator.model.errors import ChangeUnsettled
from orchestrator.model.events import Event, HostFinished, StepFinished
from orchestrator.model.host import Host
from orchestrator.model.message import Message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, Rest, StepRecord, StepResult, branch_of
from orchestrator.playbook.plan import PlannedStep
from orchestrator.remote.target import Target

_ENDED_AT_WORK = phrase("run-ended-at-work")
_ENDED_BEFORE = phrase("run-ended-before")
_REMEDY_CANCELLED = phrase("remedy-cancelled")


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
        clock: By which deadlines and rests are reckoned.
        results: By host name, as they come in.
    """

    run_id: str
    plan: Sequence[PlannedStep]
    hosts: Mapping[str, Host]
    connector: Connector
    folder: Path
    check: bool
    notify: Callable[[Event], None]
    clock: Clock = field(default_factory=Clock)
    results: dict[str, HostResult] = field(default_factory=dict)
    _targets: dict[str, Target] = field(default_factory=dict)
    _under_way: dict[str, list[StepRecord]] = field(default_factory=dict)
    _calls: dict[str, StepCall] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return len(self.plan)

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        planned = self.plan[step]
        begun = decode(StepState, state) if state else StepState.beginning(self.clock, planned.deadline_seconds)
        self._under_way[host] = list(earlier)
        call = self._calls[host] = self._call(host, planned, earlier, begun, keep)
        with structlog.contextvars.bound_contextvars(run=self.run_id, host=host, step=planned.name):
            end = await call.carry_out()
        if isinstance(end, Rest):
            return end
        del self._calls[host]
        return end and self._ended(host, end)

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        self._calls.pop(host, None)
        self._under_way[host] = list(earlier)
        so_far = decode(StepState, state)
        return self._ended(host, so_far.record(self.plan[step].name, so_far.given_up(reason), self.clock))

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        target = self._targets.pop(host, None)
        self._under_way.pop(host, None)
        self._calls.pop(host, None)
        if target is not None:
            await target.release()
        machine = target.known_machine if target else None
        branch = machine.branch.name if machine else branch_of(records)
        known = self.hosts[host]
        if verdict is not None and verdict.remedy is None:
            verdict = replace(verdict, remedy=REMEDY_CANCELLED_AT_WORK() if records else _REMEDY_CANCELLED())
        result = HostResult(host, known.address, branch, tuple(records), verdict, known.groups)
        self.results[host] = result
        self.notify(HostFinished(result))

    def interrupted(self) -> dict[str, HostResult]:
        """Results for every host as things stand, for a run that has to end at once.

        A host in the middle of a step is `unknown`: whatever is being changed on it is not waited for.
        """
        results = dict(self.results)
        for name, host in self.hosts.items():
            if name in results:
                continue
            steps = tuple(self._under_way.get(name, ()))
            if name in self._under_way:
                verdict = StepResult(Outcome.UNKNOWN, _ENDED_AT_WORK(), remedy=ChangeUnsettled.remedy)
            else:
                verdict = StepResult(Outcome.CANCELLED, _ENDED_BEFORE(), remedy=_REMEDY_CANCELLED())
            if name in self._calls and self._calls[name].state.applies:
                steps = (*steps, self._calls[name].as_things_stand(verdict))
            results[name] = HostResult(name, host.address, branch_of(steps), steps, verdict, host.groups)
        return results

    def _call(
        self, host: str, planned: PlannedStep, earlier: Sequence[StepRecord], state: StepState, keep: Keep
    ) -> StepCall:
        if host not in self._targets:
            self._targets[host] = Target(self.hosts[host], self.connector, check=self.check)
        return StepCall(
            planned=planned,
            target=self._targets[host],
            earlier=earlier,
            state=state,
            keep=keep,
            run_id=self.run_id,
            folder=self.folder / names.folder_name(host),
            notify=self.notify,
            clock=self.clock,
        )

    def _ended(self, host: str, record: StepRecord) -> StepRecord:
        self._under_way[host].append(record)
        self.notify(StepFinished(host, record))
        return record
