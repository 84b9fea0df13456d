"""Runs that die at a message, and the same run again: what a host then is, beside one that nobody disturbed.

A host cannot tell a client that was killed from one of which it hears nothing more. So a run is cut off, on the lab's
side, at one of its messages: the host has acted on that one, the connection is reset, and nothing that this run sends
is acted on any more. Its session is then dropped, and another one does the same run. The process is the same, which
makes hundreds of deaths affordable; that processes really die is tested beside it.
"""

from __future__ import annotations

import asyncio
import html
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from orchestrator.app import RunPlaybook, prepare
from orchestrator.app.session import Session
from orchestrator.model.document import load_document
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult
from orchestrator.model.validation import Entry
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.folders import new_run_id
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind
from sspr_lab.snapshot import Snapshot
from sspr_lab.winrm.connection import Dropped
from tests.lab_fixtures import Lineup, Site, fleet_site

SWIFTLY = 60.0
"""Host seconds in a real second."""
QUIET_WITHIN = 120.0
"""Real seconds within which a host that nobody talks to has come to rest, restart included."""
LOOK_SECONDS = 0.02
_LOGON_SCREEN = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"

Furnish = Callable[[Machine], Coroutine[Any, Any, None]]


@dataclass
class Gate:
    """Between runs and hosts, as a fleet's transcript: counts what hosts acted on, and cuts a run off.

    Attributes:
        acted: Messages by host that it has acted on.
        sent: What it was sent, by host, since `forget`.
    """

    acted: Counter[str] = field(default_factory=Counter)
    sent: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _last: dict[str, int] = field(default_factory=dict)
    _cut: dict[str, threading.Event] = field(default_factory=dict)

    def __call__(self, host: str, action: str, envelope: str) -> None:
        """Raises Dropped where nothing passes any more."""
        if host in self._cut and self._cut[host].is_set():
            raise Dropped
        if not action.endswith("Response"):
            self.sent[host].append(envelope)
            return
        self.acted[host] += 1
        if self.acted[host] == self._last.get(host):
            self._cut[host].set()
            raise Dropped

    def forget(self) -> None:
        """Counts anew."""
        self.acted.clear()
        self.sent.clear()

    def cut_after(self, host: str, messages: int) -> threading.Event:
        """Lets so many more messages pass; gives what is set when the line is cut."""
        self._last[host] = self.acted[host] + messages
        self._cut[host] = threading.Event()
        return self._cut[host]

    def mend(self, host: str) -> None:
        """Lets everything pass again."""
        del self._last[host], self._cut[host]


@dataclass(frozen=True)
class Death:
    """Where a run dies, and when the next one begins.

    Attributes:
        after: Messages that the host has acted on by then.
        later: Whether the host has come to rest before the next run; otherwise that begins at once.
    """

    after: int
    later: bool

    def __str__(self) -> str:
        return f"killed after message {self.after}, run again {'later' if self.later else 'at once'}"


@dataclass(frozen=True)
class Lab:
    """Lab hosts behind a gate."""

    site: Site
    gate: Gate

    async def run(self, playbook: Playbook, *hosts: str) -> RunResult:
        """A run of this playbook, to its end."""
        return await self._session(playbook, *hosts).execute()

    async def run_again(self, host: str, playbook: Playbook) -> HostResult:
        """The same on one; where it was about to restart and could not be reached, once more when it is back."""
        (result,) = (await self.run(playbook, host)).hosts
        if result.outcome is Outcome.UNREACHABLE:
            await self.at_rest(host)
            (result,) = (await self.run(playbook, host)).hosts
        return result

    async def killed(self, host: str, playbook: Playbook, after: int) -> None:
        """A run that dies when the host has acted on so many messages, if it does not end before that."""
        cut = self.gate.cut_after(self.site.hosts[host], after)
        task = asyncio.create_task(self._session(playbook, host).execute())
        while not (cut.is_set() or task.done()):  # noqa: ASYNC110 - it is set on the lab's thread
            await asyncio.sleep(LOOK_SECONDS)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.gate.mend(self.site.hosts[host])

    async def at_rest(self, host: str) -> Snapshot:
        """The host when nothing goes on there any more, and the shells that dead clients left are gone."""
        deadline = time.monotonic() + QUIET_WITHIN
        while not self.site.on(host, _is_at_rest):
            assert time.monotonic() < deadline, f"{host} does not come to rest"
            await asyncio.sleep(LOOK_SECONDS)
        return self.site.on(host, lambda machine: machine.snapshot())

    async def furnish(self, work: Furnish) -> None:
        """Does the same to every machine, as somebody did who was there long before."""

        async def all_of(fleet: Fleet) -> None:
            await asyncio.gather(*(work(host.machine) for host in fleet.hosts.values()))

        await asyncio.to_thread(self.site.lab.call, all_of)

    def _session(self, playbook: Playbook, *hosts: str) -> Session:
        request = RunPlaybook(
            inventory=self.site.inventory,
            limit=",".join(self.site.hosts[host] for host in hosts) or None,
            folder=self.site.folder / "runs" / new_run_id(datetime.now(UTC)),
            playbook=playbook,
        )
        return prepare(request).begin(clock=self.site.clock)


def _is_at_rest(machine: Machine) -> bool:
    if not machine.powered or machine.power.pending is not None or not machine.registry.exists(_LOGON_SCREEN):
        return False
    return machine.services.is_running("WinRM") and not machine.shells and not machine.processes


@contextmanager
def lab_of(folder: Path, kinds: Mapping[str, Kind]) -> Iterator[Lab]:
    """Machines of these kinds behind a gate, up inside the block."""
    gate = Gate()
    lineup = Lineup(Path("lineup"), (), tuple(kinds.values()))

    def make(port: int) -> Fleet:
        return Fleet(len(kinds), mix=lineup, speed=SWIFTLY, port=port, transcript=gate)

    with fleet_site(folder, make) as up:
        yield Lab(replace(up, hosts=dict(zip(kinds, up.hosts, strict=True))), gate)


class _Allowed(Entry):
    """A difference that is no fault."""

    playbooks: tuple[str, ...]
    place: str
    once_sent: str
    because: str


class _AllowedFile(Entry):
    allowed: tuple[_Allowed, ...]


ALLOWED = load_document(Path(__file__).with_name("allowed.yaml")).parse(_AllowedFile).allowed


def faults(
    playbook: str, undisturbed: Mapping[str, str], disturbed: Mapping[str, str], sent: Sequence[str]
) -> list[str]:
    """In what two hosts differ and must not, a line each.

    Args:
        playbook: What was run, by its name.
        undisturbed: Changes on the host on which it was run once.
        disturbed: Those on the host on which it was killed and run again.
        sent: What that one had been sent when the run was killed.
    """
    lines = []
    for place in sorted({*undisturbed, *disturbed}):
        once, again = (changes.get(place, "as before") for changes in (undisturbed, disturbed))
        if once != again and not _is_allowed(playbook, place, sent):
            lines.append(f"{place}: {once}, and after a death {again}")
    return lines


def _is_allowed(playbook: str, place: str, sent: Sequence[str]) -> bool:
    return any(
        playbook in each.playbooks
        and fnmatchcase(place, each.place)
        and any(each.once_sent in html.unescape(envelope) for envelope in sent)
        for each in ALLOWED
    )
