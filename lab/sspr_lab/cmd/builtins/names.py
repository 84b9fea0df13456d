"""Which first word names a built-in command: "echo", but also "echo.text", "cd..", "dir/b" and "c:"."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAMES: Final = frozenset(
    {
        "assoc",
        "break",
        "call",
        "cd",
        "chdir",
        "cls",
        "color",
        "copy",
        "date",
        "del",
        "dir",
        "dpath",
        "echo",
        "endlocal",
        "erase",
        "exit",
        "ftype",
        "goto",
        "keys",
        "md",
        "mkdir",
        "mklink",
        "move",
        "path",
        "pause",
        "popd",
        "prompt",
        "pushd",
        "rd",
        "ren",
        "rename",
        "rmdir",
        "set",
        "setlocal",
        "shift",
        "start",
        "time",
        "title",
        "type",
        "ver",
        "verify",
        "vol",
    }
)
DRIVE: Final = "drive:"  # the name under which a change of drive runs
_WORD: Final = re.compile(r"([a-z]+)([./\\:+\[\](,;=].*)?\Z", re.IGNORECASE | re.DOTALL)
_PROGRAM: Final = re.compile(r"\.(exe|com|bat|cmd|vbs|msi)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Internal:
    """A built-in command, its name in lower case, with what follows that name."""

    name: str
    arguments: str


def split(name: str, arguments: str) -> Internal | None:
    """The built-in command that a first word names; what is glued to the name is argument too. None for other words."""
    if len(name) == 2 and name[1] == ":":
        return Internal(DRIVE, name)
    parted = _parted(name)
    return None if parted is None else Internal(parted[0], parted[1] + arguments)


@lru_cache(1024)
def _parted(name: str) -> tuple[str, str] | None:
    """The built-in command that a first word begins with, and the rest of the word."""
    match = _WORD.match(name)
    if match is None or match.group(1).lower() not in NAMES or _PROGRAM.search(name):
        return None
    return match.group(1).lower(), match.group(2) or ""


def is_builtin(name: str) -> bool:
    return split(name, "") is not None
