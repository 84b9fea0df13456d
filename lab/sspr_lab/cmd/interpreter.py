r"""The program cmd.exe: runs parsed commands, batch files and what its command line or standard input tells it.

Two results are kept apart, as on Windows: a command's *return code*, which && and || and the exit code of `cmd /c` look
at, and ERRORLEVEL, which commands change each by its own rule (builtins/table.py). || writes the return code of what
failed to ERRORLEVEL. Source: wine-mirror/wine programs/cmd/tests/test_builtins.cmd and .exp, "success/failure", whose
expectations are those of Windows.
"""

import asyncio
from typing import Final

from sspr_lab.cmd import calls, launch, loops, pipeline
from sspr_lab.cmd.batch import Frame, label_of
from sspr_lab.cmd.builtins.names import split
from sspr_lab.cmd.builtins.table import run as run_builtin
from sspr_lab.cmd.conditions import holds
from sspr_lab.cmd.control import AbortBatch, ExitProcess, Goto, LeaveFrame, Transfer
from sspr_lab.cmd.nodes import Block, Chain, For, If, Node, Nothing, Operator, Quiet, Simple, text_of
from sspr_lab.cmd.options import Options, parse_options
from sspr_lab.cmd.parser import parse
from sspr_lab.cmd.redirect import redirected
from sspr_lab.cmd.scanner import CommandSyntaxError, Unfinished
from sspr_lab.cmd.shell import LINE_LIMIT, Handles, Shell
from sspr_lab.documented.reading import beyond_builtin
from sspr_lab.errors import BROKEN_PIPE, WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import codec_of
from sspr_lab.unmodelled import NO_MODEL, NoModel, need_model

_FAILED: Final = 1

_COPYRIGHTS: Final = {
    "windows7": "Copyright (c) 2009 Microsoft Corporation.  All rights reserved.",
    "windows8": "(c) 2012 Microsoft Corporation. All rights reserved.",
    "windows8.1": "(c) 2013 Microsoft Corporation. All rights reserved.",
    "windows10": "(c) Microsoft Corporation. All rights reserved.",
}


async def main(process: Process) -> int:
    """Run `cmd.exe`; its exit code is the return code of the last command, or EXIT's."""
    shell = Shell(process)
    options = parse_options(process.command_line, lambda name: _is_executable(shell, name))
    shell.echo = not options.quiet
    shell.delayed = options.delayed
    interpreter = Interpreter(shell)
    try:
        return await interpreter.run_options(options)
    except ExitProcess as leaving:
        return leaving.code
    except WindowsError as error:
        if error.code != BROKEN_PIPE:
            raise
        await process.stderr.write_text(f"{process.text('The process tried to write to a nonexistent pipe.')}\n")
        return _FAILED


def _is_executable(shell: Shell, name: str) -> bool:
    try:
        launch.locate(shell, name)
    except (launch.Unfound, NoModel):
        return False
    return True


