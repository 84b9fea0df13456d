"""A run from its beginning to its result."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.connect.connection import Connector
from orchestrator.engine.protocol import Engine
from orchestrator.fleet.lockout import LockoutGuard
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.fleet.work import FleetWork
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, Listener, RunFinished, RunStarted
from orchestrator.model.host import Host
from orchestrator.model.result import RunResult
from orchestrator.playbook.plan import PlannedStep

_LOG = logging.getLogger(__name__)
_STATES = {None: "finished", StoppedBy.OPERATOR: "interrupted", StoppedBy.GUARD: "stopped"}


@dataclass
class Run:
    """One run of a plan on hosts.

    Attributes:
        id: The run's own name, unique on the coordinator.
        playbook: The playbook's name.
        plan: Its steps, ready to run.
        hosts: In inventory order.
        connector: Makes connections.
        engine: Takes the hosts through the plan.
        folder: Where what comes home is put, a folder a host.
        listeners: Told of every event.
        stop: Set by the operator or a guard.
        forks: How many hosts are at work at the same moment.
        check: Whether nothing may be changed.
        clock: By which it counts time.
    """

    id: str
    playbook: str
    plan: Sequence[PlannedStep]
    hosts: Sequence[Host]
    connector: Connector
    engine: Engine
    folder: Path
    listeners: Sequence[Listener]
    stop: StopSignal
    forks: int
    check: bool = False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: Clock = field(default_factory=Clock)
    _work: FleetWork = field(init=False)

    def __post_init__(self) -> None:
        self._work = FleetWork(
            run_id=self.id,
            plan=self.plan,
            hosts={host.name: host for host in self.hosts},
            connector=LockoutGuard(self.connector, self.stop),
            folder=self.folder,
            check=self.check,
            notify=self.notify,
            clock=self.clock,
        )

    async def execute(self) -> RunResult:
        """Runs to the end, or until stopped; every host has exactly one result."""
        names = [host.name for host in self.hosts]
        self.notify(RunStarted(self.id, self.playbook, names, self.check))
        await self.engine.run(names, self._work, self.forks, self.stop)
        result = self._result(_STATES[self.stop.by])
        self.notify(RunFinished(result))
        return result

    def as_things_stand(self) -> RunResult:
        """The result of a run that has to end at this moment."""
        return self._result(_STATES[StoppedBy.OPERATOR])

    def notify(self, event: Event) -> None:
        """Tells the listeners; one that fails does not disturb the run."""
        for listener in self.listeners:
            try:
                listener.notify(event)
            except Exception:  # noqa: BLE001 - reporting must not break what it reports on
                _LOG.exception("a listener failed", extra={"listener": type(listener).__name__})

    def _result(self, state: str) -> RunResult:
        results = self._work.interrupted()
        return RunResult(
            id=self.id,
            playbook=self.playbook,
            started=self.started,
            finished=self.clock.now(),
            state=state,
            hosts=tuple(results[host.name] for host in self.hosts),
            check=self.check,
        )
