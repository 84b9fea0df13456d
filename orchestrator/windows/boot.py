"""Restarts: how one boot is told from another, what says that a restart is due, and how one is scheduled.

A port that closes and opens proves nothing. The proof of a restart is a newer "operating system started" record
(Microsoft-Windows-Kernel-General, event 12) in the System log than the one seen before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, phrase
from orchestrator.model.registry import Value
from orchestrator.windows import registry, registry_change
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, asked, gather
from orchestrator.windows.registry import Key

OURS = r"HKLM\SOFTWARE\SsprOrchestrator"
"""Our own key, there only from a change that needs a restart until that restart is verified."""
AWAITING = "AwaitingRestartOf"
SCHEDULED = "RestartScheduledIn"

CBS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"
WINDOWS_UPDATE = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"
SESSION_MANAGER = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
ACTIVE_NAME = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"
NEXT_NAME = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
NETLOGON = r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon"
UPDATES = r"HKLM\SOFTWARE\Microsoft\Updates"
WINRM_SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\WinRM"
AUTO_LOGON_CHECKED = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"

_WEVTUTIL = Evidence(
    "wevtutil qe: learn.microsoft.com/windows-server/administration/windows-commands/wevtutil (options); "
    "that Windows 7 writes Kernel-General 12 at every start is inferred",
    Sureness.INFERRED,
)
_WMIC = Evidence(
    "wmic os get LocalDateTime: Win32_OperatingSystem on learn.microsoft.com (CIM_DATETIME); "
    "`<nul` because wmic waits for its standard input under winrs (rundeck issue 2511)",
    Sureness.REPORTED,
)
_SHUTDOWN = Evidence(
    "shutdown: learn.microsoft.com/windows-server/administration/windows-commands/shutdown; "
    "exit codes 1190 and 1115 as ansible.windows relies on them; 1116 is ERROR_NO_SHUTDOWN_IN_PROGRESS of winerror.h",
    Sureness.DOCUMENTED,
)

RESTART_SIGNS = Evidence("consistent in public administration scripts and modules", Sureness.REPORTED)
"""Why we believe that what waits for a restart is seen in the keys above."""

SERVICING_WAITS = phrase("restart-for-servicing")
UPDATE_WAITS = phrase("restart-for-windows-update")
PACKAGE_WAITS = phrase("restart-for-update-package")
DOMAIN_WAITS = phrase("restart-for-domain")
NAME_WAITS = phrase("restart-for-new-name")


_NO_CLOCK = phrase("answer-no-clock")
_NOTE_RESTART = phrase("change-note-restart")
_FORGET_SCHEDULED = phrase("change-forget-scheduled-restart")
_FORGET_RESTARTS = phrase("change-forget-restarts")
_SCHEDULE = phrase("change-schedule-restart")
_CANCEL = phrase("change-cancel-restart")


@dataclass(frozen=True)
class Boot:
    """One boot, by its newest start record; None where the log has none (it may have been cleared)."""

    record: int | None
    started: str | None

    @property
    def marker(self) -> str:
        """As kept in results and in our key."""
        return f"{self.record or 'none'}@{self.started or 'unknown'}"

    def follows(self, marker: str) -> bool:
        """Whether this is certainly another boot than the one that `marker` names."""
        return self.record is not None and self.marker != marker


def _parse_boot(replies: Sequence[Reply]) -> Boot:
    (reply,) = replies
    record = re.search(r"<EventRecordID>([0-9]{1,20})</EventRecordID>", reply.output)
    created = re.search(r"""SystemTime=['"]([0-9TZ:.+-]{10,40})['"]""", reply.output)
    return Boot(int(record[1]) if record else None, created[1] if created else None)


BOOT: Fact[Boot] = Fact(
    "boot",
    (
        Command(
            "wevtutil qe System /q:\"*[System[Provider[@Name='Microsoft-Windows-Kernel-General'] and (EventID=12)]]\""
            " /rd:true /c:1 /f:xml",
            _WEVTUTIL,
        ),
    ),
    _parse_boot,
)


