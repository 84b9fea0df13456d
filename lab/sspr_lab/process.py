"""Processes of a modelled machine: what they see, what they start, how they end."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Generator
from functools import lru_cache, partial
from types import coroutine
from typing import Any, Final

from sspr_lab.accounts import Account
from sspr_lab.environment import Environment
from sspr_lab.interfaces.host import Host
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.languages import Language
from sspr_lab.streams import Console, InputStream, OutputStream

_WORD_END: Final = re.compile(r"[ \t]")
_UNQUOTED: Final = re.compile(r'(?:[^" \t\\]++|\\++(?!"))+')  # backslashes count only in front of a quote
_QUOTED: Final = re.compile(r'(?:[^"\\]++|\\++(?!"))+')
_QUOTE: Final = re.compile(r'\\*"')


class Process:
    """A running or ended program. `Machine.spawn` makes them; a tool gets its own as the only argument."""

    def __init__(
        self,
        machine: Host,
        *,
        pid: int,
        image: str,
        path: str,
        command_line: str,
        environment: Environment,
        directory: str,
        account: Account,
        bits: int,
        console: Console,
        stdin: InputStream,
        stdout: OutputStream,
        stderr: OutputStream,
    ) -> None:
        self.machine = machine
        self.pid = pid
        self.image = image
        self.path = path
        self.command_line = command_line
        self.environment = environment
        self.directory = directory
        self.account = account
        self.bits = bits
        self.console = console
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.started = machine.clock.now()
        self.exit_code: int | None = None
        self._is_over = False
        self._waiters: list[asyncio.Future[None]] = []
        self.children: list[RunningProcess] = []
        self._steps: Coroutine[Any, Any, int] | None = None
        self._ended: Callable[[Process], None] | None = None
        self._error: BaseException | None = None
        self._task: asyncio.Task[int] | None = None

    @property
    def argv(self) -> list[str]:
        """The words of the command line; see `split_command_line`."""
        return split_command_line(self.command_line)

    @property
    def spoken(self) -> Language:
        """The language of the machine's Windows."""
        return self.machine.profile.spoken

    def text(self, english: str, **values: object) -> str:
        """A message as this machine words it; see `Language.text`."""
        return self.spoken.text(english, **values)

    @property
    def code_page(self) -> int:
        """The console's output code page."""
        return self.console.code_page

    @code_page.setter
    def code_page(self, code_page: int) -> None:
        self.console.code_page = code_page

    def full_path(self, name: str) -> str:
        """A path as the process sees it, from its own directory. Raises WindowsError."""
        return self.machine.files.full_path(name, self.directory)

    def spawn(
        self,
        command_line: str,
        *,
        stdin: InputStream | None = None,
        stdout: OutputStream | None = None,
        stderr: OutputStream | None = None,
        application: str | None = None,
    ) -> RunningProcess:
        """Create a child that inherits account, directory, environment, console, bitness and the handles not given."""
        child = self.machine.spawn(
            command_line,
            account=self.account,
            directory=self.directory,
            environment=self.environment,
            stdin=stdin or self.stdin,
            stdout=stdout or self.stdout,
            stderr=stderr or self.stderr,
            application=application,
            console=self.console,
            bits=self.bits,
        )
        self.children.append(child)
        return child

    def start(self, tool: "Tool", ended: Callable[["Process"], None]) -> None:
        """Make `tool` what this process does from `begin` on, or from when it is waited for; `ended` is called once."""
        self._steps, self._ended = tool(self), ended

    @property
    def _terminated(self) -> bool:
        return self.exit_code is not None and not self._is_over

    def begin(self) -> None:
        """Run as far as it comes; nothing more where that was done before.

        Most programs of a script are waited for at once and have nothing to wait for themselves. Only one that has
        becomes a task, which costs more than what many of them do.
        """
        steps, self._steps = self._steps, None
        if steps is None:
            return
        if self._terminated:  # before it came to anything
            steps.close()
            self._finish(1)
            return
        try:
            awaited = steps.send(None)
        except StopIteration as end:
            self._finish(end.value)
        except Exception as error:  # noqa: BLE001 - a defect of the tool's model is raised where it is waited for
            self._finish(1, error)
        else:
            self._go_on(steps, awaited)

    def _go_on(self, steps: Coroutine[Any, Any, int], awaited: object) -> None:
        self._task = asyncio.get_running_loop().create_task(_rest(steps, awaited))
        self._task.add_done_callback(self._finish_task)
        if self._terminated:
            self._task.cancel()

    def _finish_task(self, task: asyncio.Task[int]) -> None:
        error = None if task.cancelled() else task.exception()
        self._finish(1 if task.cancelled() or error else task.result(), error)

    def _finish(self, exit_code: int, error: BaseException | None = None) -> None:
        if self.exit_code is None:
            self.exit_code = exit_code & 0xFFFFFFFF
        self._error = error
        if self._ended is not None:
            self._ended(self)
        self._is_over = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> int:
        """The exit code (unsigned 32 bit) once the process has ended; a defect of the tool's model is raised here."""
        self.begin()
        await self.gone()
        if self._error is not None:
            raise self._error
        assert self.exit_code is not None
        return self.exit_code

    def terminate(self, exit_code: int = 1) -> None:
        """End the process and its descendants, as closing the job that holds them does."""
        for child in self.children:
            child.terminate(exit_code)
        if self.exit_code is None and not (self._task and self._task.done()):
            self.exit_code = exit_code & 0xFFFFFFFF
            if self._task is not None:
                self._task.cancel()

    async def gone(self) -> None:
        """Return when the process no longer runs, whatever became of it; whoever waits may be cancelled without it."""
        if not self._is_over:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter


