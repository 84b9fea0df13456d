"""FleetWork: a plan's steps, carried out on hosts; every error ends as a result here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
import tenacity

from orchestrator.connect.carrier import Connector
from orchestrator.engine.protocol import Slot
from orchestrator.fleet import retry
from orchestrator.harvest import names
from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import ChangeUnsettled, RunStopped, TargetError, UsageError, WouldChange
from orchestrator.model.events import (
    Event,
    HostFinished,
    Progress,
    RegistryChanging,
    StepFinished,
    StepRetried,
    StepStarted,
)
from orchestrator.model.host import Host
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, StepRecord, StepResult
from orchestrator.playbook.plan import PlannedStep
from orchestrator.sentences import say
from orchestrator.steps.context import StepContext
from orchestrator.target.target import Target

_LOG = logging.getLogger(__name__)


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
        results: By host name, as they come in.
    """

    run_id: str
    plan: Sequence[PlannedStep]
    hosts: Mapping[str, Host]
    connector: Connector
    folder: Path
    check: bool
    notify: Callable[[Event], None]
    results: dict[str, HostResult] = field(default_factory=dict)
    _targets: dict[str, Target] = field(default_factory=dict)
    _under_way: dict[str, list[StepRecord]] = field(default_factory=dict)
    _step: dict[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return len(self.plan)

    async def perform(self, host: str, step: int, earlier: Sequence[StepRecord], slot: Slot) -> StepRecord | None:
        planned = self.plan[step]
        target = self._target(host)
        self._under_way[host] = list(earlier)
        target.changed = RegistryRecord()
        target.changing = lambda record: self.notify(RegistryChanging(host, planned.name, record))
        with structlog.contextvars.bound_contextvars(run=self.run_id, host=host, step=planned.name):
            began = time.monotonic()
            attempts = _Attempts()
            place = _WithoutConnection(slot, target)
            target.deadline = Deadline.after(planned.deadline_seconds)
            try:
                if not await self._applies(planned, target, attempts, place):
                    return None
                self._step[host] = planned.name
                result = await self._attempt(planned, target, earlier, attempts, place)
            except RunStopped as stopped:
                result = attempts.unsettled or StepResult(Outcome.CANCELLED, str(stopped))
            except TargetError as error:
                result = _failed(error)
                if attempts.unsettled and result.outcome is Outcome.UNREACHABLE:
                    result = attempts.unsettled
            except UsageError as error:
                result = StepResult(Outcome.FAILED, str(error), {"error": type(error).__name__})
            except Exception as error:  # noqa: BLE001 - one host's surprise must not end the others' run
                _LOG.exception("step failed unexpectedly")
                reason = f"an error in this program ({type(error).__name__}), which is not the host's fault"
                remedy = "report it, with program.jsonl of the run's folder, which says where; the other hosts went on"
                result = StepResult(Outcome.FAILED, reason, {"remedy": remedy})
            seconds = round(time.monotonic() - began, 3)
            record = StepRecord(planned.name, _recorded(result, target), seconds, attempts.number)
        self._under_way[host].append(record)
        self._step.pop(host, None)
        self.notify(StepFinished(host, record))
        return record

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        target = self._targets.pop(host, None)
        self._under_way.pop(host, None)
        if target is not None:
            await target.release()
        machine = target.known_machine if target else None
        branch = machine.branch.name if machine else None
        result = HostResult(host, self.hosts[host].address, branch, tuple(records), verdict)
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
                reason = "the run was ended while this host was at work"
                verdict = StepResult(Outcome.UNKNOWN, reason, {"remedy": ChangeUnsettled.remedy})
            else:
                verdict = StepResult(Outcome.CANCELLED, "the run was ended before this host began")
            if name in self._step:
                steps = (*steps, StepRecord(self._step[name], _recorded(verdict, self._targets[name])))
            results[name] = HostResult(name, host.address, None, steps, verdict)
        return results

    def _target(self, host: str) -> Target:
        if host not in self._targets:
            self._targets[host] = Target(self.hosts[host], self.connector, check=self.check)
        return self._targets[host]

    async def _applies(self, planned: PlannedStep, target: Target, attempts: _Attempts, slot: Slot) -> bool:
        if planned.condition.trivial:
            return True
        machine = target.known_machine
        async for attempt in self._retrying(planned, target, attempts, slot):
            with attempt:
                machine = await target.machine()
        return machine is not None and planned.condition.holds(machine.branch.name, machine.architecture)

    async def _attempt(
        self, planned: PlannedStep, target: Target, earlier: Sequence[StepRecord], attempts: _Attempts, slot: Slot
    ) -> StepResult:
        host = target.host.name
        context = StepContext(
            run_id=self.run_id,
            name=planned.name,
            earlier=earlier,
            attempt=1,
            folder=self.folder / names.folder_name(host),
            report=lambda message: self.notify(Progress(host, planned.name, message)),
            rest=slot.rest,
        )
        attempts.number = 0
        async for attempt in self._retrying(planned, target, attempts, slot):
            with attempt:
                attempts.number += 1
                self.notify(StepStarted(host, planned.name, attempts.number))
                try:
                    now = replace(context, attempt=attempts.number)
                    return await planned.kind.perform(target, planned.parameters, now)
                except WouldChange as change:
                    return change.result
        raise AssertionError("a retry policy ends with a result or an error")

    def _retrying(
        self, planned: PlannedStep, target: Target, attempts: _Attempts, slot: Slot
    ) -> tenacity.AsyncRetrying:
        def told(state: tenacity.RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            words = say(error.reason) if isinstance(error, TargetError) else type(error).__name__
            if isinstance(error, ChangeUnsettled):
                attempts.unsettled = _failed(error)
            self.notify(StepRetried(target.host.name, planned.name, attempts.number, words, state.upcoming_sleep))

        return retry.policy(target.deadline, slot.rest, told, carried=lambda: target.carried)


def _recorded(result: StepResult, target: Target) -> StepResult:
    """The result with what the step has changed in the registry, or has begun to, however it ended."""
    if not target.changed:
        return result
    return replace(result, registry=target.changed)


def _failed(error: TargetError) -> StepResult:
    detail = {"error": type(error).__name__, **error.evidence}
    if error.remedy:
        detail["remedy"] = error.remedy
    return StepResult(error.outcome, error.reason, detail)


@dataclass(frozen=True)
class _WithoutConnection:
    """A slot that lets the connection go before each rest.

    None outlives a rest for certain, and a stale one would be found out in the middle of a change.
    """

    slot: Slot
    target: Target

    async def rest(self, seconds: float) -> None:
        await self.target.release()
        await self.slot.rest(seconds)


@dataclass
class _Attempts:
    """How many attempts a step has had, and its result when the host is not seen again after a change began."""

    number: int = 1
    unsettled: StepResult | None = None
