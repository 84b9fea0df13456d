"""Runs on hosts with maintenance windows: when steps are begun, what waits meanwhile, and what does not."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from orchestrator.app import RunPlaybook, prepare, resume
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, HostGoesOn, HostWaits, StepStarted
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, go_on_with, shown
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.folders import RunFolder
from orchestrator.sentences import say
from sspr_lab.machine import Machine
from sspr_lab.registry import Value
from tests.fleet.nights import LeapingClock, Nights, Observed
from tests.lab_fixtures import Site, kind, shipped, site

SPEED = 120.0
ZONE = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"


class Told:
    """When steps began, by the run's clock; how many connections there were then; and what was said of waiting."""

    def __init__(self, clock: Clock, connections: Callable[[], int] = lambda: 0) -> None:
        self.clock = clock
        self.connections = connections
        self.connected: list[int] = []
        self.began: dict[str, datetime] = {}
        self.waiting: list[str] = []
        self.goes_on = 0

    def notify(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.began.setdefault(event.step, self.clock.now())
            self.connected.append(self.connections())
        if isinstance(event, HostWaits):
            self.waiting.append(say(event.wait.what))
        if isinstance(event, HostGoesOn):
            self.goes_on += 1


def window(opens: datetime, minutes: int = 300, needs: int = 30) -> dict[str, object]:
    """One that opens at that time of day."""
    closes = opens + timedelta(minutes=minutes)
    return {"windows": [{"from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"}], "needs_minutes": needs}


def maintained(lab: Site, maintenance: Mapping[str, object]) -> None:
    """Writes it into the lab's inventory, for all hosts."""
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    inventory["all"]["maintenance"] = maintenance
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")


async def run(
    lab: Site,
    playbook: Playbook,
    told: Told,
    *,
    ignore: bool = False,
    check: bool = False,
    until: datetime | None = None,
) -> HostResult:
    request = RunPlaybook(
        inventory=lab.inventory,
        folder=lab.folder / "run",
        playbook=playbook,
        ignore_windows=ignore,
        check=check,
        until=until,
    )
    session = prepare(request).begin([told], clock=told.clock)
    (result,) = lab.by_name(await session.execute()).values()
    return result


def log(lab: Site) -> list[dict[str, object]]:
    lines = (lab.folder / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def test_a_change_waits_for_the_window(tmp_path: Path) -> None:
    """It is begun when the window opens, later than its deadline would have it; meanwhile no connection is held."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        told = Told(lab.clock, lambda: lab.look(lambda fleet: len(fleet.hosts[lab.hosts["host"]].server._connections)))
        opens = lab.clock.now() + timedelta(minutes=8)
        maintained(lab, window(opens))
        result = await run(lab, shipped("enable-tls12", "reboot.when=never"), told)
        asked = lab.look(lambda _: sum("TimeZoneInformation" in message for message in lab.sent))
    assert result.outcome in {Outcome.CHANGED, Outcome.REBOOT_PENDING}, result
    assert told.began["tls12"] >= opens.replace(second=0, microsecond=0)
    (waiting,) = told.waiting
    closes = opens + timedelta(minutes=300)
    assert f"window, {opens:%Y-%m-%d %H:%M} to {closes:%Y-%m-%d %H:%M}, the host's time" in waiting
    assert told.connected[0] == 0
    assert asked == 1


async def test_who_is_called_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours after its window has opened, as where thousands wait for a place then: it has all of the step's time."""
    monkeypatch.setattr("orchestrator.engine.slots.LONGEST_SLEEP", 0.05)
    with site(tmp_path, {"host": kind()}) as lab:
        clock = LeapingClock.like(lab.clock)
        observed = Observed(InProcessEngine(clock))
        maintained(lab, window(clock.now() + timedelta(hours=2), minutes=600))
        plan = shipped("enable-tls12", "reboot.when=never")
        running = asyncio.create_task(lab.run(plan, engine=observed, clock=clock))
        while not observed.at_rest:
            assert not running.done(), await running
            await asyncio.sleep(0.01)
        Nights(lab, clock, observed, {}).leap(4 * 60 * 60)
        result = (await running)["host"]
    assert result.outcome in {Outcome.CHANGED, Outcome.REBOOT_PENDING}, say(result.reason)


async def test_by_the_clock_of_the_host(tmp_path: Path) -> None:
    """The window is that of its own zone, summer time and all, wherever the coordinator is."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        lab.on("host", in_berlin)
        told = Told(lab.clock)
        opens = (lab.clock.now() + timedelta(minutes=3)).astimezone(ZoneInfo("Europe/Berlin"))
        maintained(lab, window(opens))
        result = await run(lab, shipped("enable-tls12", "reboot.when=never"), told)
    assert result.outcome.fine, result
    assert f"window, {opens:%Y-%m-%d %H:%M} to " in told.waiting[0]
    assert told.began["tls12"] >= opens.replace(second=0, microsecond=0)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["delay", "time of day"])
async def test_a_restart_falls_into_the_window(by: str, tmp_path: Path) -> None:
    """One that would come when too little of a window is left is asked for in the next; it is proved outside of one."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        now = lab.clock.now()
        opens = now + timedelta(minutes=6)
        shuts_soon = {"from": f"{now - timedelta(hours=1):%H:%M}", "to": f"{now + timedelta(minutes=4):%H:%M}"}
        maintained(lab, window(opens, minutes=14, needs=3) | {"windows": [shuts_soon, *windows(window(opens, 14))]})
        due = opens + timedelta(minutes=5)
        delay = {"delay": "reboot.delay_minutes=5", "time of day": f"reboot.at={due:%H:%M}"}[by]
        settings = [delay] if by == "delay" else ["reboot.delay_minutes=0", delay]
        told = Told(lab.clock)
        result = await run(lab, shipped("reboot", *settings), told)
        befell = lab.on("host", lambda machine: [(each.what, each.at) for each in machine.ledger.entries])
    assert result.outcome is Outcome.CHANGED, result
    (asked,) = (at for what, at in befell if what == "shutdown asked for")
    (started,) = (at for what, at in befell if what == "started")
    assert opens.replace(second=0) <= asked < started < opens + timedelta(minutes=14)


async def test_looking_waits_for_nothing(tmp_path: Path) -> None:
    """Neither a step that only looks, for which nobody is asked for a zone, nor any step of a run under --check."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        told = Told(lab.clock)
        maintained(lab, window(lab.clock.now() + timedelta(hours=5)))
        await run(lab, shipped("preflight"), told)
        assert lab.look(lambda _: not any("TimeZoneInformation" in message for message in lab.sent))
        request = RunPlaybook(inventory=lab.inventory, playbook=shipped("enable-tls12"), check=True)
        (rehearsed,) = (await prepare(request).begin([told], clock=lab.clock).execute()).hosts
    assert rehearsed.outcome is Outcome.CHANGED, rehearsed
    assert told.waiting == []


@pytest.mark.parametrize("check", [False, True])
async def test_a_window_after_the_end_of_the_run(check: bool, tmp_path: Path) -> None:
    """It is not waited for: the host ends at once, with when the window opens, also where nothing is to be changed."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        before = lab.snapshots()
        opens, until = (lab.clock.now() + timedelta(hours=hours) for hours in (10, 5))
        maintained(lab, window(opens))
        told = Told(lab.clock)
        result = await run(lab, shipped("enable-tls12"), told, check=check, until=until)
        changed = lab.changes(before)["host"]
    assert (result.outcome, result.reason.code) == (Outcome.CANCELLED, "window-after-end")
    assert f"{opens:%Y-%m-%d %H:%M} to " in say(result.reason)
    assert shown(until) in say(result.reason)
    assert "a later `--until`" in say(result.deciding.remedy or result.reason)
    assert (told.waiting, changed) == ([], [])


@pytest.mark.slow
async def test_whoever_goes_on_tells_of_the_wait_anew(tmp_path: Path) -> None:
    """And the advice for a host whose wait was cut short is to go on with the run."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        maintained(lab, window(lab.clock.now() + timedelta(minutes=30)))
        playbook = shipped("enable-tls12", "reboot.when=never")
        request = RunPlaybook(inventory=lab.inventory, folder=tmp_path / "run", durable=True, playbook=playbook)

        class Stops:
            def notify(self, event: Event) -> None:
                if isinstance(event, HostWaits):
                    asyncio.get_running_loop().call_soon(session.stop)

        session = prepare(request).begin([Stops()], clock=lab.clock)
        (stopped,) = (await session.execute()).hosts
        assert stopped.outcome is Outcome.CANCELLED
        assert stopped.deciding.remedy == go_on_with(session.id)
        told = Told(lab.clock)
        result = await resume(RunFolder(tmp_path / "run")).begin([told], clock=lab.clock).execute()
    assert [host.outcome.fine for host in result.hosts] == [True]
    assert len(told.waiting) == 1 or told.goes_on, "on a slow machine it is open when the other process comes"


async def test_a_process_that_goes_on_and_is_ended_at_once(tmp_path: Path) -> None:
    """By a second Ctrl-C: a host that another process had begun with is not one that was never begun."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        maintained(lab, window(lab.clock.now() + timedelta(hours=12)))
        playbook = shipped("enable-tls12", "reboot.when=never")
        request = RunPlaybook(inventory=lab.inventory, folder=tmp_path / "run", durable=True, playbook=playbook)
        ended: list[HostResult] = []

        class Ends:
            def notify(self, event: Event) -> None:
                if isinstance(event, HostWaits):
                    asyncio.get_running_loop().call_soon(self.end)

            def end(self) -> None:
                ended.extend(session.abandon().hosts)
                session.stop()

        session = prepare(request).begin([Ends()], clock=lab.clock)
        await session.execute()
        session = resume(RunFolder(tmp_path / "run")).begin([Ends()], clock=lab.clock)
        await session.execute()
    first, second = ended
    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert first.reason == second.reason
    assert first.deciding.remedy == second.deciding.remedy == go_on_with(session.id)


async def test_check_tells_that_a_window_never_opens(tmp_path: Path) -> None:
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        maintained(lab, {"blackouts": [{"from": "2020-01-01", "to": "2099-01-01"}]})
        result = await run(lab, shipped("enable-tls12"), Told(lab.clock), check=True)
    assert (result.outcome, result.reason.code) == (Outcome.BLOCKED, "window-never")


@pytest.mark.parametrize("ignore", [False, True])
async def test_a_window_that_never_opens(ignore: bool, tmp_path: Path) -> None:
    """The host is left as it is, and the result says what to do; unless windows are ignored, which the log tells."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        before = lab.snapshots()
        maintained(lab, {"blackouts": [{"from": "2020-01-01", "to": "2099-01-01"}]})
        result = await run(lab, shipped("enable-tls12", "reboot.when=never"), Told(lab.clock), ignore=ignore)
        changed = lab.changes(before)["host"]
        (started,) = (line for line in log(lab) if line["event"] == "run_started")
    assert started["ignores_windows"] is ignore
    if ignore:
        assert result.outcome.fine, result
        assert changed
    else:
        assert (result.outcome, result.reason.code) == (Outcome.BLOCKED, "window-never")
        assert result.deciding.remedy is not None
        assert not changed


async def test_a_zone_that_cannot_be_read(tmp_path: Path) -> None:
    """Nobody knows what the host's clock shows, so it is not changed."""
    with site(tmp_path, {"host": kind()}, speed=SPEED) as lab:
        lab.on("host", lambda machine: machine.registry.set(ZONE, "Bias", Value.of("none")))
        maintained(lab, {"windows": [{}]})
        result = await run(lab, shipped("enable-tls12"), Told(lab.clock))
    assert (result.outcome, result.reason.code) == (Outcome.BLOCKED, "window-no-time-zone")
    assert result.deciding.remedy is not None


def windows(maintenance: Mapping[str, Any]) -> list[object]:
    return list(maintenance["windows"])


def in_berlin(machine: Machine) -> None:
    """As Windows has it where summer time is minded: this year's dates beside the zone's own key."""
    changes = {"StandardStart": (0, 10, 5, 3, 0, 0, 0, 0), "DaylightStart": (0, 3, 5, 2, 0, 0, 0, 0)}
    values = {name: Value.of(struct.pack("<8H", *numbers)) for name, numbers in changes.items()}
    numbers = {"Bias": 0xFFFFFFC4, "DaylightBias": 0xFFFFFFC4, "DynamicDaylightTimeDisabled": 0}
    values |= {name: Value.of(number) for name, number in numbers.items()}
    values["TimeZoneKeyName"] = Value.of("W. Europe Standard Time")
    for name, value in values.items():
        machine.registry.set(ZONE, name, value)