def _parse_clock(replies: Sequence[Reply]) -> datetime:
    match = re.search(r"LocalDateTime=([0-9]{14})", replies[0].output)
    try:
        # The host's own local time is what is wanted.
        return datetime.strptime(match[1] if match else "", "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError as error:
        raise UnexpectedOutput(_NO_CLOCK(), output=replies[0].output[:200]) from error


CLOCK: Fact[datetime] = Fact("clock", (Command("wmic os get LocalDateTime /value <nul", _WMIC),), _parse_clock)
"""The host's local date and time, without a zone."""


@dataclass(frozen=True)
class RestartState:
    """Everything that bears on restarting: what waits for it, and whether the host would come back.

    Attributes:
        waiting: What is waiting for a restart. Strong signs only.
        renames: How many file operations wait for the next start; a weak sign, as printers and virus scanners leave
            them too.
        servicing: Windows is in the middle of servicing itself; nothing should be installed now.
        awaited: Marker of the boot whose end a change of ours waits for, or None.
        scheduled: Marker of the boot that we have scheduled the end of, or None.
        due: When that is to be, in ISO 8601 by our clock, or None.
        winrm_start: `Start` of the WinRM service: 2 automatic, 3 manual, 4 disabled; None when not readable.
    """

    waiting: tuple[Message, ...]
    renames: int
    servicing: bool
    awaited: str | None
    scheduled: str | None
    due: str | None
    winrm_start: int | None

    @property
    def comes_back(self) -> bool:
        """Whether WinRM starts by itself, so that we would reach the host again."""
        return self.winrm_start == 2  # noqa: PLR2004 - SERVICE_AUTO_START


def _restart_state(
    cbs: Key | None,
    update: Key | None,
    renames: Value | None,
    active: Value | None,
    following: Value | None,
    netlogon: Key | None,
    update_exe: Value | None,
    ours: Key | None,
    winrm: Key | None,
) -> RestartState:
    scheduled, _, due = (ours.text(SCHEDULED) or "").partition(" ") if ours else ("", "", "")
    servicing_keys = {name.lower() for name in (cbs.subkeys if cbs else ())}
    waiting = []
    if "rebootpending" in servicing_keys:
        waiting.append(SERVICING_WAITS())
    if update is not None:
        waiting.append(UPDATE_WAITS())
    if update_exe and update_exe.number:
        waiting.append(PACKAGE_WAITS())
    if netlogon and {"joindomain", "avoidspnset"} & netlogon.values.keys():
        waiting.append(DOMAIN_WAITS())
    if active and following and active.data != following.data:
        waiting.append(NAME_WAITS())
    return RestartState(
        waiting=tuple(waiting),
        renames=str(renames.data).count("\\??\\") if renames else 0,
        servicing=bool(servicing_keys & {"rebootinprogress", "packagespending"}),
        awaited=ours.text(AWAITING) if ours else None,
        scheduled=scheduled or None,
        due=due or None,
        winrm_start=winrm.number("Start") if winrm else None,
    )


NOTES: Fact[Key | None] = registry.key("restart.notes", OURS)
"""Our own key, with what we have noted about restarts."""

RESTART: Fact[RestartState] = gather(
    "restart",
    _restart_state,
    cbs=asked(registry.key("restart.servicing", CBS)),
    update=asked(registry.key("restart.windows_update", WINDOWS_UPDATE)),
    renames=asked(registry.value("restart.renames", SESSION_MANAGER, "PendingFileRenameOperations")),
    active=asked(registry.value("restart.name_now", ACTIVE_NAME, "ComputerName")),
    following=asked(registry.value("restart.name_next", NEXT_NAME, "ComputerName")),
    netlogon=asked(registry.key("restart.domain_join", NETLOGON)),
    update_exe=asked(registry.value("restart.update_package", UPDATES, "UpdateExeVolatile")),
    ours=asked(NOTES),
    winrm=asked(registry.key("restart.winrm", WINRM_SERVICE)),
)

LOGON_READY: Fact[Key | None] = registry.key("logon_ready", AUTO_LOGON_CHECKED)
"""LogonUI makes this volatile key when it has come up: the start is then really over (ansible.windows 1.6.0)."""


def note_awaiting(booted: Boot, notes: Key | None) -> Change:
    """Notes in our key that a change waits for the end of this boot; an undo of that change takes the note away."""
    wanted = {AWAITING: Value("REG_SZ", booted.marker)}
    created = () if notes else (OURS,)
    before = notes.values if notes else {}
    return registry_change.values_change(_NOTE_RESTART(), OURS, wanted, before, created)


def awaited(notes: Key | None, booted: Boot) -> bool:
    """Whether a change of ours takes effect only when this boot ends."""
    marker = notes.text(AWAITING) if notes else None
    return marker is not None and not booted.follows(marker)


def note_scheduled(booted: Boot, due: str) -> Change:
    """Notes in our key that we end this boot, and when (ISO 8601). No undo touches it: it goes with the restart."""
    note = registry_change.set_value(OURS, SCHEDULED, Value("REG_SZ", f"{booted.marker} {due}"))
    return Change(_NOTE_RESTART(), (note,))


FORGET_SCHEDULED = Change(_FORGET_SCHEDULED(), (registry_change.delete_value(OURS, SCHEDULED),))

FORGET = Change(_FORGET_RESTARTS(), (registry_change.delete_key(OURS),))
"""Removes our key; that it is not there is no failure."""


class ShutdownCode:
    """Exit codes of shutdown.exe, which are Win32 error codes."""

    DONE = 0
    ACCESS_DENIED = 5
    IN_PROGRESS = 1115
    NONE_PENDING = 1116
    ALREADY_SCHEDULED = 1190


def schedule(seconds: int, message: str | None) -> Change:
    """A restart in `seconds` (at least 1) by the host's own countdown, which outlives us and the connection.

    A countdown above 0 implies /f: programs are closed without asking (shutdown's own documentation). The exit code
    is the answer; see ShutdownCode. `p:4:2` is "Application: Installation (Planned)".
    """
    comment = f' /c "{message_text(message)}"' if message else ""
    line = f"shutdown /r /t {seconds} /d p:4:2{comment} 2>&1"
    return Change(_SCHEDULE(), (Command(line, _SHUTDOWN, accepts=None),))


def message_text(message: str) -> str:
    """A message as it may stand inside quotes on a cmd.exe line: percent signs and quotes are softened."""
    return re.sub(" ?%", " percent", message.replace('"', "'"))


ABORT = Change(_CANCEL(), (Command("shutdown /a 2>&1", _SHUTDOWN, accepts=None),))
"""The exit code is the answer; see ShutdownCode."""


def seconds_until(moment: time, now: datetime) -> int:
    """Seconds from the host's `now` to the next time its clock shows `moment`."""
    due = datetime.combine(now.date(), moment)
    if due <= now:
        due += timedelta(days=1)
    return int((due - now).total_seconds())
