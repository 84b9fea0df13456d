"""Lab hosts that are off when a run comes to them, or go off in its middle: looked for until its end date."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, prepare, resume
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine
from orchestrator.model.clock import Clock
from orchestrator.model.events import (
    Event,
    HostAwaited,
    HostFinished,
    HostReturned,
    StepFinished,
    StepStarted,
)
from orchestrator.model.outcome import Outcome
from orchestrator.runs.folders import RunFolder, new_run_id
from orchestrator.runs.result_file import read_result
from orchestrator.sentences import say
from sspr_lab.faults import fault
from sspr_lab.fleet import Fleet
from tests.engine.dying import RESULT, Settings
from tests.engine.test_killed import carried_through
from tests.lab_fixtures import PACKAGES, Site, kind, site
from tests.playbook.written import playbook

SPEED = 120.0
"""Host seconds in a real second: the first look comes after half a real second."""
VALUE = r"registry_value: {key: HKLM\SOFTWARE\Contoso, name: Colour, type: REG_SZ, data: blue}"


def switch_off(lab: Site, name: str) -> None:
    """Returns when nothing listens there any more."""

    async def off(_: Fleet) -> None:
        machine, server = lab.machine(name), lab.host(name).server
        machine.power.initiate(0, force=True, reboot=False)
        while machine.powered or server.listening:  # noqa: ASYNC110 - the machine tells nobody
            await asyncio.sleep(0.01)

    lab.lab.call(off)


@dataclass
class Watcher:
    """Notes who is waited for and who is back; switches a host on when it is waited for, and another is through."""

    lab: Site
    switched_on: frozenset[str] = frozenset()
    after: str | None = None
    told: list[tuple[str, str]] = field(default_factory=list)
    starting: list[asyncio.Task[None]] = field(default_factory=list)

    def notify(self, event: Event) -> None:
        match event:
            case HostAwaited(host=host):
                self._note("awaited", host)
                self._switch_on()
            case HostReturned(host=host):
                self._note("back", host)
            case StepStarted(host=host):
                self._note("begins", host)
            case HostFinished(result):
                self._note("through", result.name)
                self._switch_on()

    def _switch_on(self) -> None:
        if self.after is not None and ("through", self.after) not in self.told:
            return
        for name in self.switched_on:
            told = self.of(name)
            if told[-1:] == ["awaited"]:
                self._note("switched on", self.lab.hosts[name])
                self.lab.look(partial(self._start, name))

    def of(self, name: str) -> list[str]:
        return [what for what, host in self.told if host == name]

    def _note(self, what: str, host: str) -> None:
        self.told.append((what, self._called(host)))

    def _called(self, host: str) -> str:
        return next(name for name, real in self.lab.hosts.items() if real == host)

    def _start(self, name: str, _: Fleet) -> None:
        self.starting.append(asyncio.ensure_future(self._boot(name)))

    async def _boot(self, name: str) -> None:
        await self.lab.machine(name).power.boot()


def engine(durable: bool, folder: Path, clock: Clock) -> Engine:
    if not durable:
        return InProcessEngine(clock)
    database = Database.in_file(folder / "state.sqlite3")
    database.prepare()
    return DurableEngine(database, new_run_id(datetime.now(UTC)), clock)


ENGINES = pytest.mark.parametrize("durable", [False, True], ids=["in process", "durable"])


@ENGINES
async def test_off_at_the_beginning(tmp_path: Path, durable: bool) -> None:
    """It comes and is served; with one place for all, what is looked for keeps nobody from it."""
    with site(tmp_path, {"comes": kind(), "on": kind()}, speed=SPEED) as lab:
        switch_off(lab, "comes")
        clock = lab.clock
        watcher = Watcher(lab, frozenset({"comes"}), after="on")
        results = await lab.run(
            playbook(tmp_path, VALUE),
            engine=engine(durable, tmp_path, clock),
            clock=clock,
            listeners=[watcher],
            until=clock.now() + timedelta(days=1),
        )
        assert lab.value("comes", r"HKLM\SOFTWARE\Contoso", "Colour") == "blue"
    assert {name: host.outcome for name, host in results.items()} == dict.fromkeys(("comes", "on"), Outcome.CHANGED)
    assert watcher.of("comes")[-5:] == ["awaited", "switched on", "back", "begins", "through"]
    assert watcher.told.index(("through", "on")) < watcher.told.index(("back", "comes"))
    assert results["comes"].last_seen is not None


@ENGINES
async def test_off_until_the_end(tmp_path: Path, durable: bool) -> None:
    """What was looked for in vain is unreachable at the end date, and says so."""
    with site(tmp_path, {"stays off": kind()}, speed=SPEED) as lab:
        switch_off(lab, "stays off")
        clock = lab.clock
        watcher = Watcher(lab)
        results = await lab.run(
            playbook(tmp_path, VALUE),
            engine=engine(durable, tmp_path, clock),
            clock=clock,
            listeners=[watcher],
            until=clock.now() + timedelta(minutes=6),
        )
    gone = results["stays off"]
    assert gone.outcome is Outcome.UNREACHABLE
    assert watcher.of("stays off")[-2:] == ["awaited", "through"]
    assert "in vain" in say(gone.reason)
    assert gone.deciding.remedy is not None
    assert gone.deciding.evidence["looked_for"] in {1, 2, 3}
    assert gone.last_seen is None


async def test_waves_wait_for_nobody_who_is_off(tmp_path: Path) -> None:
    """As soon as one machine of a wave has answered, the next wave begins while the others are looked for."""
    kinds = {name: kind() for name in ("off", "on", "later")}
    with site(tmp_path, kinds, speed=SPEED) as lab:
        switch_off(lab, "off")
        clock, watcher = lab.clock, Watcher(lab, frozenset({"off"}), after="later")
        results = await lab.run(
            playbook(tmp_path, VALUE).overridden(["strategy.waves=[2, 3]"]),
            clock=clock,
            listeners=[watcher],
            until=clock.now() + timedelta(days=1),
        )
    assert {name: host.outcome for name, host in results.items()} == dict.fromkeys(kinds, Outcome.CHANGED)
    assert watcher.told.index(("through", "later")) < watcher.told.index(("back", "off"))
    assert watcher.told.index(("begins", "later")) > watcher.told.index(("awaited", "off"))


async def test_switched_off_in_the_middle(tmp_path: Path) -> None:
    """A host that goes off between two steps is served when it is back, as if it had never been away."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        clock, watcher = lab.clock, Watcher(lab, frozenset({"host"}))

        class SwitchesOff:
            def notify(self, event: Event) -> None:
                if isinstance(event, StepFinished) and event.record.name == "first":
                    switch_off(lab, "host")

        results = await lab.run(
            playbook(tmp_path, f"{VALUE}\n    name: first", f"{VALUE.replace('Colour', 'Shape')}\n    name: second"),
            clock=clock,
            listeners=[watcher, SwitchesOff()],
            until=clock.now() + timedelta(hours=1),
        )
        assert lab.value("host", r"HKLM\SOFTWARE\Contoso", "Shape") == "blue"
    first, second = results["host"].steps
    assert (first.result.outcome, second.result.outcome) == (Outcome.CHANGED, Outcome.CHANGED)
    assert watcher.of("host").count("awaited") == 1
    assert first.seen
    assert second.seen
    assert second.seen - first.seen > timedelta(seconds=45)


