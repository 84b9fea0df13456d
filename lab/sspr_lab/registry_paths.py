"""Where a registry path leads: hive names, the links inside the registry, WOW64 redirection, and who may write there.

Redirected and shared keys: "Registry Keys Affected by WOW64" (Win32 documentation), column Windows 7 / Server 2008 R2.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.errors import FILE_NOT_FOUND, INVALID_PARAMETER, WindowsError

LONG_NAMES: Final = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_SHORT_NAMES: Final = {long: short for short, long in LONG_NAMES.items()} | {short: short for short in LONG_NAMES}
_REDIRECTED_CLASSES: Final = ("CLSID", "DIRECTSHOW", "INTERFACE", "MEDIA TYPE", "MEDIAFOUNDATION")
_NT: Final = "MICROSOFT\\WINDOWS NT\\CURRENTVERSION\\"
_WINDOWS: Final = "MICROSOFT\\WINDOWS\\CURRENTVERSION\\"
_SHARED: Final = tuple(
    shared.split("\\")
    for shared in (
        "CLIENTS",
        "MICROSOFT\\COM3",
        "MICROSOFT\\CRYPTOGRAPHY\\CALAIS\\CURRENT",
        "MICROSOFT\\CRYPTOGRAPHY\\CALAIS\\READERS",
        "MICROSOFT\\CRYPTOGRAPHY\\SERVICES",
        "MICROSOFT\\CTF\\SYSTEMSHARED",
        "MICROSOFT\\CTF\\TIP",
        "MICROSOFT\\DFS",
        "MICROSOFT\\DRIVER SIGNING",
        "MICROSOFT\\ENTERPRISECERTIFICATES",
        "MICROSOFT\\EVENTSYSTEM",
        "MICROSOFT\\MSMQ",
        "MICROSOFT\\NON-DRIVER SIGNING",
        "MICROSOFT\\NOTEPAD\\DEFAULTFONTS",
        "MICROSOFT\\OLE",
        "MICROSOFT\\RAS",
        "MICROSOFT\\RPC",
        "MICROSOFT\\SHARED TOOLS\\MSINFO",
        "MICROSOFT\\SYSTEMCERTIFICATES",
        "MICROSOFT\\TERMSERVLICENSING",
        "MICROSOFT\\TRANSACTION SERVER",
        _WINDOWS + "APP PATHS",
        _WINDOWS + "CONTROL PANEL\\CURSORS\\SCHEMES",
        _WINDOWS + "EXPLORER\\AUTOPLAYHANDLERS",
        _WINDOWS + "EXPLORER\\DRIVEICONS",
        _WINDOWS + "EXPLORER\\KINDMAP",
        _WINDOWS + "GROUP POLICY",
        _WINDOWS + "POLICIES",
        _WINDOWS + "PREVIEWHANDLERS",
        _WINDOWS + "SETUP",
        _WINDOWS + "TELEPHONY\\LOCATIONS",
        _NT + "CONSOLE",
        _NT + "FONTDPI",
        _NT + "FONTLINK",
        _NT + "FONTMAPPER",
        _NT + "FONTS",
        _NT + "FONTSUBSTITUTES",
        _NT + "GRE_INITIALIZE",
        _NT + "IMAGE FILE EXECUTION OPTIONS",
        _NT + "LANGUAGEPACK",
        _NT + "NETWORKCARDS",
        _NT + "PERFLIB",
        _NT + "PORTS",
        _NT + "PRINT",
        _NT + "PROFILELIST",
        _NT + "TIME ZONES",
        "POLICIES",
        "REGISTEREDAPPLICATIONS",
    )
)
_WOW: Final = "Wow6432Node"
PROTECTED_HIVES: Final = (("HKLM", "SAM"), ("HKLM", "SECURITY"))  # the system's own


def canonical(path: str, view: int, sid: str, *, is_x64: bool) -> tuple[str, ...]:
    """The parts of the path that is really meant, hive first in its short form.

    Raises:
        WindowsError: 87 for an unknown hive, 2 for a path with an empty part.
    """
    hive = _SHORT_NAMES.get(path.partition("\\")[0].upper())
    return _canonical(path, view if is_x64 else 0, sid if hive == "HKCU" else "")


@lru_cache(4096)
def _canonical(path: str, view: int, sid: str) -> tuple[str, ...]:
    """See `canonical`; the machines of a fleet are asked for the same paths, each with SIDs of its own."""
    hive, *parts = path.split("\\")
    if parts and not parts[-1]:
        parts.pop()  # one trailing backslash is forgiven
    if not all(parts):
        raise WindowsError(FILE_NOT_FOUND, path)
    short = _SHORT_NAMES.get(hive.upper())
    if short is None:
        raise WindowsError(INVALID_PARAMETER, path)
    return tuple(_hive(short, parts, sid, view))


def _hive(short: str, parts: list[str], sid: str, view: int) -> list[str]:
    match short:
        case "HKCR":
            return ["HKLM", "SOFTWARE", *_software(["Classes", *parts], view)]
        case "HKCC":
            return _hive("HKLM", ["SYSTEM", "CurrentControlSet", "Hardware Profiles", "Current", *parts], sid, view)
        case "HKCU":
            return _hive("HKU", [sid, *parts], sid, view)
        case "HKU" if parts and parts[0].upper() == SYSTEM.sid:
            return ["HKU", ".DEFAULT", *parts[1:]]
    if short == "HKLM" and parts:
        return ["HKLM", *_machine(parts[0].upper(), parts[1:], view)]
    return [short, *parts]


def _machine(hive: str, parts: list[str], view: int) -> list[str]:
    if hive == "SYSTEM" and parts and parts[0].upper() == "CURRENTCONTROLSET":
        return [hive, "ControlSet001", *parts[1:]]
    return [hive, *_software(parts, view)] if hive == "SOFTWARE" else [hive, *parts]


def _software(parts: list[str], view: int) -> list[str]:
    r"""Redirection below HKLM\SOFTWARE; `view` is 0 on a 32-bit Windows."""
    if not view:
        return parts
    if parts and parts[0].upper() == _WOW.upper():
        parts, view = parts[1:], 32
    upper = [part.upper() for part in parts]
    if upper[:1] == ["CLASSES"]:
        return _classes(parts, upper, view)
    if view == 64 or any(upper[: len(shared)] == shared for shared in _SHARED):
        return parts
    return [_WOW, *parts]


def _classes(parts: list[str], upper: list[str], view: int) -> list[str]:
    if upper[1:2] == [_WOW.upper()]:
        return parts
    if view == 32 and upper[1:2] and upper[1] in _REDIRECTED_CLASSES:
        return [parts[0], _WOW, *parts[1:]]
    return parts


def is_writable_by(parts: Sequence[str], account: Account) -> bool:
    """Whether the account may change the key at these canonical parts: its own hive, or anything with a full token."""
    if account.sid == SYSTEM.sid:
        return True
    if tuple(parts[:2]) in PROTECTED_HIVES:
        return False
    own = parts[0] == "HKU" and len(parts) > 1 and parts[1].upper() == account.sid.upper()
    return own or account.elevated
