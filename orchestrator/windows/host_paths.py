r"""Paths on a host, as people write them in playbooks: which are taken, which are refused, and what they come to.

A path begins with a drive or with an environment variable that means the same for every account. It goes into command
lines between quotes, where cmd.exe acts on nothing but `%` and `"`; so these two are all that has to be kept out, and
the rest of what is refused here, Windows itself would refuse or take for something else
(learn.microsoft.com/windows/win32/fileio/naming-a-file).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator.windows.job import ROOT

VARIABLES: Mapping[str, str | None] = {
    "systemroot": None,
    "windir": None,
    "systemdrive": None,
    "programdata": None,
    "allusersprofile": None,
    "public": None,
    "programfiles": None,
    "commonprogramfiles": None,
    "programw6432": "x64",
    "commonprogramw6432": "x64",
    "programfiles(x86)": "x64",
    "commonprogramfiles(x86)": "x64",
}
"""Environment variables that a path may begin with, in lower case → the only architecture that has it."""

LONGEST = 200
"""Characters: below Windows' 259 there has to be room for what the variables become and for our endings."""

_VARIABLE = re.compile(r"%(?P<name>[^%]+)%")
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_RESERVED = ("system32\\config", "boot", "recovery", "system volume information", "$recycle.bin")
"""Below the system's folder or a drive: hives, boot files and what Windows keeps for itself."""


def checked(path: str, *, wildcards: bool = False) -> str:
    r"""The path of a file, when it can be used; with `wildcards` its last part may hold `*` and `?`.

    Raises:
        ValueError: when it cannot; the text says why, and what a path looks like.
    """
    start, *parts = path.split("\\")
    objection = _start_objection(start) or (None if parts else "it names no file")
    last = len(parts) - 1
    for place, part in enumerate(parts):
        objection = objection or _part_objection(part, wildcards=wildcards and place == last)
    if objection is None and len(path) > LONGEST:
        objection = f"it is longer than {LONGEST} characters"
    if objection is not None:
        raise ValueError(rf"`{path}` is no path that can be used on a host: {objection}; as in C:\Folder\file.txt")
    return path


def reserved(path: str) -> str | None:
    """Why nothing of ours may be written to this path, in words; None when it may be."""
    start, *parts = path.lower().split("\\")
    if start not in _SYSTEM_ROOTS and parts[0] == "windows":
        start, parts = "%systemroot%", parts[1:]
    below = "\\".join(parts)
    if start in _SYSTEM_ROOTS and parts[:1] == [_OURS]:
        return f"{ROOT} is where this program keeps its own work"
    if any(below == kept or below.startswith(kept + "\\") for kept in _RESERVED):
        return "Windows keeps this place for itself"
    return None


_OURS = ROOT.rpartition("\\")[2].lower()
_SYSTEM_ROOTS = frozenset({"%systemroot%", "%windir%"})


def missing_on(path: str, architecture: str) -> str | None:
    """The variable at the path's beginning that a Windows of this architecture does not have, as written; or None."""
    variable = _VARIABLE.match(path)
    only = VARIABLES[variable["name"].lower()] if variable else None
    return variable[0] if variable and only not in {None, architecture} else None


def folder(path: str) -> str:
    r"""The folder of a path; of a file right below a drive, the drive with its backslash."""
    above = path.rpartition("\\")[0]
    return above if "\\" in above else above + "\\"


def name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("\\")[2]


def _start_objection(start: str) -> str | None:
    if _DRIVE.fullmatch(start):
        return None
    variable = _VARIABLE.fullmatch(start)
    if variable is None:
        return "it begins with neither a drive nor an environment variable"
    if variable["name"].lower() not in VARIABLES:
        return f"{start} is not the same for every account; there are {', '.join(f'%{each}%' for each in VARIABLES)}"
    return None


def _part_objection(part: str, *, wildcards: bool) -> str | None:
    if not part or part in {".", ".."}:
        return "it has an empty part, or one of dots"
    forbidden = re.search(r'[\x00-\x1f\x7f<>:"/|%]' if wildcards else r'[\x00-\x1f\x7f<>:"/|?*%]', part)
    if forbidden:
        return f"no name holds {forbidden[0]!r}"
    if part != part.strip(" ") or part.endswith("."):
        return f"Windows would take the blanks or the dot away at the end of {part!r}"
    if _DEVICE.fullmatch(part):
        return f"{part} is a device"
    return None