async def test_switched_off_amid_an_installation(tmp_path: Path) -> None:
    """What becomes of it is looked at when the host is back: it is installed once, and told so."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        clock, watcher, machine = lab.clock, Watcher(lab, frozenset({"host"})), lab.machine("host")

        async def off_at_work(_: Fleet) -> None:
            while not machine.installer.busy:
                await machine.clock.sleep(0.2)
            machine.power.initiate(0, force=True, reboot=False)

        switching = asyncio.create_task(asyncio.to_thread(lab.lab.call, off_at_work))
        results = await lab.run(
            playbook(tmp_path, "msi: {allow_unsigned: true}").with_packages(PACKAGES),
            clock=clock,
            listeners=[watcher],
            until=clock.now() + timedelta(hours=2),
        )
        await switching
        installed = lab.on("host", lambda machine: machine.ledger.count("installed"))
    assert (results["host"].outcome, installed) == (Outcome.CHANGED, 1), say(results["host"].reason)
    assert watcher.of("host").count("awaited") == 1


RESTART = "reboot: {when: always, return_minutes: 2}"


@pytest.mark.slow
@pytest.mark.parametrize("comes", [True, False], ids=["comes", "does not come"])
async def test_a_restart_from_which_a_host_comes_late(tmp_path: Path, comes: bool) -> None:
    """Somebody switches it on, and it is proved and goes on with what follows; else it is unknown, and nobody knows."""
    with site(tmp_path, {"host": kind(fault("never_returns"))}, speed=SPEED) as lab:
        clock, watcher = lab.clock, Watcher(lab, frozenset({"host"} if comes else ()))
        results = await lab.run(
            playbook(tmp_path, RESTART, VALUE),
            clock=clock,
            listeners=[watcher],
            until=clock.now() + timedelta(minutes=15),
        )
    host = results["host"]
    assert watcher.of("host").count("awaited") == 1
    if comes:
        assert host.outcome is Outcome.CHANGED, say(host.reason)
        assert [step.name for step in host.steps] == ["reboot", "reboot-return", "registry_value"]
    else:
        assert host.outcome is Outcome.UNKNOWN
        assert "did not come back within 2 minutes" in say(host.reason)
        assert "in vain" in say(host.reason)
        assert host.last_seen is not None


async def test_stopped_and_gone_on_with_while_it_waits(tmp_path: Path) -> None:
    """The end date is kept with the run, and may be put off: what was looked for is looked for again."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        switch_off(lab, "host")
        clock = lab.clock
        request = RunPlaybook(
            inventory=lab.inventory,
            folder=tmp_path / "run",
            durable=True,
            until=clock.now() + timedelta(minutes=30),
            playbook=playbook(tmp_path, VALUE),
        )

        class Stops:
            def notify(self, event: Event) -> None:
                if isinstance(event, HostAwaited):
                    asyncio.get_running_loop().call_soon(session.stop)

        session = prepare(request).begin([Stops()], clock=clock)
        stopped = lab.by_name(await session.execute())
        assert stopped["host"].outcome is Outcome.UNREACHABLE
        assert stopped["host"].deciding.evidence["looked_for"] == 0
        watcher = Watcher(lab, frozenset({"host"}))
        folder = RunFolder(tmp_path / "run")
        assert resume(folder).request.until == request.until
        again = resume(folder, until=clock.now() + timedelta(hours=1)).begin([watcher], clock=clock)
        results = lab.by_name(await again.execute())
    assert results["host"].outcome is Outcome.CHANGED, say(results["host"].reason)
    assert watcher.of("host") == ["awaited", "switched on", "back", "begins", "through"]


