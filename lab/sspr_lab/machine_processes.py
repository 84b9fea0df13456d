"""What a process list of a machine shows: the system's processes, a logged-on user's, and those that the lab runs."""

from dataclasses import dataclass
from typing import Final

from sspr_lab.accounts import SYSTEM, full_name
from sspr_lab.interfaces.host import Host
from sspr_lab.interfaces.platform import Platform

_AT_BOOT: Final = (
    ("System Idle Process", 0, 0, 24),
    ("System", 4, 0, 1_024),
    ("smss.exe", 252, 0, 1_116),
    ("csrss.exe", 340, 0, 4_212),
    ("wininit.exe", 392, 0, 4_380),
    ("csrss.exe", 404, 1, 5_748),
    ("winlogon.exe", 452, 1, 6_516),
    ("services.exe", 496, 0, 8_892),
    ("lsass.exe", 512, 0, 11_016),
    ("lsm.exe", 520, 0, 4_212),
    ("svchost.exe", 628, 0, 9_332),
    ("svchost.exe", 704, 0, 7_708),
    ("svchost.exe", 792, 0, 18_512),
    ("svchost.exe", 856, 0, 32_940),
    ("svchost.exe", 972, 0, 15_220),
    ("spoolsv.exe", 1_140, 0, 12_060),
)


@dataclass(frozen=True)
class Listed:
    r"""A line of a process list; `user` is DOMAIN\name, session 0 that of the services."""

    image: str
    pid: int
    session: int
    memory_kb: int
    user: str


def logged_on_user(machine: Platform) -> str | None:
    """Who sits in front of the machine."""
    profile = machine.profile
    return profile.users[0] if profile.has("user_logged_on") and profile.users else None


def listed_processes(machine: Host) -> list[Listed]:
    """All processes, in the order of their start."""
    profile = machine.profile
    system = full_name(profile, SYSTEM)
    items = [
        Listed(image, pid, session, memory, system)
        for image, pid, session, memory in _AT_BOOT
        if image != "lsm.exe" or profile.branch == "windows7"
    ]
    user = logged_on_user(machine)
    owner = f"{machine.profile.computer_name}\\{user}"
    items.append(
        Listed("LogonUI.exe", 880, 1, 19_244, system)
        if user is None
        else Listed("explorer.exe", 1_188, 1, 48_312, owner)
    )
    items += [
        Listed(process.image, process.pid, 0, 3_120, full_name(profile, process.account))
        for process in machine.processes
    ]
    return items
