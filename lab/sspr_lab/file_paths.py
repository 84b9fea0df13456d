"""Paths of files: how a relative one is completed, what a valid one is, and who may write where."""

from functools import lru_cache
from typing import Final

from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.errors import BAD_NETWORK_PATH, INVALID_NAME, PATH_NOT_FOUND, WindowsError

_FORBIDDEN: Final = frozenset('<>"|?*') | frozenset(chr(code) for code in range(32))
_OWN_PREFIX: Final = ("\\\\?\\", "\\\\.\\")
_LONGEST_NAME: Final = 255
_REMEMBERED: Final = 16_384  # paths: the machines of a fleet ask for the same ones


@lru_cache(_REMEMBERED)
def full_path(path: str, directory: str) -> str:
    """`path` as seen from the absolute `directory`: separators, ".", "..", trailing dots and spaces are settled."""
    path = path.replace("/", "\\")
    if path.startswith(_OWN_PREFIX):
        return path[4:]
    if path.startswith("\\\\"):
        return path
    if path[1:2] == ":":
        drive, rest = path[:2].upper(), path[2:]
        base = directory[2:] if drive == directory[:2].upper() else "\\"
    else:
        drive, rest, base = directory[:2].upper(), path, directory[2:]
    if not rest.startswith("\\"):
        rest = f"{base}\\{rest}"
    parts: list[str] = []
    for part in rest.split("\\"):
        if part == "..":
            parts = parts[:-1]
        elif trimmed := part.rstrip(". "):
            parts.append(trimmed)
    return f"{drive}\\" + "\\".join(parts)


@lru_cache(_REMEMBERED)
def keys_of(path: str) -> tuple[str, ...]:
    """What the names along an absolute path are looked up by: in upper case. Raises WindowsError, see `parts_of`."""
    return tuple(part.upper() for part in parts_of(path))


def parts_of(path: str) -> list[str]:
    """The names along an absolute path below the drive.

    Raises:
        WindowsError: 53 for a server's share, 3 for another drive or a relative path, 123 for a name with forbidden
            characters.
    """
    if path.startswith("\\\\"):
        raise WindowsError(BAD_NETWORK_PATH, path)
    drive, _, rest = path.replace("/", "\\").partition("\\")
    if drive.upper() != "C:":
        raise WindowsError(PATH_NOT_FOUND, path)
    parts = [part for part in rest.split("\\") if part]
    for part in parts:
        if len(part) > _LONGEST_NAME or ":" in part or not _FORBIDDEN.isdisjoint(part):
            raise WindowsError(INVALID_NAME, path)
    return parts


def is_writable_by(path: str, account: Account, *, exists: bool) -> bool:
    r"""Whether the account may make or change this file, by the permissions that setup gives to drive C:.

    Users write to their profile and to C:\Users\Public, may make directories and files in C:\ProgramData and
    C:\Windows\Temp (and there change their own, which the lab takes for all), and nothing else.
    """
    if account.elevated or account.sid == SYSTEM.sid:
        return True
    upper = path.upper()
    own = f"C:\\USERS\\{account.name.upper()}\\"
    shared = ("C:\\USERS\\PUBLIC\\", "C:\\PROGRAMDATA\\", "C:\\WINDOWS\\TEMP\\")
    return upper.startswith((own, *shared)) and not (exists and upper + "\\" == own)
