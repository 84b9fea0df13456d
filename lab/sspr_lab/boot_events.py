"""The records that starting and stopping leave in the System log."""

from datetime import datetime
from typing import Final

from sspr_lab.accounts import SYSTEM, Account, full_name
from sspr_lab.eventlog import EventLog
from sspr_lab.eventlog_providers import KERNEL_GENERAL
from sspr_lab.eventlog_tree import Value, ValueType, time
from sspr_lab.profile import Profile

_CHANNEL: Final = "System"
_QFE: Final = {7600: 16385, 7601: 17514, 9200: 16384, 9600: 17031, 16299: 15, 17134: 1, 19045: 2965}
_REASONS: Final = {  # the titles of winuser.h's reasons, as the shutdown event tracker shows them
    0x00000000: "Other",
    0x00010001: "Hardware: Maintenance",
    0x00020003: "Operating System: Upgrade",
    0x00020004: "Operating System: Reconfiguration",
    0x00020010: "Operating System: Service pack",
    0x00020011: "Operating System: Hot fix",
    0x00020012: "Operating System: Security fix",
    0x00040001: "Application: Maintenance",
    0x00040002: "Application: Installation",
}
_PLANNED: Final = 0x80000000


def write_start(events: EventLog, profile: Profile, started: datetime) -> None:
    """Kernel-General 12, and EventLog 6009 and 6005, which the log's service writes when it starts."""
    major, minor = (int(part) for part in profile.version.split("."))
    qfe = _QFE[profile.build]
    numbers = [
        Value(ValueType.UINT32, number) for number in (major, minor, profile.build, qfe, profile.service_pack, 0)
    ]
    events.write(_CHANNEL, KERNEL_GENERAL, 12, data=[*numbers, time(started)], user_sid=SYSTEM.sid, at=started)
    service_pack = f"Service Pack {profile.service_pack}" if profile.service_pack else ""
    version = [f"{major}.{minor:02}.", str(profile.build), service_pack, "Multiprocessor Free", str(qfe)]
    events.write(_CHANNEL, "EventLog", 6009, data=version, at=started)
    events.write(_CHANNEL, "EventLog", 6005, at=started)


def write_uptime(events: EventLog, profile: Profile, seconds: float) -> None:
    """EventLog 6013, the seconds since the start."""
    zone = f"{-profile.utc_offset_minutes} {'UTC' if not profile.utc_offset_minutes else 'Local Standard Time'}"
    events.write(_CHANNEL, "EventLog", 6013, data=["", "", "", "", str(int(seconds)), "60", zone])


def write_stop(events: EventLog, stopped: datetime) -> None:
    """EventLog 6006, then Kernel-General 13, the last words."""
    events.write(_CHANNEL, "EventLog", 6006)
    events.write(_CHANNEL, KERNEL_GENERAL, 13, data=[time(stopped)], user_sid=SYSTEM.sid)


def write_request(
    events: EventLog, profile: Profile, account: Account, program: str, *, reason: int, reboot: bool, message: str
) -> None:
    """User32 1074: who asked for the shutdown, by what program, and why."""
    data = [
        f"{program} ({profile.computer_name})",
        profile.computer_name,
        _title(profile, reason),
        f"{reason:#x}",
        profile.spoken.text("restart" if reboot else "power off"),
        message,
        full_name(profile, account),
    ]
    events.write(_CHANNEL, _user32(profile), 1074, data=data, user_sid=account.sid)


def write_abort(events: EventLog, profile: Profile, account: Account) -> None:
    """User32 1075: the shutdown was called off."""
    data = [profile.computer_name, full_name(profile, account)]
    events.write(_CHANNEL, _user32(profile), 1075, data=data, user_sid=account.sid)


def write_service_states(events: EventLog, display_names: list[str], state: str) -> None:
    """Service Control Manager 7036, one for each service."""
    for name in display_names:
        events.write(_CHANNEL, "Service Control Manager", 7036, data=[name, state])


def _title(profile: Profile, reason: int) -> str:
    title = _REASONS.get(reason & 0x00FFFFFF)
    if title is None:
        return profile.spoken.text("No title for this reason could be found")
    kind = profile.spoken.text("Planned" if reason & _PLANNED else "Unplanned")
    return f"{profile.spoken.text(title)} ({kind})"


def _user32(profile: Profile) -> str:
    return "USER32" if profile.branch == "windows7" else "User32"
