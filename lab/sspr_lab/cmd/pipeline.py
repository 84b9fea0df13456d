r"""Commands joined by |: every side is a process of its own, all run at once.

A program runs directly; what is built in, a batch file or a block runs in a cmd.exe of its own, which gets the text
that the parser makes of it: carets are gone, so it is parsed anew and as a command line. Source: phase 5.3 at
stackoverflow.com/q/4094699, and "Testing for variables expansion in pipes" in wine-mirror/wine
programs/cmd/tests/test_builtins.cmd (delayed expansion is applied to a lone command, not inside a block).
"""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack

from sspr_lab.cmd import launch
from sspr_lab.cmd.builtins.names import is_builtin
from sspr_lab.cmd.control import ExitProcess
from sspr_lab.cmd.nodes import Chain, Node, Quiet, Simple, substitute, text_of
from sspr_lab.cmd.redirect import redirected
from sspr_lab.cmd.shell import Handles, Shell
from sspr_lab.errors import BROKEN_PIPE, WindowsError
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.streams import OutputStream, Pipe

_CANNOT_START = (
    255  # one side cannot be started: cmd.exe gives up altogether (the same tests, "success/failure for pipes")
)


async def run(shell: Shell, node: Chain, handles: Handles) -> int:
    """Run all sides to their end; the return code is that of the last."""
    sides = list(_sides(node))
    pipes = [Pipe() for _ in sides[1:]]
    with ExitStack() as opened:
        processes: list[RunningProcess] = []
        try:
            for index, side in enumerate(sides):
                stdin = pipes[index - 1] if index else handles.stdin
                last = index == len(sides) - 1
                stdout = handles.stdout if last else OutputStream(pipes[index], handles.stdout.console)
                processes.append(await _started(shell, side, Handles(stdin, stdout, handles.stderr), opened))
        except ExitProcess:
            for pipe in pipes:
                pipe.break_off()  # what has been started has nobody to write to
            await asyncio.sleep(0)  # and is under way before this cmd.exe is gone
            raise
        codes = await asyncio.gather(*(_ended(process, pipes, index) for index, process in enumerate(processes)))
    return codes[-1]


def _sides(node: Node) -> Iterable[Node]:
    if isinstance(node, Chain) and node.operator == "|":
        yield from _sides(node.left)
        yield from _sides(node.right)
    else:
        yield node


async def _started(shell: Shell, side: Node, handles: Handles, opened: ExitStack) -> RunningProcess:
    while isinstance(side, Quiet):
        side = side.body
    if not isinstance(side, Simple):
        return _child_shell(shell, text_of(substitute(side, shell.expand_for)), handles)
    side = substitute(side, shell.expand)
    assert isinstance(side, Simple)
    try:
        handles = opened.enter_context(redirected(shell, side.redirections, handles))
        if not is_builtin(side.name):
            target = launch.locate(shell, side.name)
            if not target.is_batch:
                return launch.start(shell, target, side.name, side.arguments, handles)
    except launch.Unfound as problem:
        await handles.stderr.write_text(problem.message)
        raise ExitProcess(_CANNOT_START) from None
    except WindowsError as error:
        await handles.stderr.write_text(f"{shell.text(error.message)}\n")
        raise ExitProcess(_CANNOT_START) from None
    return _child_shell(shell, side.name + side.arguments, handles)


def _child_shell(shell: Shell, text: str, handles: Handles) -> RunningProcess:
    line = f'{shell.command_processor}  /S /D /c" {text}"'
    return shell.process.spawn(line, stdin=handles.stdin, stdout=handles.stdout, stderr=handles.stderr)


async def _ended(process: RunningProcess, pipes: list[Pipe], index: int) -> int:
    """The exit code of one side; its ends of the pipes are closed then."""
    try:
        return await process.wait()
    except WindowsError as error:
        if error.code != BROKEN_PIPE:
            raise
        return 1
    finally:
        if index < len(pipes):
            pipes[index].end()
        if index:
            pipes[index - 1].break_off()
