"""What a round did to its hosts, held against what its runs said: everything that was not as it has to be."""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say
from sspr_lab.machine import Machine
from tests.chaos.coordinator import Coordinator
from tests.chaos.disturbances import WELL, Disturbance
from tests.chaos.host_disturbances import BrokenLine, OddRestart
from tests.chaos.hosts import DOMAIN_ACCOUNT, Hosts

PEAK = 512 * 1024 * 1024
"""The most memory, in bytes, that a coordinator may hold."""
REFUSALS = 4
"""How often an account may be refused: W, the number of log-ons that may be unanswered."""

_TLS = re.compile(r"value HKLM\\.*\\(SCHANNEL\\Protocols\\TLS 1\.2\\|Internet Settings\\WinHttp:)")

_WITHHELD = "logon-withheld"
_MADE_UP = re.compile(r"(?i):LocalPackage$")
"""Values whose data is made up anew on every machine."""


@dataclass(frozen=True)
class Violation:
    """Something that was not as it has to be.

    Attributes:
        rule: Which rule it is against.
        run: The number of the run in its round, from 1; 0 for the round as a whole.
        host: The host, or empty where none is concerned.
        words: What was found.
        during: The kinds of what went wrong at that time, to the run and to the host.
    """

    rule: str
    run: int
    host: str
    words: str
    during: tuple[str, ...] = ()


def judge_run(
    hosts: Hosts,
    number: int,
    run: Coordinator,
    disturbances: Sequence[Disturbance],
    names: Sequence[str],
    *,
    wanted: bool,
    unlocked: bool,
) -> Iterator[Violation]:
    """What is wrong with what a run said and left on the coordinator.

    Args:
        hosts: The lab's, as they are now.
        number: Of the run.
        run: It has ended.
        disturbances: What went wrong in it; nothing in the last run.
        names: Of all hosts of its inventory.
        wanted: Whether the add-in has to be installed in the end, or not.
        unlocked: Whether an account was locked before, and the run was told that it no longer is.
    """
    happened = [each for each in disturbances if each.happened]
    of_all = tuple(each.kind for each in happened if each.host is None)
    result = run.result
    _, raised, traced = run.said.partition("Traceback (most recent call last)")
    if raised:
        yield Violation("ended by an error of ours", number, "", traced.strip()[:1500], of_all)
    if run.peak > PEAK:
        yield Violation("memory", number, "", f"{run.peak / 2**20:.0f} MB", of_all)
    for path in _open_to_others(run.folder):
        yield Violation("readable by others", number, "", path.name, of_all)
    if result is None and not any(each.may_leave_no_result for each in happened):
        said = run.said.rstrip().splitlines()[-1:]
        yield Violation("no result", number, "", f"exit code {run.code}: {said}", of_all)
    if result is not None:
        yield from _judge_result(hosts, number, result, happened, names, wanted=wanted, unlocked=unlocked)


def _judge_result(
    hosts: Hosts,
    number: int,
    result: RunResult,
    happened: Sequence[Disturbance],
    names: Sequence[str],
    *,
    wanted: bool,
    unlocked: bool,
) -> Iterator[Violation]:
    told = {host.name: host for host in result.hosts}
    for name in names:
        mine = [each for each in happened if each.host in (None, name)]
        during = tuple(each.kind for each in mine)
        host = told.get(name)
        if host is None:
            yield Violation("lost", number, name, "the result does not tell of it", during)
            continue
        ended = f"{host.outcome}: {say(host.reason)}"[:300]
        if name in hosts.peers:
            if host.outcome in WELL:
                yield Violation("wrong verdict", number, name, f"a hostile peer: {ended}", during)
            continue
        if host.outcome in WELL and hosts.on(name, is_installed) is not wanted:
            yield Violation("wrong verdict", number, name, f"not so: {ended}", during)
        if unlocked and may_be_withheld(host, happened):
            continue
        if host.outcome not in WELL.union(*(each.may_end(hosts.kinds.get(name), host) for each in mine)):
            yield Violation("wrong verdict", number, name, ended, during)


def may_be_withheld(told: HostResult, happened: Sequence[Disturbance]) -> bool:
    """Whether a host may be left for its account's sake, though a person said that the account is unlocked.

    So where the log-ons that were to show it got no answer, since their lines broke.
    """
    return told.reason.code == _WITHHELD and any(isinstance(each, BrokenLine) for each in happened)


