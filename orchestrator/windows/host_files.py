"""Files on a host that are neither packages nor logs: looked for, put in place, and listed by pattern.

Paths are checked before (`host_paths`), so that between quotes cmd.exe acts on nothing in them but variables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message, phrase
from orchestrator.windows import host_paths
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, line_of_there
from orchestrator.windows.transfer import CMD

PENDING: Final = ".sspr-new"
"""Behind the name of a file that is on its way into its place."""
PRIOR: Final = ".prior"
"""Behind the name of a file that was replaced and is kept."""
MOST_LISTED: Final = 100
"""Files that a pattern may match."""

_MOVE = Evidence(
    "move /y: learn.microsoft.com/windows-server/administration/windows-commands/move; that within a folder it is one "
    "rename, which nobody sees half done, is remembered",
    Sureness.REMEMBERED,
)
_FOR = Evidence(
    "for with a wildcard, and ~a, ~z and ~nx of its variable: learn.microsoft.com windows-commands/for; that it passes "
    "over hidden files and over folders is remembered",
    Sureness.REMEMBERED,
)


_LISTING = phrase("answer-listing")
_NO_LENGTH = phrase("answer-listing-no-length")
_MAKE_FOLDER = phrase("change-make-folder")
_REMOVE_ARRIVED = phrase("change-remove-arrived")


@message("change-put-in-place")
def _put_in_place(file: str) -> None: ...


def is_folder(path: str) -> Fact[bool]:
    """Whether a folder is there, or a folder where a file is meant."""
    question = Command(line_of_there(f"{path}\\"), CMD, accepts=None)
    return Fact("is_folder", (question,), lambda replies: replies[0].output.strip() == "yes")


def make_folder(path: str) -> Change:
    """Makes a folder and those above it; that it is there is no failure."""
    return Change(_MAKE_FOLDER(), (Command(f'md "{path}" 2>nul', CMD, accepts=None),))


def put_in_place(path: str, *, keep_prior: bool) -> Change:
    """Renames the pending file to its name; what stood there goes, or is kept beside it."""
    commands = [Command(f'move /y "{path}{PENDING}" "{path}" 2>&1', _MOVE)]
    if keep_prior:
        commands.insert(0, Command(f'if exist "{path}" (copy /y "{path}" "{path}{PRIOR}" 2>&1) else ver >nul', CMD))
    return Change(_put_in_place(host_paths.name(path)), tuple(commands))


def forget_pending(path: str) -> Change:
    """Removes what an upload that failed has left beside a path."""
    line = f'del /q "{path}{PENDING}" "{path}{PENDING}.b64" 2>nul'
    return Change(_REMOVE_ARRIVED(), (Command(line, CMD, accepts=None),))


@dataclass(frozen=True)
class Listed:
    """A file on a host: its name, which the host made up, and its length in bytes."""

    name: str
    size: int


def matching(pattern: str) -> Fact[tuple[Listed, ...]]:
    """The files that a path means, whose last part may hold wildcards; none where there is no such folder."""
    line = f'for %i in ("{pattern}") do @echo %~ai %~zi %~nxi'

    def parse(replies: Sequence[Reply]) -> tuple[Listed, ...]:
        listed = (_listed(line) for line in replies[0].lines if line.strip())
        return tuple(each for each in listed if each is not None)

    return Fact("files", (Command(line, _FOR, accepts=None),), parse)


def _listed(line: str) -> Listed | None:
    """A file; None for a folder, and for a plain path where nothing is, which have no attributes to show."""
    match = re.fullmatch(r"(?P<attributes>[-a-z]{5,12}|) (?P<size>[0-9]{0,18}) (?P<name>.+)", line)
    if match is None:
        raise UnexpectedOutput(_LISTING(), line=line[:200])
    if not match["attributes"] or match["attributes"].startswith("d"):
        return None
    if not match["size"]:
        raise UnexpectedOutput(_NO_LENGTH(), line=line[:200])
    return Listed(match["name"], int(match["size"]))
