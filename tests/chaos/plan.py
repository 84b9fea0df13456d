"""The plan of a round, made from its seed alone: which hosts there are, and what goes wrong in which run.

Some runs are disturbed, one after the other on the same hosts: lines and hosts fail single hosts, and something happens
to the coordinator or to the way to the hosts. The last run is undisturbed, and has to put all right.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sspr_lab.faults import Fault as LabFault
from sspr_lab.faults import fault as lab_fault
from tests.chaos import proxies
from tests.chaos.disturbances import Disturbance
from tests.chaos.host_disturbances import BrokenLine, HostilePeer, OddRestart, OnHost
from tests.chaos.hosts import HostKind, Spoken
from tests.chaos.peers import ENDLESS, TRICKLES
from tests.chaos.run_disturbances import (
    DyingJumpHost,
    FewDescriptors,
    FullDisk,
    LockedAccount,
    OpenUmask,
    Signalled,
    TwoAtOnce,
)

MESSAGES: Final = 110
"""About as many messages pass between a host and a run that installs, both ways counted."""
HOSTS: Final = (12, 20)
DISTURBED_RUNS: Final = (2, 3)
_BROKEN: Final = 0.7
"""The share of hosts whose line has a fault in a disturbed run."""
_HOST_FAULTS: Final = 0.15
"""The share of hosts that have a fault of their own in a disturbed run."""

_PEERS: Final = 0.4
"""The share of runs that have a hostile peer among their hosts."""
_SLOW: Final = 0.25
"""The share of those that are slow; they hold a run for minutes."""
_LOCKED: Final = 0.2
"""The share of runs in which the domain's account is locked."""
_EVEN: Final = 0.5

_KINDS: Final[Sequence[tuple[HostKind, float]]] = (
    (HostKind(), 6),
    (HostKind(architecture="x86"), 2),
    (HostKind("windows8.1"), 1),
    (HostKind(way="domain"), 3),
    (HostKind("windows8.1", way="https"), 1.5),
    (HostKind(way="kerberos"), 1.5),
    (HostKind("windows8.1", way="credssp"), 1.5),
    (HostKind("windows8.1", way="basic"), 0.5),
    (HostKind("windows8.1", way="certificate"), 0.5),
    (HostKind(behind=True), 2),
    (HostKind(way="kerberos", behind=True), 0.5),
)
"""What hosts are, with how often."""

_LINES: Final[Sequence[tuple[proxies.Kind, float]]] = (
    ("fin", 5),
    ("rst", 4),
    ("half-close", 2),
    ("delay", 2),
    ("dribble", 1),
    ("flip", 2),
    ("stall", 0.5),
)
"""What happens to lines, with how often."""

Playbook = Literal["install", "uninstall"]


@dataclass(frozen=True)
class Plan:
    """A round.

    Attributes:
        seed: From which all of it follows.
        playbook: What is run.
        hosts: What the disturbed hosts are; they are called LAB-0001 and so on.
        runs: What goes wrong in each disturbed run.
    """

    seed: str
    playbook: Playbook
    hosts: Sequence[HostKind]
    runs: Sequence[Sequence[Disturbance]]

    @property
    def disturbances(self) -> Sequence[Disturbance]:
        """Of all runs."""
        return [each for run in self.runs for each in run]

    @property
    def peers(self) -> Mapping[str, Spoken]:
        """The hostile peers by name; each is in one run alone."""
        return {each.name: each.spoken for each in self.disturbances if isinstance(each, HostilePeer)}

    def unlocked_before(self, number: int) -> bool:
        """Whether an account was locked in a run before this one, from 1, and has been unlocked since."""
        before = (each for run in self.runs[: number - 1] for each in run)
        return any(isinstance(each, LockedAccount) and each.happened for each in before)


def plan_of(seed: str) -> Plan:
    """The plan that a seed makes."""
    chance = random.Random(seed)
    playbook: Playbook = chance.choice(("install", "install", "install", "install", "uninstall"))
    hosts = chance.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS], k=chance.randint(*HOSTS))
    count = chance.randint(*DISTURBED_RUNS)
    runs = [_run(chance, hosts, number, last=number == count) for number in range(1, count + 1)]
    return Plan(seed, playbook, hosts, runs)


def _run(chance: random.Random, hosts: Sequence[HostKind], number: int, *, last: bool) -> list[Disturbance]:
    """What goes wrong in one run. All but the last end early, so that something is left to be disturbed."""
    found: list[Disturbance] = []
    for host in range(1, len(hosts) + 1):
        name = f"LAB-{host:04d}"
        if chance.random() < _BROKEN:
            found.append(_line(chance, name))
        if chance.random() < _HOST_FAULTS:
            found.append(_on_host(chance, name))
    messages = MESSAGES * len(hosts)
    at = chance.randrange(1, messages if last else messages // 2)
    choices: Sequence[tuple[Callable[[], Disturbance], float]] = (
        (lambda: Signalled(signal.SIGKILL, at), 8),
        (lambda: Signalled(signal.SIGTERM, at), 1),
        (lambda: Signalled(signal.SIGINT, at), 1),
        (lambda: Signalled(signal.SIGHUP, at), 1),
        (lambda: FullDisk(4 * chance.randrange(2, 60)), 3),
        (lambda: TwoAtOnce(1 + at // 8, elsewhere=chance.random() < _EVEN), 6 * last),
        (lambda: FewDescriptors(chance.randrange(24, 96)), 3 * last),
        (OpenUmask, 1 * last),
    )
    (make,) = chance.choices([make for make, _ in choices], [weight for _, weight in choices])
    found.append(make())
    if any(kind.behind for kind in hosts) and chance.random() < _EVEN:
        found.append(DyingJumpHost(chance.randrange(1, messages // 3)))
    if chance.random() < _LOCKED:
        found.append(LockedAccount(chance.randrange(1, 12)))
    if chance.random() < _PEERS:
        found.append(HostilePeer(f"PEER-{number}", _spoken(chance)))
    return found


def _line(chance: random.Random, name: str) -> BrokenLine:
    (kind,) = chance.choices([kind for kind, _ in _LINES], [weight for _, weight in _LINES])
    direction: proxies.Direction = "down" if kind == "dribble" else chance.choice(("down", "down", "up"))
    # near the beginning of an answer are its headers, where much can be taken for something else
    at = chance.choice((chance.randrange(200), chance.randrange(200), chance.randrange(1_500)))
    seconds = chance.uniform(0.1, 3) if kind == "delay" else 0.001
    turn = chance.choice((0, 1, 2, chance.randrange(3, 12)))
    fault = proxies.Fault(kind, direction, at, turn, seconds, chance.randrange(8))
    return BrokenLine(name, chance.choice((0, 0, 0, 1)), fault)


def _on_host(chance: random.Random, name: str) -> Disturbance:
    faults: Sequence[LabFault | None] = (
        None,
        lab_fault("drop_install"),
        lab_fault("drop_receive", nth=chance.randrange(1, 30)),
        lab_fault("corrupt_upload"),
        lab_fault("quota"),
        lab_fault("task_never_starts"),
    )
    chosen = chance.choice(faults)
    return OddRestart(name, chance.randrange(2, MESSAGES)) if chosen is None else OnHost(name, chosen)


def _spoken(chance: random.Random) -> Spoken:
    fast = chance.random() >= _SLOW
    return Spoken(chance.choice(list(ENDLESS if fast else TRICKLES)), fast, logs_on=chance.random() < _EVEN)