class Interpreter:
    """Runs commands in a shell. Methods return return codes; ERRORLEVEL is the shell's."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    async def run_options(self, options: Options) -> int:
        """What the switches of cmd.exe ask for."""
        code = 0
        if options.command is not None:
            if len(options.command) > LINE_LIMIT:
                await self.shell.handles.stderr.write_text(f"{self.shell.text(launch.LINE_TOO_LONG)}\n")
                return _FAILED
            code = await self.run_line(options.command)
        if options.command is None or options.keep:
            code = await self._run_input(banner=options.command is None)
        return code

    async def run_line(self, line: str) -> int:
        """One line of a command prompt."""
        handles = self.shell.handles
        try:
            return await self.run(parse(self.shell.expand_line(line)), handles)
        except CommandSyntaxError as error:
            await handles.stderr.write_text(f"{self.shell.text(error.message, **error.values)}\n")
            self.shell.errorlevel = error.code
            return error.code
        except Unfinished:
            return _FAILED
        except LeaveFrame as leaving:
            raise ExitProcess(leaving.code) from None
        except AbortBatch as abort:
            return abort.code
        except Goto:
            return 0  # there is no batch file to go in

    async def _run_input(self, *, banner: bool) -> int:
        """Commands from the standard input, with prompts, until its end or EXIT."""
        shell, handles = self.shell, self.shell.handles
        shell.is_interactive = True
        code = 0
        if banner:
            notice = shell.text(_COPYRIGHTS[shell.process.machine.profile.branch])
            await handles.stdout.write_text(f"{shell.version}\n{notice}\n")
        while True:
            if shell.echo:
                await handles.stdout.write_text("\n" + shell.prompt())
            data = await handles.stdin.readline()
            if not data:
                return code
            line = data.decode(codec_of(shell.process.code_page), "replace").rstrip("\r\n")
            if shell.echo and not handles.stdin.kind.endswith("console"):
                await handles.stdout.write_text(line + "\n")
            if line.strip():
                code = await self.run_line(line)

    async def run(self, node: Node, handles: Handles) -> int:
        """Run a command and all that it is made of."""
        match node:
            case Simple():
                return await self._run_simple(node, handles)
            case Block():
                return await self._run_block(node, handles)
            case Chain():
                return await self._run_chain(node, handles)
            case Nothing():
                return 0
            case Quiet(body):
                return await self.run(body, handles)
            case If(condition, then, otherwise):
                chosen = then if holds(self.shell, condition) else otherwise
                return 0 if chosen is None else await self.run(chosen, handles)
            case For():
                return await self._run_for(node, handles)

    async def _run_block(self, node: Block, handles: Handles) -> int:
        try:
            with redirected(self.shell, node.redirections, handles) as inner:
                return await self.run(node.body, inner)
        except WindowsError as error:
            return await self._cannot_redirect(error, handles)

    async def _cannot_redirect(self, error: WindowsError, handles: Handles) -> int:
        """A file cannot be opened: the command does not run, and ERRORLEVEL stays."""
        if error.code == BROKEN_PIPE:
            raise error
        await handles.stderr.write_text(f"{self.shell.text(error.message)}\n")
        return _FAILED

    async def _run_chain(self, node: Chain, handles: Handles) -> int:
        if node.operator == "|":
            self.shell.errorlevel = code = _signed(await pipeline.run(self.shell, node, handles))
            return code
        first, joined = _links(node)
        code = await self.run(first, handles)
        for operator, right in joined:
            if operator == "&&" and code:
                continue
            if operator == "||":
                if not code:
                    continue
                self.shell.errorlevel = code
            code = await self.run(right, handles)
        return code

    async def _run_for(self, node: For, handles: Handles) -> int:
        shell = self.shell
        code = 0
        before = shell.for_variables
        try:
            async for values in loops.rounds(shell, node, handles):
                await asyncio.sleep(0)  # a loop without end must leave the others their turn
                shell.for_variables = before | values
                await self._echo(node.body, handles)
                code = await self.run(node.body, handles)
        except loops.UnreadableSet as problem:
            await handles.stderr.write_text(problem.message)
            return _FAILED
        finally:
            shell.for_variables = before
        return code

    async def _run_simple(self, node: Simple, handles: Handles) -> int:
        shell = self.shell
        name, arguments = shell.expand(node.name), shell.expand(node.arguments)
        try:
            with redirected(shell, node.redirections, handles) as inner:
                try:
                    return await self.run_named(name, arguments, inner)
                except Transfer as transfer:
                    if shell.frame is not None:
                        raise
                    return await self.run_frames(transfer.frame, inner)  # a command line goes on behind a batch file
        except WindowsError as error:
            return await self._cannot_redirect(error, handles)

    async def run_named(self, name: str, arguments: str, handles: Handles) -> int:
        """Run a built-in command or a program by its expanded name. Raises Transfer for a batch file."""
        try:
            internal = split(name, arguments)
            command, text = (internal.name, internal.arguments) if internal else (name.lower(), arguments)
            need_model(beyond_builtin(command, text))
            if internal is None:
                return await self.run_file(name, arguments, handles)
            if internal.name == "call":
                return await calls.call(self, internal.arguments, handles)
            return await run_builtin(self.shell, internal, handles)
        except NoModel as lack:
            await handles.stderr.write_text(f"{lack}\n")
            self.shell.errorlevel = NO_MODEL
            return NO_MODEL

    async def run_file(self, name: str, arguments: str, handles: Handles) -> int:
        """Run a program and wait for it, but for one with windows on an interactive command line."""
        shell = self.shell
        try:
            target = launch.locate(shell, name)
            if target.is_batch:
                raise Transfer(launch.read_batch(shell, target, name, arguments))
            child = launch.start(shell, target, name, arguments, handles)
        except launch.Unfound as problem:
            await handles.stderr.write_text(problem.message)
            shell.errorlevel = problem.errorlevel
            return _FAILED
        if target.is_windowed and shell.is_interactive and shell.frame is None:
            return 0
        shell.errorlevel = _signed(await child.wait())
        return shell.errorlevel

    async def run_frames(self, first: Frame, handles: Handles) -> int:
        """Run a batch file, and those it gives the word to without CALL; the return code of the last command."""
        frame = first
        while True:
            self.shell.frames.append(frame)
            try:
                return await self._run_frame(frame, handles)
            except Transfer as transfer:
                frame = transfer.frame
            finally:
                self._leave(self.shell.frames.pop())

    def _leave(self, frame: Frame) -> None:
        """The end of a frame is an ENDLOCAL for each SETLOCAL that is open in it."""
        if frame.scopes:
            self.shell.restore(frame.scopes[0])

    async def _run_frame(self, frame: Frame, handles: Handles) -> int:
        code = 0
        while True:
            await asyncio.sleep(0)
            if not self.shell.exists(frame.path):
                await handles.stderr.write_text(f"{self.shell.text('The batch file cannot be found.')}\n")
                self.shell.errorlevel = _FAILED
                return _FAILED
            line = frame.next_line()
            if line is None:
                return code
            try:
                code = await self._run_batch_line(frame, line, handles, code)
            except LeaveFrame as leaving:
                return leaving.code
            except Goto as jump:
                position = len(frame.lines) if jump.label == "eof" else frame.find_label(jump.label)
                if position is None:
                    await handles.stderr.write_text(launch.no_label(self.shell, jump.label))
                    self.shell.errorlevel = _FAILED
                    return _FAILED
                frame.position = position
                code = 0

    async def _run_batch_line(self, frame: Frame, line: str, handles: Handles, code: int) -> int:
        if not line.strip() or label_of(line) is not None:
            return code
        try:
            node = parse(self.shell.expand_line(line), lambda: self._next_line(frame))
        except CommandSyntaxError as error:
            await handles.stderr.write_text(f"{self.shell.text(error.message, **error.values)}\n")
            self.shell.errorlevel = error.code
            raise AbortBatch(error.code) from None
        except Unfinished:
            return code
        if isinstance(node, Nothing) and not node.text:
            return code
        await self._echo(node, handles)
        return await self.run(node, handles)

    def _next_line(self, frame: Frame) -> str | None:
        line = frame.next_line()
        return None if line is None else self.shell.expand_line(line)

    async def _echo(self, node: Node, handles: Handles) -> None:
        """With ECHO ON, write the prompt and the command before it runs."""
        if self.shell.echo and not isinstance(node, Quiet):
            text = self.shell.expand_for(text_of(node))
            await handles.stdout.write_text(f"\n{self.shell.prompt()}{text}\n")


def _links(chain: Chain) -> tuple[Node, list[tuple[Operator, Node]]]:
    """The first command of a chain, and the others with what joins each to all before it; chains lean to the left."""
    joined: list[tuple[Operator, Node]] = []
    node: Node = chain
    while isinstance(node, Chain) and node.operator != "|":
        joined.append((node.operator, node.right))
        node = node.left
    return node, joined[::-1]


def _signed(code: int) -> int:
    """An exit code as ERRORLEVEL shows it."""
    return code - 2**32 if code >= 2**31 else code
