"""CALL: a second round of expansion, then a batch file, a label, a program or a built-in command."""

from functools import lru_cache
from typing import Protocol

from sspr_lab.cmd import launch
from sspr_lab.cmd.batch import Frame, label_name
from sspr_lab.cmd.builtins.names import DRIVE, split
from sspr_lab.cmd.control import Transfer
from sspr_lab.cmd.nodes import Node, Nothing, Simple
from sspr_lab.cmd.parser import parse
from sspr_lab.cmd.redirect import redirected
from sspr_lab.cmd.scanner import CommandSyntaxError, Unfinished
from sspr_lab.cmd.shell import Handles, Shell

_FAILED = 1
_NO_BATCH = "Invalid attempt to call batch label outside of batch script."


class Caller(Protocol):
    """Who runs what is called; see `interpreter.Interpreter` for each method."""

    @property
    def shell(self) -> Shell: ...

    async def run_named(self, name: str, arguments: str, handles: Handles) -> int: ...

    async def run_frames(self, first: Frame, handles: Handles) -> int: ...


async def call(caller: Caller, text: str, handles: Handles) -> int:
    """Run CALL. The text is expanded again, with its carets doubled (phase 6 at stackoverflow.com/q/4094699).

    IF and FOR are no commands here, nor is anything that the operators would join.
    """
    shell = caller.shell
    if not text.strip():
        shell.errorlevel = 0 if text else _FAILED  # "(call )" clears ERRORLEVEL and "(call)" sets it
        return shell.errorlevel
    expanded = shell.expand_line(text.lstrip(" \t,;=")).replace("^", "^^")
    if expanded.startswith(":"):
        return await _call_label(caller, expanded[1:], handles)
    try:
        node = _parsed(expanded)
    except (CommandSyntaxError, Unfinished):
        return _FAILED
    if isinstance(node, Nothing):
        return 0
    if not isinstance(node, Simple):
        word = expanded.split()[0]
        await handles.stderr.write_text(launch.unrecognized(shell, word))
        shell.errorlevel = _FAILED
        return _FAILED
    with redirected(shell, node.redirections, handles) as inner:
        return await _call_command(caller, node, inner)


@lru_cache(512)
def _parsed(text: str) -> Node:
    """The tree of a text; a line often calls the same command again."""
    return parse(text)


async def _call_command(caller: Caller, node: Simple, handles: Handles) -> int:
    shell = caller.shell
    try:
        code = await caller.run_named(node.name, node.arguments, handles)
    except Transfer as transfer:
        return await _nested(caller, transfer.frame, handles)
    if code == _FAILED and shell.errorlevel == launch.NOT_RECOGNIZED:
        shell.errorlevel = _FAILED
    internal = split(node.name, node.arguments)
    if code == 0 and internal is not None and internal.name == DRIVE:
        shell.errorlevel = 0  # `call c:` clears it, `c:` does not
    return code


async def _call_label(caller: Caller, text: str, handles: Handles) -> int:
    shell = caller.shell
    current = shell.frame
    if current is None:
        await handles.stderr.write_text(f"{shell.text(_NO_BATCH)}\n")
        shell.errorlevel = _FAILED
        return _FAILED
    label = label_name(text)
    position = len(current.lines) if label == "eof" else current.find_label(label)
    if position is None:
        await handles.stderr.write_text(launch.no_label(shell, label))
        shell.errorlevel = _FAILED
        return _FAILED
    name, rest = text[: len(label)], text[len(label) :]
    frame = Frame(current.path, current.lines, f":{name}", rest, position)
    return await _nested(caller, frame, handles)


async def _nested(caller: Caller, frame: Frame, handles: Handles) -> int:
    """The return code of the last command when that failed, else ERRORLEVEL: what CALL returns."""
    code = await caller.run_frames(frame, handles)
    return code or caller.shell.errorlevel
