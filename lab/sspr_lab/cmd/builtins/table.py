"""What each built-in command runs, and the rule by which it leaves ERRORLEVEL.

Source of the rules: "success/failure for ..." in wine-mirror/wine programs/cmd/tests/test_builtins.cmd.exp, which holds
on Windows; stackoverflow.com/q/34987885 for what a .cmd clears and a .bat or a command line does not.
"""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final

from sspr_lab.cmd.builtins import (
    copying,
    deleting,
    directories,
    display,
    flow,
    listing,
    moving,
    starting,
    variables,
)
from sspr_lab.cmd.builtins.call import Call
from sspr_lab.cmd.builtins.names import DRIVE, Internal
from sspr_lab.cmd.shell import Handles, Shell

Builtin = Callable[[Call], Awaitable[int]]


class Leaves(Enum):
    """What a command does to ERRORLEVEL."""

    CODE = auto()  # its return code, 0 too
    FAILURE = auto()  # its return code when it fails, nothing when it succeeds
    NOTHING = auto()  # || still sees the return code
    SCRIPT = auto()  # like FAILURE, but a success clears it in a .cmd file


_TABLE: Final[dict[str, tuple[Builtin, Leaves]]] = {
    "assoc": (variables.association, Leaves.SCRIPT),
    "break": (display.nothing, Leaves.FAILURE),
    "cd": (directories.change, Leaves.CODE),
    "chdir": (directories.change, Leaves.CODE),
    "cls": (display.clear_screen, Leaves.FAILURE),
    "color": (display.color, Leaves.CODE),
    "copy": (copying.copy, Leaves.CODE),
    "date": (display.date, Leaves.CODE),
    "del": (deleting.delete, Leaves.CODE),
    "dir": (listing.directory, Leaves.CODE),
    DRIVE: (directories.change_drive, Leaves.FAILURE),
    "echo": (display.echo, Leaves.FAILURE),
    "endlocal": (flow.end_local, Leaves.FAILURE),
    "erase": (deleting.delete, Leaves.CODE),
    "exit": (flow.leave, Leaves.NOTHING),
    "ftype": (variables.association, Leaves.SCRIPT),
    "goto": (flow.goto, Leaves.FAILURE),
    "md": (directories.make, Leaves.CODE),
    "mkdir": (directories.make, Leaves.CODE),
    "move": (moving.move, Leaves.CODE),
    "path": (variables.path, Leaves.SCRIPT),
    "pause": (display.pause, Leaves.FAILURE),
    "popd": (directories.pop, Leaves.NOTHING),
    "prompt": (variables.prompt, Leaves.SCRIPT),
    "pushd": (directories.push, Leaves.CODE),
    "rd": (directories.remove, Leaves.NOTHING),
    "ren": (moving.rename, Leaves.CODE),
    "rename": (moving.rename, Leaves.CODE),
    "rmdir": (directories.remove, Leaves.NOTHING),
    "set": (variables.set_command, Leaves.SCRIPT),
    "setlocal": (flow.set_local, Leaves.CODE),
    "shift": (flow.shift, Leaves.FAILURE),
    "start": (starting.start, Leaves.FAILURE),
    "time": (display.time, Leaves.CODE),
    "title": (display.title, Leaves.FAILURE),
    "type": (display.type_files, Leaves.CODE),
    "ver": (display.version, Leaves.CODE),
    "verify": (display.verify, Leaves.CODE),
    "vol": (display.volume, Leaves.CODE),
}


async def run(shell: Shell, internal: Internal, handles: Handles) -> int:
    """Run a built-in command; returns its return code and sets ERRORLEVEL by its rule."""
    command, leaves = _TABLE[internal.name]
    code = await command(Call(shell, internal.name, internal.arguments, handles))
    clears = leaves is Leaves.CODE or (leaves is Leaves.SCRIPT and shell.frame is not None and shell.frame.is_cmd)
    if clears or (code and leaves is not Leaves.NOTHING):
        shell.errorlevel = code
    return code
