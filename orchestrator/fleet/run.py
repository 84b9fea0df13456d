"""A run from its beginning to its result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.connect.connection import Connector
from orchestrator.engine.protocol import Engine
from orchestrator.fleet.admission import Admission, WavesBefore
from orchestrator.fleet.pushes import Pushes
from orchestrator.fleet.rollout import Rollout
from orchestrator.fleet.search import Search
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.fleet.work import FleetWork, Leases
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, HostAwaited, HostReturned, Listener, Recorder, RunFinished, RunStarted
from orchestrator.model.host import Host
from orchestrator.model.message import Message
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import PlannedStep
from orchestrator.remote.leasing import NothingKnown, OtherRuns
from orchestrator.steps.declaration import Captures, NoCaptures, NoTurns, Turns

_LOG = logging.getLogger(__name__)
_STATES = {
    None: "finished",
    StoppedBy.OPERATOR: "interrupted",
    StoppedBy.PAUSE: "paused",
    StoppedBy.CANCEL: "cancelled",
    StoppedBy.COORDINATOR: "failed",
    StoppedBy.CREDENTIAL: "paused",
}


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
        stop: Set by the operator.
        forks: How many hosts are at work at the same moment.
        check: Whether nothing may be changed.
        recorder: What has to have on disk what is told before a host is changed; one of the listeners.
        withheld: Whether log-ons were kept back so far, so that accounts are not locked.
        clock: By which it counts time.
        leases: How it keeps others from hosts that it changes; None where it changes none.
        others: What is known of the coordinator's other runs.
        rollout: In which waves it goes over the hosts, with which guards and limits; all at once without one.
        approved: Who has let which waves begin, by their numbers.
        waves_before: What is known of its waves from when it was at work before.
        until: Until when hosts that are off are looked for; None where they end at once.
        ignores_windows: Whether it changes hosts outside of their maintenance windows too.
        restart_turns: Keeps hosts from restarting together.
        resumable: Whether it can be gone on with once it is stopped.
        captures: Notes which captures may be on.
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
    withheld: Callable[[], bool] = lambda: False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: Clock = field(default_factory=Clock)
    recorder: Recorder | None = None
    leases: Leases | None = None
    others: OtherRuns = field(default_factory=NothingKnown)
    rollout: Rollout | None = None
    approved: Callable[[], Mapping[int, str]] = dict
    waves_before: WavesBefore = field(default_factory=WavesBefore)
    _admission: Admission = field(init=False)
    until: datetime | None = None
    ignores_windows: bool = False
    restart_turns: Turns = field(default_factory=NoTurns)
    resumable: bool = False
    captures: Captures = field(default_factory=NoCaptures)
    _work: FleetWork = field(init=False)

    def __post_init__(self) -> None:
        rollout = self.rollout or Rollout((tuple(host.name for host in self.hosts),))
        groups = {host.name: host.groups for host in self.hosts}
        self._admission = Admission(
            rollout,
            groups,
            self.clock,
            self.notify,
            self.approved,
            self.waves_before,
            self.id,
            self.until,
        )
        self._work = FleetWork(
            run_id=self.id,
            plan=self.plan,
            hosts={host.name: host for host in self.hosts},
            connector=self.connector,
            folder=self.folder,
            check=self.check,
            notify=self.notify,
            commit=self._commit,
            stop=self.stop,
            admission=self._admission,
            pushes=Pushes(rollout.limits, groups, self.clock),
            clock=self.clock,
            leases=self.leases,
            others=self.others,
            search=self._search(self.until) if self.until else None,
            restart_turns=self.restart_turns,
            resumable=lambda: self.resumable and self.stop.by is not StoppedBy.CANCEL,
            captures=self.captures,
        )

    async def execute(self) -> RunResult:
        """Runs to the end, or until stopped; every host has exactly one result, whatever fails around it.

        Raises:
            RecordNotKept: That there is such a run cannot be written down; no host was touched.
        """
        names = [host.name for host in self.hosts]
        self.notify(self._started())
        await self._commit()
        try:
            await self.engine.run(names, self._work, self.forks, self.stop)
            state = _STATES[self.stop.by]
            if state == "finished":
                state = "failed" if self._work.hampered else "stopped" if self._held_back else state
            result = self._result(state)
        except Exception as error:  # noqa: BLE001 - what is known of the hosts must not be lost with the engine
            _LOG.exception("the run broke off")
            result = self._result(_STATES[StoppedBy.COORDINATOR], self._work.breaking_off(error))
        finally:
            await self._work.let_go()
        self.notify(RunFinished(result))
        return result

    def as_things_stand(self) -> RunResult:
        """The result of a run that has to end at this moment."""
        return self._result("cancelled" if self.stop.by is StoppedBy.CANCEL else "interrupted")

    def notify(self, event: Event) -> None:
        """Tells the listeners; one that fails does not disturb the run."""
        for listener in self.listeners:
            try:
                listener.notify(event)
            except Exception:  # noqa: BLE001 - reporting must not break what it reports on
                _LOG.exception("a listener failed", extra={"listener": type(listener).__name__})

    def _search(self, until: datetime) -> Search:
        def told(event: Event) -> None:
            if isinstance(event, HostAwaited):
                self._admission.absent(event.host)
            elif isinstance(event, HostReturned):
                self._admission.present(event.host)
            self.notify(event)

        return Search(until, self.id, self.connector, self.clock, self.stop, told)

    @property
    def _held_back(self) -> bool:
        """Whether a guard has kept a host from being done; one that speaks when all are through stops nothing."""
        verdicts = [result.verdict.reason for result in self._work.results.values() if result.verdict]
        return self.withheld() or (self._admission.closed is not None and self._admission.closed in verdicts)

    def _started(self) -> RunStarted:
        meant = [HostResult(host.name, host.address, groups=host.groups) for host in self.hosts]
        return RunStarted(self.id, self.playbook, meant, self.check, self.ignores_windows)

    async def _commit(self) -> None:
        if self.recorder is not None:
            await self.recorder.commit()

    def _result(self, state: str, ended: Message | None = None) -> RunResult:
        results = self._work.interrupted(ended)
        return RunResult(
            id=self.id,
            playbook=self.playbook,
            started=self.started,
            finished=self.clock.now(),
            state=state,
            hosts=tuple(results[host.name] for host in self.hosts),
            check=self.check,
            why=self._admission.closed,
        )