Tool = Callable[[Process], Coroutine[Any, Any, int]]


async def _rest(steps: Coroutine[Any, Any, int], awaited: object) -> int:
    """What is left of a coroutine that has come to its first wait, as a task takes it: a coroutine."""
    return await _resumed(steps, awaited)


@coroutine
def _resumed(steps: Coroutine[Any, Any, int], awaited: object) -> Generator[Any, Any, int]:
    while True:
        try:
            answer = yield awaited
        except BaseException as error:  # noqa: BLE001 - also that it is cancelled is for the coroutine to know
            step = partial(steps.throw, error)
        else:
            step = partial(steps.send, answer)
        try:
            awaited = step()
        except StopIteration as end:
            return int(end.value)


def split_command_line(line: str) -> list[str]:
    """CommandLineToArgvW: the program name first (quotes without escapes), then backslash and quote rules.

    Source: "Parsing C++ Command-Line Arguments" and the CommandLineToArgvW page of the Win32 documentation.
    """
    return list(_words(line))


@lru_cache(1024)
def _words(line: str) -> tuple[str, ...]:
    """The words of a command line; the machines of a fleet are given the same ones."""
    program, rest = _split_program(line)
    words = [program]
    at = _blanks_end(rest, 0)
    while at < len(rest):
        argument, at = _argument(rest, at)
        words.append(argument)
        at = _blanks_end(rest, at)
    return tuple(words)


def _split_program(line: str) -> tuple[str, str]:
    if line.startswith('"'):
        program, _, rest = line[1:].partition('"')
        return program, rest
    end = _WORD_END.search(line)
    return (line, "") if end is None else (line[: end.start()], line[end.start() :])


def _blanks_end(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _argument(text: str, at: int) -> tuple[str, int]:
    """One argument from `at`, and where it ends."""
    parts: list[str] = []
    quoted = False
    while True:
        plain = (_QUOTED if quoted else _UNQUOTED).match(text, at)
        if plain:
            parts.append(plain[0])
            at = plain.end()
        quote = _QUOTE.match(text, at)
        if quote is None:
            return "".join(parts), at
        at = quote.end()
        halves, escapes = divmod(len(quote[0]) - 1, 2)
        parts.append("\\" * halves)
        if escapes:
            parts.append('"')
        elif quoted and text.startswith('"', at):
            parts.append('"')  # "" inside quotes is one quote, and the quoted part goes on
            at += 1
        else:
            quoted = not quoted