def unrecorded(hosts: Hosts, runs: Iterable[Coordinator]) -> dict[str, set[str]]:
    """The TLS settings of hosts that have been changed without a record that an undo could go by, by host.

    Args:
        hosts: As they are now.
        runs: All so far.
    """
    recorded: dict[str, set[str]] = {}
    for run in runs:
        for told in filter(None, (run.result, run.journal)):
            for host in told.hosts:
                for step in host.steps:
                    places = {f"{change.key}:{change.name}".lower() for change in step.result.registry.values}
                    recorded.setdefault(host.name, set()).update(places)
    found = {}
    for name, changes in hosts.changes().items():
        changed = {place.removeprefix("value ") for place in changes if _TLS.match(place)}
        found[name] = {place for place in changed if _plain(place) not in recorded.get(name, set())}
    return {name: places for name, places in found.items() if places}


def judge_hosts(hosts: Hosts, disturbances: Sequence[Disturbance], *, wanted: bool) -> Iterator[Violation]:
    """What is wrong with the hosts at the end of a round: done twice, not at all, or other than on their twins."""
    changes = hosts.changes()
    for name in hosts.disturbed:
        mine = [each for each in disturbances if each.happened and each.host in (None, name)]
        during = tuple(each.kind for each in mine)
        twin = hosts.twins[hosts.kinds[name]]
        if hosts.on(twin, is_installed) is not wanted:
            continue  # it is no measure, and its own verdict is told
        odd = sum(isinstance(each, OddRestart) for each in mine)
        installed, removed, started = hosts.on(name, _counts)
        _, _, usual = hosts.on(twin, _counts)
        if installed > 1 or (not wanted and removed > 1):
            yield Violation("installed twice", 0, name, f"{installed} times, and removed {removed}", during)
        if started - odd > usual:
            yield Violation("restarted twice", 0, name, f"{started} times, {odd} of them by itself", during)
        if started < usual:
            yield Violation("never restarted", 0, name, f"{started} of {usual} restarts", during)
        if different := _different(changes[name], changes[twin]):
            words = f"{len(different)} differences, such as {different[0]}"
            yield Violation("state differs", 0, name, words, during)
    for account, refusals in refusals_of(hosts, disturbances).items():
        if refusals > REFUSALS:
            yield Violation("account refused too often", 0, account, f"{refusals} times by one computer")


def refusals_of(hosts: Hosts, disturbances: Sequence[Disturbance]) -> dict[str, int]:
    """How often in a row each account was refused to one computer at most; local accounts are each host's own.

    Computers do not know of each other's log-ons: what a domain counts is the sum.
    """
    counted = hosts.site.look(lambda fleet: {name: each.refused for name, each in fleet.counters().items()})
    local = {
        f"{name}\\Administrator": refused
        for name, refused in counted.items()
        if hosts.kinds[name].way not in ("domain", "kerberos")
    }
    computers = max((each.computers for each in disturbances), default=1)
    most = math.ceil(hosts.domain.ledger(DOMAIN_ACCOUNT).most_in_a_row / computers)
    return {**local, f"{hosts.domain.netbios}\\{DOMAIN_ACCOUNT}": most}


def is_installed(machine: Machine) -> bool:
    """Whether the add-in is there, by what Windows Installer did."""
    return machine.ledger.count("installed") > machine.ledger.count("removed")


def _counts(machine: Machine) -> tuple[int, int, int]:
    """How often it was installed or reconfigured, removed, and started."""
    ledger = machine.ledger
    return ledger.count("installed") + ledger.count("reconfigured"), ledger.count("removed"), ledger.count("started")


def _different(one: Mapping[str, str], twin: Mapping[str, str]) -> list[str]:
    """The places where two machines differ, but for the ledger and for shells, which a killed run leaves to idle."""
    places = sorted({*one, *twin})
    return [
        f"{place} ({twin.get(place)} -> {one.get(place)})"
        for place in places
        if one.get(place) != twin.get(place)
        and not place.startswith(("ledger ", "shells", "process "))
        and not _MADE_UP.search(place)
    ]


def _plain(place: str) -> str:
    """The place of a value as a record names it."""
    return place.lower().replace("\\controlset001\\", "\\currentcontrolset\\")


def _open_to_others(folder: Path) -> Iterator[Path]:
    for path in (folder, *folder.rglob("*")):
        if path.exists() and not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield path
