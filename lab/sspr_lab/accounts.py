"""The accounts of a machine: who there is, what they are called, where their profiles lie."""

from dataclasses import dataclass
from typing import Final

from sspr_lab.profile import Profile

_FIRST_USER_RID: Final = 1001


@dataclass(frozen=True)
class Account:
    """Who a process runs as: the parts of an access token that the lab's tools look at."""

    name: str
    sid: str
    elevated: bool  # a full administrator token
    network_logon: bool  # a WinRM logon: no delegation, no desktop
    domain: str = ""  # "" is the machine itself


SYSTEM: Final = Account("SYSTEM", "S-1-5-18", elevated=True, network_logon=False, domain="NT AUTHORITY")
SERVICE_ACCOUNTS: Final = {
    "S-1-5-18": SYSTEM,
    "S-1-5-19": Account("LOCAL SERVICE", "S-1-5-19", elevated=False, network_logon=False, domain="NT AUTHORITY"),
    "S-1-5-20": Account("NETWORK SERVICE", "S-1-5-20", elevated=False, network_logon=False, domain="NT AUTHORITY"),
}
"""Whom services and tasks run as without a password, by SID."""


def local_sid(profile: Profile, name: str) -> str:
    """The SID of a local account; the built-in administrator's RID is 500, whatever its name in the language."""
    built_in = profile.spoken.names.administrator
    if name == built_in:
        return f"{profile.machine_sid}-500"
    names = [each for each in (*profile.administrators, *profile.users) if each != built_in]
    return f"{profile.machine_sid}-{_FIRST_USER_RID + names.index(name)}"


def local_name(profile: Profile, account: Account) -> str:
    """The account's name without a domain; those of the system have one in the machine's language."""
    names = profile.spoken.names
    own = {"S-1-5-18": names.system, "S-1-5-19": names.local_service, "S-1-5-20": names.network_service}
    return own.get(account.sid, account.name)


def full_name(profile: Profile, account: Account) -> str:
    r"""DOMAIN\name as the machine shows it: "NT AUTHORITY\SYSTEM" is "AUTORITE NT\Système" on a French one."""
    is_own = account.sid in ("S-1-5-18", "S-1-5-19", "S-1-5-20")
    domain = profile.spoken.names.authority if is_own else account.domain or profile.computer_name
    return f"{domain}\\{local_name(profile, account)}"


def profile_directory(account: Account) -> str:
    """The account's profile directory."""
    if account.sid == SYSTEM.sid:
        return "C:\\Windows\\system32\\config\\systemprofile"
    return f"C:\\Users\\{account.name}"
