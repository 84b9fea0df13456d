"""Lab hosts for tests of steps, fleets and the whole program, and runs of the program's own stack against them.

Nothing is replaced: a run connects with pywinrm over real sockets, and what it left is read from the lab's machines.
"""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from orchestrator.app import RunPlaybook, load_playbook, prepare
from orchestrator.console.groups import remedies
from orchestrator.console.words import needs_person
from orchestrator.engine.protocol import Engine
from orchestrator.model.clock import Clock
from orchestrator.model.events import Listener
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import PlannedStep, Playbook
from orchestrator.runs.folders import new_run_id
from sspr_lab.faults import Fault
from sspr_lab.fleet import Fleet, LabHost
from sspr_lab.languages import LanguageTag
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind, Mix
from sspr_lab.packages import standin
from sspr_lab.profile import Architecture, Branch, Profile, Trait
from sspr_lab.registry import Data
from sspr_lab.snapshot import Snapshot
from sspr_lab.thread import LabThread

T = TypeVar("T")

SPEED = 30.0
"""Host seconds in a real second: a connection may still be idle for 4 s, and a shell of Windows 7 for 6 s."""
PACKAGES = (standin("x64"), standin("x86"))
UNSIGNED = "msi.allow_unsigned=true"
"""What a stand-in needs to be installed."""


@dataclass(frozen=True)
class Lineup(Mix):
    """A mix whose machines stand in the order in which they are written."""

    kinds: tuple[Kind, ...] = ()

    def deal(self, hosts: int, seed: int) -> list[Kind]:
        return list(self.kinds)


def kind(
    *faults: Fault,
    branch: Branch = "windows7",
    architecture: Architecture = "x64",
    traits: Sequence[Trait] = (),
    language: LanguageTag = "en-US",
    name: str | None = None,
) -> Kind:
    """A machine with these faults and traits; a stock 64-bit Windows 7 in English where nothing is said."""
    profile = Profile(branch=branch, architecture=architecture).in_language(language).with_traits(*traits)
    return Kind(profile, faults, name)


BRANCHES: Mapping[str, Kind] = {
    "7 x86": kind(architecture="x86"),
    "7 x64": kind(),
    "8": kind(branch="windows8"),
    "8.1": kind(branch="windows8.1"),
}
"""A machine of each branch."""


