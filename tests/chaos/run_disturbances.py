"""What goes wrong with a run as a whole: signals, another run, what the computer is short of, the way, the account."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from tests.chaos.coordinator import Command, Coordinator
from tests.chaos.disturbances import ANYHOW, LEFT_ALONE, WELL, Disturbance, UnderWay
from tests.chaos.hosts import DOMAIN_ACCOUNT, HostKind


@dataclass
class Signalled(Disturbance):
    """The program gets a signal when so many messages have passed between hosts and clients."""

    number: signal.Signals
    at: int

    @property
    def kind(self) -> str:
        return f"coordinator: {self.number.name}"

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW

    @property
    def may_leave_no_result(self) -> bool:
        return self.number == signal.SIGKILL

    def begin(self, run: UnderWay) -> None:
        run.hosts.exchanges.at(self.at, lambda: self._send(run.runs[0]))

    def _send(self, coordinator: Coordinator) -> None:
        self.happened = True  # beforehand: it may be dead and judged before the next line
        self.happened = coordinator.signal(self.number)


@dataclass
class TwoAtOnce(Disturbance):
    """The same run a second time, beside the first; from the same computer or, with a state of its own, another.

    A host that one of them restarts is down for the other, which, if it never met that one's lease, sees no more of it.
    Another computer cannot know that a run before has been killed, or has lost its way to a host for good, and waits
    until its leases are over: these quarters of an hour have passed when it begins, and when the next run does.
    """

    at: int
    elsewhere: bool
    restarted: frozenset[str] = field(default=frozenset(), init=False)
    _due: bool = field(default=False, init=False)
    _started: Mapping[str, int] = field(default_factory=dict, init=False)

    @property
    def kind(self) -> str:
        return f"coordinator: two at once, {'two computers' if self.elsewhere else 'one computer'}"

    @property
    def computers(self) -> int:
        return 2 if self.elsewhere and self.happened else 1

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        touched = any(step.result.outcome is Outcome.CHANGED for step in told.steps)
        down = {Outcome.UNREACHABLE} if told.name in self.restarted and not touched else frozenset[Outcome]()
        return WELL | LEFT_ALONE | down

    def begin(self, run: UnderWay) -> None:
        def due() -> None:
            self._due = True

        self._started = _starts(run)
        if self.elsewhere:
            run.hosts.outdate_leases()
        run.hosts.exchanges.at(self.at, due)

    def watch(self, run: UnderWay) -> None:
        first = run.runs[0]
        if self._due and len(run.runs) == 1 and first.code is None:
            folder = run.command.folder.with_name(f"{run.command.folder.name}-second")
            second = replace(run.command, folder=folder)
            if self.elsewhere:
                state = {"SSPR_STATE": str(folder.with_name(f"{folder.name}-state"))}
                second = replace(second, environment={**second.environment, **state})
            run.runs.append(run.start(second))
        self.happened |= first.code is None and len(run.runs) == 2 and run.runs[1].has_begun

    def end(self, run: UnderWay) -> None:
        if self.elsewhere:
            run.hosts.outdate_leases()
        self.restarted = frozenset(name for name, count in _starts(run).items() if count > self._started[name])


_SMALL_DISK = """
mount -t tmpfs -o size="$1",mode=0700 none "$2" || exit 99
disk=$2 kept=$3; shift 3
"$@"
code=$?
df --output=avail "$disk" | tail -n 1 > "$kept/available"
cp -a "$disk/." "$kept/"
exit $code
"""


@dataclass
class FullDisk(Disturbance):
    """Everything that a run keeps is on a disk that has so little room.

    It is seen to be full when no page is free at the end, or when the program has said so.
    """

    kilobytes: int
    _kept: Path | None = field(default=None, init=False)

    @property
    def kind(self) -> str:
        return "coordinator: disk full"

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW

    @property
    def may_leave_no_result(self) -> bool:
        return True

    def shape(self, command: Command) -> Command:
        disk = command.folder.with_name(f"{command.folder.name}-disk")
        self._kept = command.folder.with_name(f"{command.folder.name}-kept")
        for path in (disk, self._kept):
            path.mkdir(mode=0o700)
        under = ("unshare", "--mount", "sh", "-c", _SMALL_DISK, "sh", f"{self.kilobytes}k", str(disk), str(self._kept))
        environment = {**command.environment, "SSPR_STATE": str(disk / "state")}
        inside = replace(command, environment=environment, folder=disk / "run", kept=self._kept / "run")
        return inside.wrapped(*under)

    def end(self, run: UnderWay) -> None:
        assert self._kept is not None
        self.happened = any(words in run.runs[0].said for words in (os.strerror(errno.ENOSPC), "disk is full"))
        with suppress(OSError, ValueError):
            self.happened |= int((self._kept / "available").read_text("ascii")) <= 4


@dataclass
class FewDescriptors(Disturbance):
    """The program may have so few files and connections open."""

    limit: int

    @property
    def kind(self) -> str:
        return "coordinator: few descriptors"

    @property
    def may_leave_no_result(self) -> bool:
        return True  # it may say that it cannot begin

    def shape(self, command: Command) -> Command:
        return command.wrapped("prlimit", f"--nofile={self.limit}:{self.limit}")

    def watch(self, run: UnderWay) -> None:
        if not self.happened:
            self.happened = _of_program(run, lambda it: it.rlimit(psutil.RLIMIT_NOFILE)[0]) == self.limit


@dataclass
class OpenUmask(Disturbance):
    """The program's files are readable for everybody unless it says otherwise."""

    @property
    def kind(self) -> str:
        return "coordinator: umask 000"

    def shape(self, command: Command) -> Command:
        return command.wrapped("sh", "-c", 'umask 000; exec "$@"', "sh")

    def watch(self, run: UnderWay) -> None:
        if not self.happened:
            self.happened = "\nUmask:\t0000\n" in str(_of_program(run, lambda it: _status(it.pid)))


