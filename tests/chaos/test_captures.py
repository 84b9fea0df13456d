"""Captures that die: coordinator, network and host, each at ten random moments of a capture.

What has to hold is watched all the time, in the machines' own registries and Task Schedulers: verbose logging is never
on without the task that ends it, and a minute after the deadline, or after the start of a machine that was off then, it
is what it was before and the task is gone. Nobody helps: what ends a capture is on the host.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.runs.captures import captures_folder, known_captures
from orchestrator.windows import provider
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind
from tests import captures
from tests.captures import TASK, capture, install_on, set_logging
from tests.chaos.killing import Gate
from tests.lab_fixtures import Lineup, Site, fleet_site, kind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SPEED = 30.0
"""Host seconds in a real second."""
MINUTES = 8
MOMENTS = 10
BY_MESSAGE = 6
"""So many of the moments are at a message, which is where something is being changed; the others while people wait."""
WITHIN = timedelta(minutes=1)
ARMING = 26
"""Messages in which a capture is begun, and a few more, so that some die over the last ones."""
COORDINATORS = """
import asyncio, os, sys
from datetime import datetime
from pathlib import Path
from orchestrator.app import CaptureLogs, prepare
from orchestrator.model.clock import Clock
inventory, folder, speed, since, minutes, *hosts = sys.argv[1:]
clock = Clock(float(speed), datetime.fromisoformat(since))
for host in hosts:
    if (process := os.fork()) == 0:
        own = Path(folder) / f"run-{host}"
        request = CaptureLogs(inventory=Path(inventory), limit=host, folder=own, minutes=int(minutes))
        asyncio.run(prepare(request).begin(clock=clock).execute())
        os._exit(0)
    print(process, flush=True)
for _ in hosts:
    os.wait()
"""
"""A process for each host, out of one that has loaded the program once."""


@dataclass(frozen=True)
class Moment:
    """When it happens: at a message of the host, or so many of its seconds after the capture was switched on there."""

    message: int | None
    seconds: float = 0.0


def moments(seed: int) -> list[Moment]:
    chance = random.Random(seed)
    at_messages = [Moment(chance.randint(1, ARMING)) for _ in range(BY_MESSAGE)]
    longest = MINUTES * 60 + 30
    return at_messages + [Moment(None, chance.uniform(0, longest)) for _ in range(MOMENTS - BY_MESSAGE)]


@dataclass
class Seen:
    """What was seen of one machine so far.

    Attributes:
        prior: `EnableLogging` before.
        deadline: The latest that its task has had, by the machine's clock.
        up_since: From when on it runs, since it was last seen to be off.
        on_since: Since when verbose logging is on.
        faults: What must not be.
    """

    prior: int | None
    deadline: datetime | None = None
    up_since: datetime | None = None
    on_since: datetime | None = None
    faults: list[str] = field(default_factory=list)

    def take(self, machine: Machine) -> None:
        now = machine.clock.now()
        task = next((each for each in machine.tasks if TASK in each.path), None)
        value = machine.registry.get(provider.PROVIDER, provider.ENABLE_LOGGING)
        number = value.data if value and isinstance(value.data, int) else None
        if task is not None:
            (start,) = {each.start for each in task.definition.triggers}
            assert start is not None
            self.deadline = start.replace(tzinfo=now.tzinfo)
        if number == 1:
            self.on_since = self.on_since or now
        if not machine.powered:
            self.up_since = None
            return
        self.up_since = self.up_since or now
        if number not in {self.prior, 1}:
            self.faults.append(f"EnableLogging is {number}, and was {self.prior}")
        if number == 1 and task is None:
            self.faults.append("verbose logging is on without the task that ends it")
        if self.is_due(now) and (number != self.prior or task is not None):
            self.faults.append(f"at {now}, {self.deadline} being the deadline: EnableLogging is {number}, task: {task}")

    def is_due(self, now: datetime) -> bool:
        """Whether all has to be over."""
        if self.deadline is None or self.up_since is None:
            return False
        return now > max(self.deadline, self.up_since) + WITHIN


class Watch:
    """Looks at all machines of a site, again and again, on the lab's thread."""

    def __init__(self, lab: Site, priors: Mapping[str, int | None]) -> None:
        self._lab = lab
        self.seen = {name: Seen(prior) for name, prior in priors.items()}

    def look(self) -> None:
        def looking(_: Fleet) -> None:
            for name, seen in self.seen.items():
                seen.take(self._lab.machine(name))

        self._lab.look(looking)

    async def while_not(self, over: Callable[[], bool]) -> None:
        """Watches until something holds."""
        while not over():
            self.look()
            await asyncio.sleep(0.02)

    def judge(self) -> None:
        assert {name: seen.faults for name, seen in self.seen.items() if seen.faults} == {}

    async def to_the_end(self) -> None:
        """Until every capture is due; where none was begun, until none can come any more."""
        last = self._lab.clock.now() + timedelta(minutes=MINUTES) + 2 * WITHIN

        def is_over(name: str) -> bool:
            now, seen = self._lab.clock.now(), self.seen[name]
            return seen.is_due(now) if seen.deadline else now > last

        await self.while_not(lambda: all(map(is_over, self.seen)))
        self.look()
        self.judge()
        assert any(seen.on_since for seen in self.seen.values()), "nothing was ever switched on"