@dataclass(frozen=True)
class Site:
    """Lab hosts that are up, and the inventory of them.

    Attributes:
        lab: The lab, on a thread of its own.
        hosts: What a test calls a host → its name in the inventory.
        inventory: The inventory file, its secret beside it.
        folder: Where runs put what comes home, a folder a run.
        sent: Every message that a host of a `site` was sent, unsealed.
    """

    lab: LabThread
    hosts: Mapping[str, str]
    inventory: Path
    folder: Path
    sent: Sequence[str] = ()

    def look(self, work: Callable[[Fleet], T]) -> T:
        """What `work` finds, or does, on the lab's own thread."""

        async def looking(fleet: Fleet) -> T:
            return work(fleet)

        return self.lab.call(looking)

    def on(self, name: str, work: Callable[[Machine], T]) -> T:
        """What `work` finds, or does, on one machine."""
        return self.look(lambda _: work(self.machine(name)))

    def host(self, name: str) -> LabHost:
        return self.lab.fleet.hosts[self.hosts[name]]

    def machine(self, name: str) -> Machine:
        return self.host(name).machine

    def value(self, name: str, key: str, value_name: str, view: int = 64) -> Data | None:
        """What stands in a machine's registry; None when it is not there."""
        value = self.on(name, lambda machine: machine.registry.get(key, value_name, view))
        return None if value is None else value.data

    @property
    def clock(self) -> Clock:
        """A run's clock that goes as fast as the hosts' own; without it, a run lives slower than they do."""
        theirs, real = self.lab.fleet.clock, datetime.now(UTC)
        behind = (theirs.now() - real) / (theirs.speed - 1)
        return Clock(theirs.speed, since=real - behind)

    def snapshots(self) -> dict[str, Snapshot]:
        taken = self.look(lambda fleet: fleet.snapshots())
        return {name: taken[host] for name, host in self.hosts.items()}

    def changes(self, before: Mapping[str, Snapshot]) -> dict[str, list[str]]:
        """What differs on every host since then."""
        return {name: before[name].diff(now) for name, now in self.snapshots().items()}

    def requests(self) -> dict[str, int]:
        """HTTP requests that every host has had so far."""
        return {name: self.host(name).counters.requests for name in self.hosts}

    def spent(self) -> dict[str, int]:
        """The same without Receives: into how many parts an output comes is a matter of how busy the lab is."""
        counters = {name: self.host(name).counters for name in self.hosts}
        return {name: counted.requests - counted.receives for name, counted in counters.items()}

    async def run(
        self,
        playbook: Playbook,
        *hosts: str,
        check: bool = False,
        engine: Engine | None = None,
        clock: Clock | None = None,
        listeners: Sequence[Listener] = (),
        told: Callable[[PlannedStep], PlannedStep] = lambda step: step,
        until: datetime | None = None,
    ) -> dict[str, HostResult]:
        """Runs a playbook as `sspr run` does, on these hosts or all; `told` may change its steps first.

        Whatever a test is about: a host that needs a person comes with what this person is to do.
        """
        limit = ",".join(self.hosts[name] for name in hosts) or None
        request = RunPlaybook(
            inventory=self.inventory,
            limit=limit,
            forks=len(hosts or self.hosts),
            check=check,
            folder=self.folder / new_run_id(datetime.now(UTC)),
            until=until,
            playbook=playbook,
        )
        prepared = prepare(request)
        session = replace(prepared, steps=[told(step) for step in prepared.steps]).begin(listeners, engine, clock)
        results = self.by_name(await session.execute())
        for host in results.values():
            assert not needs_person(host.outcome) or remedies(host.deciding), f"nobody says what to do: {host}"
        return results

    def by_name(self, result: RunResult) -> dict[str, HostResult]:
        """The results of the hosts, by what the test calls them; each host has just one."""
        names = {host: name for name, host in self.hosts.items()}
        results = {names[host.name]: host for host in result.hosts}
        assert len(results) == len(result.hosts)
        return results


@contextmanager
def site(folder: Path, kinds: Mapping[str, Kind], *, speed: float = SPEED, own_dates: bool = False) -> Iterator[Site]:
    """Machines of these kinds, up inside the block; with `own_dates`, runs there are to go by the site's clock."""
    lineup = Lineup(Path("lineup"), (), tuple(kinds.values()))
    sent: list[str] = []

    def make(port: int) -> Fleet:
        return Fleet(
            len(kinds),
            mix=lineup,
            speed=speed,
            own_dates=own_dates,
            port=port,
            transcript=lambda *message: sent.append(message[2]),
        )

    with fleet_site(folder, make) as up:
        yield replace(up, hosts=dict(zip(kinds, up.hosts, strict=True)), sent=sent)


@contextmanager
def fleet_site(folder: Path, make: Callable[[int], Fleet]) -> Iterator[Site]:
    """A fleet, made for a port that is free, up inside the block; its hosts are called as in the inventory."""
    port = _free_port()
    with LabThread(lambda: make(port)) as lab:
        inventory = folder / "lab.yaml"
        lab.fleet.write_inventory(inventory)
        yield Site(lab, {name: name for name in lab.fleet.hosts}, inventory, folder)


def _free_port() -> int:
    """A port that is free on a fleet's first address, and so on all of them."""
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


def install(*settings: str, packages: Sequence[Path] = PACKAGES) -> Playbook:
    """The shipped playbook `install` with the lab's packages; hosts are restarted at once."""
    return shipped("install", "reboot.delay_minutes=0", *settings, packages=packages)


def shipped(name: str, *settings: str, packages: Sequence[Path] = ()) -> Playbook:
    """A shipped playbook, with settings as on the command line; the stand-ins, which nobody signs, may be installed."""
    playbook = load_playbook(name)
    answered_for = [UNSIGNED] if any(step.takes("allow_unsigned") for step in playbook.steps) else []
    return (playbook.with_packages(packages) if packages else playbook).overridden([*answered_for, *settings])
