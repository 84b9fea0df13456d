"""Hosts in several time zones, many of them off, come back over two days and are changed in their windows at night."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pytest
import yaml

from orchestrator.app import RunPlaybook, prepare
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, HostAwaited, HostReturned
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.folders import new_run_id
from orchestrator.sentences import say
from sspr_lab.fleet import Fleet
from sspr_lab.languages import LanguageTag
from sspr_lab.ledger import Entry, What
from sspr_lab.machine import Machine
from tests.fleet.nights import LeapingClock, Nights, Observed
from tests.lab_fixtures import Lineup, Site, fleet_site, install, kind
from tests.playbook.written import playbook as written

SPEED: Final = 60.0
PATIENCE: Final = 8.0
"""How many times as long as else a step may take: hosts that live so fast have little time on a busy computer."""
OFF: Final = 0.3
EARLIEST: Final = 0.1
"""After so much of the days the first host is back: by then all have been looked for, on a busy computer, too."""
TLS: Final = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
FORKS: Final = 12
INSTALLS: Final[tuple[What, ...]] = ("installed", "shutdown asked for", "started")
CHANGES: Final[tuple[What, ...]] = (*INSTALLS, "reconfigured", "removed", "installation failed", "shutdown called off")


@dataclass(frozen=True)
class Group:
    """Hosts of a group: of which language, and so in which zone, and when they may be changed."""

    language: LanguageTag
    opens: time
    closes: time

    def is_open(self, shown: datetime) -> bool:
        """Whether a clock that shows this is in the window."""
        now = shown.time()
        if self.opens < self.closes:
            return self.opens <= now < self.closes
        return now >= self.opens or now < self.closes


GROUPS: Final[Mapping[str, Group]] = {
    "london": Group("en-US", time(22), time(5)),
    "berlin": Group("de-DE", time(21, 30), time(4)),
    "berlin-tills": Group("de-DE", time(1), time(6, 30)),
    "seoul": Group("ko-KR", time(22), time(5)),
}


@dataclass
class Told:
    """Which hosts were waited for, and when they were back."""

    clock: Clock
    awaited: set[str] = field(default_factory=set)
    back: dict[str, datetime] = field(default_factory=dict)

    def notify(self, event: Event) -> None:
        if isinstance(event, HostAwaited):
            self.awaited.add(event.host)
        elif isinstance(event, HostReturned):
            self.back[event.host] = self.clock.now()


@dataclass(frozen=True)
class Job:
    """What is done to each host.

    Attributes:
        playbook: All of it.
        key: A key that it writes to.
        befalls: What befalls each machine by it, once.
    """

    playbook: Playbook
    key: str
    befalls: tuple[What, ...] = ()


@dataclass(frozen=True)
class Passed:
    """What the nights have brought.

    Attributes:
        result: The run's.
        ended: When it ended.
        until: Until when it was to look for hosts.
        off: The hosts that were off in the beginning.
        told: What the run told of hosts that it waited for.
        wrong: What befell machines, and was not to.
        nights: On which dates hosts of which group were changed, by their own clocks.
    """

    result: RunResult
    ended: datetime
    until: datetime
    off: frozenset[str]
    told: Told
    wrong: list[str]
    nights: set[tuple[str, date]]


def switch_off(lab: Site, names: frozenset[str]) -> None:
    """Returns when none of them is there any more."""

    async def off(fleet: Fleet) -> None:
        for name in names:
            fleet.hosts[name].machine.power.initiate(0, force=True, reboot=False)
        hosts = [fleet.hosts[name] for name in names]
        while any(host.machine.powered or host.server.listening for host in hosts):  # noqa: ASYNC110 - as a machine is
            await asyncio.sleep(0.01)

    lab.lab.call(off)


def grouped(lab: Site) -> dict[str, str]:
    """Writes the groups and their windows into the inventory; gives each host's."""
    inventory = yaml.safe_load(lab.inventory.read_text("utf-8"))
    names = list(GROUPS)
    of_hosts = {host: names[number % len(names)] for number, host in enumerate(lab.hosts)}
    inventory["groups"] = {
        name: {
            "hosts": [host for host, group in of_hosts.items() if group == name],
            "maintenance": {"windows": [{"from": f"{group.opens:%H:%M}", "to": f"{group.closes:%H:%M}"}]},
        }
        for name, group in GROUPS.items()
    }
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return of_hosts


