"""What goes wrong with single hosts of a run: their lines, the machines themselves, and peers that are none."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from sspr_lab.faults import Fault as LabFault
from sspr_lab.machine import Machine
from tests.chaos.disturbances import ANYHOW, WELL, Disturbance, UnderWay
from tests.chaos.hosts import HostKind, Spoken
from tests.chaos.proxies import Fault as LineFault
from tests.chaos.proxies import Proxy, harmless


@dataclass
class BrokenLine(Disturbance):
    """A fault of a proxy on one of a host's connections: the first that gets as far, after so many others."""

    name: str
    after: int
    fault: LineFault
    _line: Proxy | None = field(default=None, init=False)
    _before: int = field(default=0, init=False)

    @property
    def kind(self) -> str:
        return f"line: {self.fault.kind}"

    @property
    def host(self) -> str:
        return self.name

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW if self.fault.kind == "flip" else WELL  # a flipped bit may make a good answer of a bad one

    def begin(self, run: UnderWay) -> None:
        line = self._line = run.hosts.lines[self.name]
        before, first = len(line.happened), line.connections + self.after
        line.choose = lambda number: (self.fault,) if number >= first and len(line.happened) == before else ()
        self._before = before

    def end(self, run: UnderWay) -> None:
        assert self._line is not None
        self._line.choose = harmless
        self.happened = len(self._line.happened) > self._before


@dataclass
class OnHost(Disturbance):
    """A fault of the lab's that wears off; it has happened when it did.

    Where a run before was killed over a task that was not started, its second failure to start is one too many.
    """

    name: str
    fault: LabFault
    _second: bool = field(default=False, init=False)

    @property
    def kind(self) -> str:
        return f"host: {self.fault.kind}"

    @property
    def host(self) -> str:
        return self.name

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return WELL | {Outcome.FAILED} if self._second else WELL

    def begin(self, run: UnderWay) -> None:
        self._second = self.fault.kind == "task_never_starts" and run.hosts.on(self.name, lambda it: any(it.tasks))
        run.hosts.on(self.name, lambda machine: machine.faults.add(self.fault))

    def end(self, run: UnderWay) -> None:
        self.happened = run.hosts.on(self.name, self._worn_off)

    def _worn_off(self, machine: Machine) -> bool:
        left = machine.faults.find(self.fault.kind)
        if left is not None:
            machine.faults._faults.remove(left)
        return left is None


@dataclass
class OddRestart(Disturbance):
    """A host that somebody else restarts at once, when so many messages have passed."""

    name: str
    at: int

    @property
    def kind(self) -> str:
        return "host: restarts by itself"

    @property
    def host(self) -> str:
        return self.name

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW

    def begin(self, run: UnderWay) -> None:
        run.hosts.exchanges.at(self.at, lambda: self._restart(run.hosts.site.machine(self.name)), self.name)

    def _restart(self, machine: Machine) -> None:
        self.happened = machine.powered and machine.power.initiate(0, force=True) == 0


@dataclass
class HostilePeer(Disturbance):
    """A peer that is among the hosts of a run, and was asked and did answer, or is known never to."""

    name: str
    spoken: Spoken

    @property
    def kind(self) -> str:
        return f"hostile peer, {'fast' if self.spoken.fast else 'slow'}"

    @property
    def host(self) -> str:
        return self.name

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW - WELL

    def end(self, run: UnderWay) -> None:
        peer = run.hosts.peers[self.name]
        self.happened = peer.sent > 0 or (not self.spoken.fast and peer.requests > 0)