@dataclass(frozen=True)
class Desk:
    """Machines of a test: each has its moment, and what stood in its registry."""

    lab: Site
    gate: Gate
    watch: Watch
    moments: Mapping[str, Moment]

    def has_come(self, name: str) -> bool:
        """Whether a machine's moment has come."""
        moment, host = self.moments[name], self.lab.hosts[name]
        if moment.message is not None:
            return self.gate.acted[host] >= moment.message
        on = self.watch.seen[name].on_since
        return on is not None and self.lab.clock.now() >= on + timedelta(seconds=moment.seconds)


@contextmanager
def desk(folder: Path, seed: int) -> Iterator[Desk]:
    names = [f"{number}" for number in range(MOMENTS)]
    kinds: dict[str, Kind] = {name: kind() for name in names}
    gate, lineup = Gate(), Lineup(Path("lineup"), (), tuple(kinds.values()))

    def make(port: int) -> Fleet:
        return Fleet(len(kinds), mix=lineup, speed=SPEED, own_dates=True, port=port, transcript=gate)

    with fleet_site(folder, make) as up:
        lab = replace(up, hosts=dict(zip(kinds, up.hosts, strict=True)))
        priors = {name: None if number % 2 else 0 for number, name in enumerate(names)}
        install_on(lab, dict.fromkeys(names))
        for name, prior in priors.items():
            lab.on(name, partial(set_logging, number=prior))
        gate.forget()
        yield Desk(lab, gate, Watch(lab, priors), dict(zip(names, moments(seed), strict=True)))


def befalling(site: Desk, what: Callable[[str], None], over: Callable[[], bool]) -> Callable[[], bool]:
    """Has something happen to each machine once its moment has come; says whether all has happened, or it is over."""
    left = set(site.moments)

    def step() -> bool:
        for name in [each for each in left if site.has_come(each)]:
            what(name)
            left.discard(name)
        return not left or over()

    return step


async def test_the_coordinator_is_killed(tmp_path: Path) -> None:
    """By SIGKILL, a process for each machine; what is left in its state folder is settled by a sweep."""
    with desk(tmp_path, 1) as site, coordinators(site, tmp_path) as processes:
        killed = []

        def kill(name: str) -> None:
            os.kill(processes[name], signal.SIGKILL)
            killed.append(name)

        await site.watch.while_not(befalling(site, kill, lambda: not any(map(is_alive, processes.values()))))
        assert len(killed) > MOMENTS // 2
        await site.watch.to_the_end()
        await swept(site)


@contextmanager
def coordinators(site: Desk, folder: Path) -> Iterator[Mapping[str, int]]:
    """Processes that capture, by their machines; none is left behind the block."""
    clock, hosts = site.lab.clock, site.lab.hosts
    words = [str(site.lab.inventory), str(folder), str(SPEED), clock.since.isoformat(), str(MINUTES), *hosts.values()]
    with subprocess.Popen([sys.executable, "-c", COORDINATORS, *words], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        processes = {name: int(parent.stdout.readline()) for name in hosts}
        try:
            yield processes
        finally:
            for process in processes.values():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def is_alive(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


async def test_the_network_is_cut(tmp_path: Path) -> None:
    """For each machine at its own moment, and for good: the run ends without it, and the machine without the run."""
    with desk(tmp_path, 2) as site:
        run, cut = asyncio.create_task(captured(site)), []

        def break_off(name: str) -> None:
            site.gate.cut_after(site.lab.hosts[name], 1).set()
            cut.append(name)

        await site.watch.while_not(befalling(site, break_off, run.done))
        assert len(cut) > MOMENTS // 2
        await site.watch.to_the_end()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        for name in cut:
            site.gate.mend(site.lab.hosts[name])
        await swept(site)


async def captured(site: Desk) -> Mapping[str, HostResult]:
    return await (await capture(site.lab, minutes=MINUTES)).task


async def test_the_host_is_restarted(tmp_path: Path) -> None:
    """At its moment, whatever the run is about just then; the run goes on as it can."""
    with desk(tmp_path, 3) as site:
        run, restarted = asyncio.create_task(captured(site)), []

        def restart(name: str) -> None:
            site.lab.on(name, lambda machine: machine.power.initiate(0))
            restarted.append(name)

        await site.watch.while_not(befalling(site, restart, run.done))
        assert len(restarted) > MOMENTS // 2
        await site.watch.to_the_end()
        assert any(result.outcome.fine for result in (await run).values())
        await swept(site)


async def swept(site: Desk) -> None:
    """A sweep finds nothing more to do on any machine, and that nothing may be on is known then."""
    results = await captures.sweep(site.lab)
    assert {result.outcome for result in results.values()} == {Outcome.OK}
    assert known_captures(captures_folder()) == ()
    site.watch.look()
    site.watch.judge()