@pytest.mark.slow
async def test_killed_again_and_again_while_it_waits(tmp_path: Path) -> None:
    """By SIGKILL, before and after all that is written down of a host that is off; it is served when it comes."""
    kept = tmp_path / "kept"
    kept.mkdir()
    playbook(tmp_path, VALUE)
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        switch_off(lab, "host")
        clock = lab.clock
        settings = Settings(
            kept,
            inventory=lab.inventory,
            playbook=tmp_path / "written.yaml",
            durable=True,
            until=clock.now() + timedelta(days=2),
            clock=clock,
        )
        running = asyncio.create_task(asyncio.to_thread(carried_through, settings))
        while not (settings.deaths.exists() and "phase 2: rests 1, written" in settings.deaths.read_text()):
            assert not running.done(), await running
            await asyncio.sleep(0.05)
        await asyncio.to_thread(lab.lab.call, lambda _: lab.machine("host").power.boot())
        await running
        result = read_result(kept / RESULT)
        assert lab.value("host", r"HKLM\SOFTWARE\Contoso", "Colour") == "blue"
    assert [host.outcome for host in result.hosts] == [Outcome.CHANGED]


async def test_without_an_end_date(tmp_path: Path) -> None:
    """A host that is off is unreachable at once."""
    with site(tmp_path, {"off": kind()}, speed=SPEED) as lab:
        switch_off(lab, "off")
        watcher = Watcher(lab)
        results = await lab.run(playbook(tmp_path, VALUE), clock=lab.clock, listeners=[watcher])
    assert results["off"].outcome is Outcome.UNREACHABLE
    assert "awaited" not in watcher.of("off")