async def passed(folder: Path, job: Job, hosts: int, seed: int, days: float, *, durable: bool) -> Passed:
    """Does a job on so many hosts, a share of which comes over some days; judges each machine."""
    chance = random.Random(seed)
    languages = [group.language for group in GROUPS.values()]
    kinds = tuple(kind(language=languages[number % len(languages)]) for number in range(hosts))
    lineup = Lineup(Path("lineup"), (), kinds)
    with fleet_site(folder, lambda port: Fleet(hosts, mix=lineup, speed=SPEED, port=port, seed=seed)) as lab:
        groups = grouped(lab)
        off = frozenset(chance.sample(sorted(lab.hosts), round(hosts * OFF)))
        switch_off(lab, off)
        before = {name: len(host.machine.ledger.entries) for name, host in lab.lab.fleet.hosts.items()}
        clock = LeapingClock.like(lab.clock)
        began, until = clock.now(), clock.now() + timedelta(days=days + 1.5)
        returns = {name: began + timedelta(days=days) * chance.uniform(EARLIEST, 1) for name in sorted(off)}
        observed, told = Observed(engine(durable, folder, clock)), Told(clock)
        nights = Nights(lab, clock, observed, returns)
        request = RunPlaybook(
            inventory=lab.inventory, folder=folder / "run", forks=FORKS, until=until, playbook=job.playbook
        )
        passing = asyncio.create_task(nights.pass_by())
        try:
            prepared = prepare(request)
            steps = [replace(step, deadline_seconds=PATIENCE * step.deadline_seconds) for step in prepared.steps]
            session = replace(prepared, steps=steps).begin([told], observed, clock)
            running = asyncio.create_task(session.execute())
            await asyncio.wait({running, passing}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                running.cancel()
                passing.result()
            result = await running
        finally:
            passing.cancel()
        wrong, changed = [], set()
        for name, group in groups.items():
            machine = lab.lab.fleet.hosts[name].machine
            entries = machine.ledger.entries[before[name] :]
            if name in off:
                entries.remove(next(entry for entry in entries if entry.what == "started"))
            wrong += judged(name, GROUPS[group], machine, entries, job)
            changed.add((group, shown(machine, machine.registry.key(job.key).last_write).date()))
        return Passed(result, clock.now(), until, off, told, wrong, changed)


def engine(durable: bool, folder: Path, clock: Clock) -> Engine:
    if not durable:
        return InProcessEngine(clock)
    database = Database.in_file(folder / "state.sqlite3")
    database.prepare()
    return DurableEngine(database, new_run_id(datetime.now(UTC)), clock)


def shown(machine: Machine, moment: datetime) -> datetime:
    """What the clock on a machine's wall showed then."""
    return moment + timedelta(minutes=machine.profile.utc_offset_minutes)


def judged(name: str, group: Group, machine: Machine, entries: list[Entry], job: Job) -> list[str]:
    """What befell a machine at the wrong time, too often or not at all; the lab knows, and nobody can tell it."""
    changes = [entry for entry in entries if entry.what in CHANGES]
    counted = Counter(entry.what for entry in changes)
    moments = [*((entry.what, entry.at) for entry in changes), (job.key, machine.registry.key(job.key).last_write)]
    wrong = [f"{name}: {what} {counted[what]} times" for what in CHANGES if counted[what] != (what in job.befalls)]
    return wrong + [
        f"{name}: {what} at {shown(machine, moment):%a %H:%M} by its own clock"
        for what, moment in moments
        if not group.is_open(shown(machine, moment))
    ]


def awake(monkeypatch: pytest.MonkeyPatch, hosts: int) -> None:
    """Has whoever waits look at the clock as often as one that leaps needs, and knock as often as it likes."""
    monkeypatch.setattr("orchestrator.engine.slots.LONGEST_SLEEP", hosts / 600)  # so many looks a second
    monkeypatch.setattr("orchestrator.engine.phases._WATCH_SECONDS", 0.25)
    monkeypatch.setattr("orchestrator.fleet.search.LOOKS_A_SECOND", 500.0)


def check(nights: Passed, hosts: int) -> None:
    assert nights.wrong == []
    outcomes = {host.name: say(host.reason) for host in nights.result.hosts if host.outcome is not Outcome.CHANGED}
    assert outcomes == {}
    assert nights.result.state == "finished"
    assert nights.ended < nights.until
    assert nights.off <= nights.told.awaited == nights.told.back.keys()  # on a busy computer others fall silent, too
    assert len(nights.off) == round(hosts * OFF)


async def test_a_small_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are done by the end date, and in their windows."""
    awake(monkeypatch, 24)
    value = r"registry_value: {key: HKLM\SOFTWARE\Contoso, name: Colour, type: REG_SZ, data: blue}"
    job = Job(written(tmp_path, value), r"HKLM\SOFTWARE\Contoso")
    check(await passed(tmp_path, job, 24, 1, days=1, durable=False), 24)


@pytest.mark.whole
@pytest.mark.timeout(900)
async def test_three_hundred_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same over two days, with an installation and a restart each, once; each group has more than one night."""
    awake(monkeypatch, 300)
    nights = await passed(
        tmp_path, Job(install("reboot.return_minutes=240"), TLS, INSTALLS), 300, 1, days=2, durable=True
    )
    check(nights, 300)
    assert all(len({night for group, night in nights.nights if group == name}) > 1 for name in GROUPS)
