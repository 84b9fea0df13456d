"""Captures on lab hosts: machines with the add-in, runs that capture on them, and what is left there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from orchestrator.app import prepare
from orchestrator.app.requests import CaptureLogs, EndCapture, ListCaptures, Request, SweepCaptures
from orchestrator.app.session import Session
from orchestrator.model.events import Event, HostFinished, Listener, StepFinished
from orchestrator.model.result import HostResult
from orchestrator.runs.captures import ask_to_end, captures_folder, known_captures
from orchestrator.windows import capture_task, lease, provider
from sspr_lab.accounts import SYSTEM
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind
from sspr_lab.packages import standin
from sspr_lab.registry import Value
from tests.lab_fixtures import SPEED, Site, site

LEASE = lease.FOLDER.replace("%SystemRoot%", r"C:\Windows")
TASK = capture_task.JOB.task


def desks(folder: Path, kinds: Mapping[str, Kind], *, speed: float = SPEED) -> AbstractContextManager[Site]:
    """Machines of these kinds, whose answers are dated by their own clock: a capture's deadline goes by that."""
    return site(folder, kinds, speed=speed, own_dates=True)


async def the_add_in(machine: Machine) -> None:
    """Somebody has installed it."""
    path = r"C:\Windows\Temp\add-in.msi"
    machine.files.write(path, standin(machine.profile.architecture).read_bytes())
    assert await machine.spawn(f'msiexec /i "{path}" /qn /norestart', account=SYSTEM).wait() == 0
    machine.files.delete(path)


def install_on(lab: Site, priors: Mapping[str, int | None]) -> None:
    """Installs the add-in on these machines, and sets `EnableLogging` there; None leaves it out."""

    async def furnish(fleet: Fleet) -> None:
        machines = {name: fleet.hosts[lab.hosts[name]].machine for name in priors}
        await asyncio.gather(*map(the_add_in, machines.values()))
        for name, machine in machines.items():
            set_logging(machine, priors[name])

    lab.lab.call(furnish)


def set_logging(machine: Machine, number: int | None) -> None:
    if number is not None:
        machine.registry.set(provider.PROVIDER, provider.ENABLE_LOGGING, Value.of(number))
    elif machine.registry.get(provider.PROVIDER, provider.ENABLE_LOGGING):
        machine.registry.delete_value(provider.PROVIDER, provider.ENABLE_LOGGING)


def logging(lab: Site, name: str) -> object:
    """`EnableLogging` of a machine; None where it is not there."""
    return lab.value(name, provider.PROVIDER, provider.ENABLE_LOGGING)


def has_task(lab: Site, name: str) -> bool:
    return lab.on(name, lambda machine: any(TASK in task.path for task in machine.tasks))


def is_leased(lab: Site, name: str) -> bool:
    return lab.on(name, lambda machine: machine.files.exists(LEASE))


class Begun:
    """Tells when every host has begun its capture, or has come to nothing."""

    def __init__(self, hosts: int) -> None:
        self._left = hosts
        self._through: set[str] = set()
        self.all = asyncio.Event()

    def notify(self, event: Event) -> None:
        if isinstance(event, HostFinished):
            self._through.add(event.result.name)
        elif isinstance(event, StepFinished) and event.record.name == "capture":
            self._through.add(event.host)
        if len(self._through) == self._left:
            self.all.set()


@dataclass(frozen=True)
class Capturing:
    """A run that captures, on its way."""

    session: Session
    begun: Begun
    lab: Site
    task: asyncio.Task[Mapping[str, HostResult]]

    def stop(self, *hosts: str) -> None:
        """What Enter does, or `--stop`: on these hosts, or all."""
        names = {self.lab.hosts[name] for name in hosts or self.lab.hosts}
        for each in known_captures(captures_folder()):
            if each.run == self.session.id and each.host in names:
                ask_to_end(captures_folder(), each)


async def capture(lab: Site, *hosts: str, minutes: int = 60, check: bool = False) -> Capturing:
    """Begins a capture, and returns when it is on everywhere, or at its end."""
    begun = Begun(len(hosts or lab.hosts))
    session = begin(lab, CaptureLogs, *hosts, minutes=minutes, check=check, listeners=[begun])
    task = asyncio.create_task(_executed(lab, session))
    waiting = asyncio.create_task(begun.all.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return Capturing(session, begun, lab, task)


async def _executed(lab: Site, session: Session) -> Mapping[str, HostResult]:
    return lab.by_name(await session.execute())


def begin(
    lab: Site, kind: Callable[..., Request], *hosts: str, listeners: Sequence[Listener] = (), **said: object
) -> Session:
    request = kind(
        inventory=lab.inventory,
        limit=",".join(lab.hosts[name] for name in hosts) or None,
        folder=lab.folder / f"run-{secrets.token_hex(4)}",
        **said,
    )
    return prepare(request).begin(listeners, clock=lab.clock)


async def sweep(lab: Site, *hosts: str) -> Mapping[str, HostResult]:
    return await _executed(lab, begin(lab, SweepCaptures, *hosts))


async def show(lab: Site, *hosts: str) -> Mapping[str, HostResult]:
    return await _executed(lab, begin(lab, ListCaptures, *hosts))


async def abandoned(lab: Site, *hosts: str, minutes: int) -> None:
    """A capture that somebody has left by Ctrl-C: it is on, and nobody waits for it."""
    run = await capture(lab, *hosts, minutes=minutes)
    run.session.stop()
    await run.task


async def end(lab: Site, *hosts: str) -> Mapping[str, HostResult]:
    return await _executed(lab, begin(lab, EndCapture, *hosts))


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds."""
    while not condition():  # noqa: ASYNC110 - it comes about on the lab's thread
        await asyncio.sleep(0.05)


async def passed(lab: Site, seconds: float) -> None:
    """So much time of the hosts."""
    await asyncio.sleep(seconds / lab.clock.speed)


def later(lab: Site, *, minutes: float) -> None:
    """Has the hosts' clocks show so much more at once: what is due in between comes no sooner for that."""

    def move(fleet: Fleet) -> None:
        fleet.clock.offset += timedelta(minutes=minutes)

    lab.look(move)
