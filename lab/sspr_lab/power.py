"""Shutting a machine down and starting it again: requests, their order in time, and what each stage does.

The stages follow the host's clock: the delay of the request; the stop (`Profile.stop_seconds`), in which WinRM goes
early and the event log last; firmware and boot (`Profile.start_seconds`); the services; LogonUI; and two minutes after
the services those with a delayed start (AutoStartDelay, 120 s). Faults that bite here: slow_reboot, never_returns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.boot_events import (
    write_abort,
    write_request,
    write_service_states,
    write_start,
    write_stop,
    write_uptime,
)
from sspr_lab.clock import Handle
from sspr_lab.eventlog import EventLog
from sspr_lab.interfaces.platform import Platform
from sspr_lab.interfaces.power import (
    NO_REASON,
    NO_SHUTDOWN_IN_PROGRESS,
    SHUTDOWN_EXE,
    SHUTDOWN_IN_PROGRESS,
    SHUTDOWN_IS_SCHEDULED,
    PendingShutdown,
)
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.restart import note_shutdown
from sspr_lab.services import Services

_UPGRADE: Final = 0x80020003
_KILLED_BY_SHUTDOWN: Final = 0x40010004  # DBG_TERMINATE_PROCESS, the exit code of what a shutdown ends
_LOGON_UI_AFTER: Final = 8.0
_DELAYED_SERVICES_AFTER: Final = 120.0
_SLOW_REBOOT: Final = 600.0
_CONFIGURING_UPDATES: Final = 25.0
_FIRST_UPTIME: Final = timedelta(hours=2)


class _Tasks(Protocol):
    """What a stop and a start do to the Task Scheduler."""

    def shut_down(self) -> None: ...

    def boot(self) -> None: ...


class PoweredMachine(Platform, Protocol):
    """What is stopped and started: the machine, and how it does the stages that are its own."""

    powered: bool

    @property
    def processes(self) -> Sequence[RunningProcess]: ...

    @property
    def shells(self) -> set[str]: ...

    @property
    def events(self) -> EventLog: ...

    @property
    def services(self) -> Services: ...

    @property
    def tasks(self) -> _Tasks: ...

    async def halt(self) -> None: ...

    async def settle(self) -> None: ...

    async def show_logon_screen(self) -> None: ...


class PowerControl:
    """The power state of one machine. `boot_time` (UTC) is that of the start it is in; before the first, hours ago."""

    def __init__(self, machine: PoweredMachine) -> None:
        self._machine = machine
        self.pending: PendingShutdown | None = None
        self.shutting_down = False
        uptime = _FIRST_UPTIME + timedelta(minutes=machine.profile.seed * 37 % 10_000)
        self.boot_time = machine.clock.now() - uptime
        self._timer: Handle | None = None
        self._configures_updates = machine.profile.has("double_reboot")

    def initiate(
        self,
        after_seconds: float,
        reason: int = NO_REASON,
        force: bool = False,
        reboot: bool = True,
        message: str = "",
        *,
        account: Account = SYSTEM,
        program: str = SHUTDOWN_EXE,
    ) -> int:
        """Ask for a shutdown in `after_seconds` host seconds (InitiateSystemShutdownEx); a delay implies `force`.

        Returns:
            0, or a Win32 code: SHUTDOWN_IS_SCHEDULED, SHUTDOWN_IN_PROGRESS.
        """
        if self.shutting_down:
            return SHUTDOWN_IN_PROGRESS
        if self.pending is not None:
            return SHUTDOWN_IS_SCHEDULED
        machine = self._machine
        due = machine.clock.now() + timedelta(seconds=after_seconds)
        self.pending = PendingShutdown(due, reboot, force or after_seconds > 0, reason, message, account)
        machine.ledger.note("shutdown asked for", machine.clock.now())
        write_request(machine.events, machine.profile, account, program, reason=reason, reboot=reboot, message=message)
        self._timer = machine.clock.call_later(after_seconds, lambda: self._shut_down(reboot=reboot))
        return 0

    def abort(self, account: Account = SYSTEM) -> int:
        """Call off the pending shutdown; 0, or NO_SHUTDOWN_IN_PROGRESS when none waits."""
        if self.pending is None or self._timer is None or self.shutting_down:
            return NO_SHUTDOWN_IN_PROGRESS
        self._timer.cancel()
        self._timer = self.pending = None
        self._machine.ledger.note("shutdown called off", self._machine.clock.now())
        write_abort(self._machine.events, self._machine.profile, account)
        return 0

    async def boot(self) -> None:
        """Start a machine that is off, and return when its services without delay run; nothing when it is on."""
        if not self._machine.powered:
            await self._start()

    async def _shut_down(self, *, reboot: bool) -> None:
        self._timer = None
        self.shutting_down = True
        await self._stop()
        self.shutting_down = False
        self.pending = None
        if reboot and not self._machine.faults.find("never_returns"):
            await self._start()

    async def _stop(self) -> None:
        machine = self._machine
        third = machine.profile.stop_seconds / 3
        await machine.clock.sleep(third)
        machine.tasks.shut_down()
        machine.services.stop_all()
        machine.shells.clear()
        await machine.clock.sleep(third)
        for process in list(machine.processes):
            process.terminate(_KILLED_BY_SHUTDOWN)
        now = machine.clock.now()
        write_stop(machine.events, now)
        note_shutdown(machine, now)
        await machine.halt()
        await machine.clock.sleep(third)
        machine.powered = False

    async def _start(self) -> None:
        machine = self._machine
        slow = machine.faults.find("slow_reboot")
        wait = machine.profile.start_seconds + (slow.number("seconds", _SLOW_REBOOT) if slow else 0)
        await machine.clock.sleep(wait / 2)
        await machine.settle()
        self.boot_time = machine.clock.now()
        await machine.clock.sleep(wait / 2)
        write_start(machine.events, machine.profile, self.boot_time)
        machine.powered = True
        machine.ledger.note("started", machine.clock.now())
        self._start_services(delayed=False)
        write_uptime(machine.events, machine.profile, wait / 2)
        machine.tasks.boot()
        machine.clock.call_later(0, self._settle_down)

    async def _settle_down(self) -> None:
        """The minutes after the services: a second restart for updates, or the logon screen and the late services."""
        machine, started = self._machine, self.boot_time
        if self._configures_updates:
            await machine.clock.sleep(_CONFIGURING_UPDATES)
            self._configures_updates = False
            installer = r"C:\Windows\servicing\TrustedInstaller.exe"
            self.initiate(0, _UPGRADE, force=True, program=installer)
            return
        await machine.clock.sleep(_LOGON_UI_AFTER)
        if not self._is_still_up(started):
            return
        await machine.show_logon_screen()
        await machine.clock.sleep(_DELAYED_SERVICES_AFTER - _LOGON_UI_AFTER)
        if self._is_still_up(started):
            self._start_services(delayed=True)

    def _is_still_up(self, started: datetime) -> bool:
        return self._machine.powered and not self.shutting_down and self.boot_time == started

    def _start_services(self, *, delayed: bool) -> None:
        services = self._machine.services
        names = services.start_automatic(delayed=delayed)
        state = self._machine.profile.spoken.text("running")
        write_service_states(self._machine.events, [services.service(name).display_name for name in names], state)