@dataclass
class DyingJumpHost(Disturbance):
    """The jump host is gone with all its connections, for a second."""

    at: int
    _due: bool = field(default=False, init=False)
    _until: float = field(default=0.0, init=False)

    @property
    def kind(self) -> str:
        return "jump host dies"

    def begin(self, run: UnderWay) -> None:
        def due() -> None:
            self._due = True

        run.hosts.exchanges.at(self.at, due)

    def watch(self, run: UnderWay) -> None:
        gate = run.hosts.gate
        assert gate is not None
        if self._due and not self.happened and run.runs[0].code is None:
            self.happened = gate.connected
            if self.happened:
                gate.kill()
                self._until = time.monotonic() + 1
        elif self._until and time.monotonic() > self._until:
            self._until = 0.0
            gate.start()

    def end(self, run: UnderWay) -> None:
        if self._until and run.hosts.gate is not None:
            self._until = 0.0
            run.hosts.gate.start()


@dataclass
class LockedAccount(Disturbance):
    """The domain's account is locked by somebody else's wrong passwords, after so many more of our good log-ons."""

    good: int

    @property
    def kind(self) -> str:
        return "account locked"

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        return ANYHOW if kind is not None and kind.way == "domain" else WELL

    def begin(self, run: UnderWay) -> None:
        domain = run.hosts.domain
        domain.locks_after = domain.ledger(DOMAIN_ACCOUNT).good + self.good

    def end(self, run: UnderWay) -> None:
        domain = run.hosts.domain
        self.happened, domain.locks_after = domain.ledger(DOMAIN_ACCOUNT).locked, None
        if self.happened:
            domain.unlock(DOMAIN_ACCOUNT)


def _starts(run: UnderWay) -> dict[str, int]:
    """How often each disturbed host has started so far."""
    hosts = run.hosts
    return {name: hosts.on(name, lambda machine: machine.ledger.count("started")) for name in hosts.disturbed}


def _of_program(run: UnderWay, look: Callable[[psutil.Process], Any]) -> Any:
    """What is seen of the running program; None where it is gone."""
    program = run.runs[0].program
    if program is None:
        return None
    with suppress(psutil.Error, OSError):
        return look(program)
    return None


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text("ascii")
