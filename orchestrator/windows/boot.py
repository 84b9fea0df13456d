"""Restarts: how one boot is told from another, what says that a restart is due, and how one is scheduled.

A port that closes and opens proves nothing. The proof of a restart is a newer "operating system started" record
(Microsoft-Windows-Kernel-General, event 12) in the System log than the one seen before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.message import Message, phrase
from orchestrator.model.registry import Value
from orchestrator.windows import computer_name, moments, registry, registry_change
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, asked, gather
from orchestrator.windows.registry import Key

OURS = r"HKLM\SOFTWARE\SsprOrchestrator"
"""Our own key, there only from a change that needs a restart until that restart is verified."""
AWAITING = "AwaitingRestartOf"
SCHEDULED = "RestartScheduledIn"
_WAITED_FOR = "waited-for"

CBS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"
WINDOWS_UPDATE = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"
SESSION_MANAGER = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
NEXT_NAME = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
NETLOGON = r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon"
UPDATES = r"HKLM\SOFTWARE\Microsoft\Updates"
UPDATES_WOW64 = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Updates"
WINRM_SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\WinRM"
AUTO_LOGON_CHECKED = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"

_WEVTUTIL = Evidence(
    "wevtutil qe: learn.microsoft.com/windows-server/administration/windows-commands/wevtutil (options); "
    "that Windows 7 writes Kernel-General 12 at every start is inferred",
    Sureness.INFERRED,
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
        due: When that is to be, in ISO 8601 and UTC by the host's own clock, or None.
        winrm_start: `Start` of the WinRM service: 2 automatic, 3 manual, 4 disabled; None when not readable.
        waited_for: Whether the run that scheduled it was to wait until the host is back.
    """

    waiting: tuple[Message, ...]
    renames: int
    servicing: bool
    awaited: str | None
    scheduled: str | None
    due: str | None
    winrm_start: int | None
    waited_for: bool = False

    def outlived(self, booted: Boot) -> bool:
        """Whether our notes are of earlier boots, all of them: what they wait for has happened, and nobody saw it."""
        return _outlived((self.awaited, self.scheduled), booted)

    @property
    def due_at(self) -> datetime | None:
        """The moment that `due` is, in UTC."""
        return moments.read(self.due or "")

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
    more_renames: Value | None,
    update_exe_wow64: Value | None,
) -> RestartState:
    scheduled, _, when = (ours.text(SCHEDULED) or "").partition(" ") if ours else ("", "", "")
    due, _, waited_for = when.partition(" ")
    servicing_keys = {name.lower() for name in (cbs.subkeys if cbs else ())}
    waiting = []
    if "rebootpending" in servicing_keys:
        waiting.append(SERVICING_WAITS())
    if update is not None:
        waiting.append(UPDATE_WAITS())
    if any(package and package.number for package in (update_exe, update_exe_wow64)):
        waiting.append(PACKAGE_WAITS())
    if netlogon and {"joindomain", "avoidspnset"} & netlogon.values.keys():
        waiting.append(DOMAIN_WAITS())
    if active and following and str(active.data).upper() != str(following.data).upper():
        waiting.append(NAME_WAITS())
    return RestartState(
        waiting=tuple(waiting),
        renames=sum(str(each.data).count("\\??\\") for each in (renames, more_renames) if each),
        servicing=bool(servicing_keys & {"rebootinprogress", "packagespending"}),
        awaited=ours.text(AWAITING) if ours else None,
        scheduled=scheduled or None,
        due=due if moments.read(due) else None,
        waited_for=waited_for == _WAITED_FOR,
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
    active=asked(registry.value("restart.name_now", computer_name.KEY, "ComputerName")),
    following=asked(registry.value("restart.name_next", NEXT_NAME, "ComputerName")),
    netlogon=asked(registry.key("restart.domain_join", NETLOGON)),
    update_exe=asked(registry.value("restart.update_package", UPDATES, "UpdateExeVolatile")),
    ours=asked(NOTES),
    winrm=asked(registry.key("restart.winrm", WINRM_SERVICE)),
    more_renames=asked(registry.value("restart.renames2", SESSION_MANAGER, "PendingFileRenameOperations2")),
    update_exe_wow64=asked(registry.value("restart.update_package_wow64", UPDATES_WOW64, "UpdateExeVolatile")),
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


def only_awaited_before(notes: Key | None, booted: Boot) -> bool:
    """Whether all that our key says is that a change waited for the end of an earlier boot: it is of no more use.

    One that also says that we had scheduled a restart is left to whoever schedules restarts.
    """
    return notes is not None and notes.text(SCHEDULED) is None and _outlived((notes.text(AWAITING),), booted)


def _outlived(markers: Sequence[str | None], booted: Boot) -> bool:
    known = [marker for marker in markers if marker is not None]
    return bool(known) and all(booted.follows(marker) for marker in known)


def note_scheduled(booted: Boot, due: str, *, waited_for: bool) -> Change:
    """Notes in our key that we end this boot, when (ISO 8601), and whether this run waits until the host is back.

    No undo touches it: it goes with the restart.
    """
    text = " ".join([booted.marker, due, *([_WAITED_FOR] if waited_for else [])])
    return Change(_NOTE_RESTART(), (registry_change.set_value(OURS, SCHEDULED, Value("REG_SZ", text)),))


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
    CALL_FAILED = 1726
    """RPC_S_CALL_FAILED: the service that shutdown asks is silent, and may have done it (1727 says that it has not)."""


REASON = 0x80040002
"""What `/d p:4:2` gives for a reason, "Application: Installation (Planned)", as reason.h composes it."""


def schedule(seconds: int, message: str | None) -> Change:
    """A restart in `seconds` (at least 1) by the host's own countdown, which outlives us and the connection.

    A countdown above 0 implies /f: programs are closed without asking (shutdown's own documentation). The exit code
    is the answer; see ShutdownCode.
    """
    comment = f' /c "{message_text(message)}"' if message else ""
    line = f"shutdown /r /t {seconds} /d p:4:2{comment} 2>&1"
    return Change(_SCHEDULE(), (Command(line, _SHUTDOWN, accepts=None),))


def message_text(message: str) -> str:
    """A message as it may stand inside quotes on a cmd.exe line: percent signs and quotes are softened."""
    return re.sub(" ?%", " percent", message.replace('"', "'"))


ABORT = Change(_CANCEL(), (Command("shutdown /a 2>&1", _SHUTDOWN, accepts=None),))
"""The exit code is the answer; see ShutdownCode."""
