"""One command of a remote shell: its process, its input, and the output that waits for the client."""

import asyncio
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.streams import Console, OutputStream, Pipe
from sspr_lab.winrm import faults
from sspr_lab.winrm.console_input import ConsoleInput
from sspr_lab.winrm.faults import WsmanFault
from sspr_lab.winrm.output import Chunk, OutputQueue

OUTPUT_STREAMS: Final = ("stdout", "stderr")
CONTROL_C_EXIT: Final = 0xC000013A


@dataclass(frozen=True)
class Received:
    """What one Receive brings. `exit_code` is there when the command is done and this is the last of it."""

    chunks: list[Chunk]
    exit_code: int | None


class Command:
    """A command between its Command request and Signal terminate.

    Args:
        code_page: of its console.
        console_mode: whether its standard input is a console instead of a pipe.
        done_apart: whether the end of the command is told in a response of its own, after the last output; real
            hosts do either, depending on who is quicker.
    """

    def __init__(self, code_page: int, *, console_mode: bool, done_apart: bool) -> None:
        self.id = str(uuid.uuid4()).upper()
        self.console = Console(code_page)
        self.stdin: ConsoleInput | Pipe = ConsoleInput(self.console, self.interrupt) if console_mode else Pipe()
        self._output = OutputQueue()
        self._done_apart = done_apart
        self._process: RunningProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._gone = False

    def stream(self, name: str) -> OutputStream:
        """The process's handle of an output stream."""
        return OutputStream(self._output.sink(name), self.console)

    def started(self, process: RunningProcess) -> None:
        """Take charge of the process that runs with these handles."""
        self._process = process
        self._watch = asyncio.get_running_loop().create_task(self._await_end(process))

    async def send(self, data: bytes, *, end: bool) -> None:
        """Put `data` into the standard input, and close it when this is the end of it.

        Waits while the program does not read. What it did not read before it ended is dropped (MS-WSMV 3.1.4.13).
        """
        with suppress(WindowsError):
            await self.stdin.write(data)
        if end:
            self.stdin.end()

    async def receive(self, wanted: Collection[str], limit: int) -> Received:
        """Wait until there is output or the end, and take up to `limit` bytes of the wanted streams.

        Raises:
            WsmanFault: 995 when the command is terminated meanwhile.
        """
        while not self._output.holds(wanted) and self._exit_code is None and not self._gone:
            await self._output.changed()
        if self._gone:
            raise WsmanFault(faults.ABORTED)
        chunks = self._output.take(wanted, limit)
        withheld = self._output.holds(OUTPUT_STREAMS) or (bool(chunks) and self._done_apart)
        return Received(chunks, None if withheld else self._exit_code)

    def interrupt(self) -> None:
        """Ctrl+C: the programs of the console end."""
        if self._process is not None:
            self._process.terminate(CONTROL_C_EXIT)

    def terminate(self) -> None:
        """End the processes and forget the output; a waiting Receive is aborted."""
        self._gone = True
        if self._process is not None:
            self._process.terminate()
        self._output.close()
        self.stdin.break_off()

    async def gone(self) -> None:
        """Return when nothing of the command runs any more."""
        if self._watch is not None:
            await self._watch

    def processes(self) -> Iterator[RunningProcess]:
        """The processes of the command that still run."""
        return iter(()) if self._process is None else _running(self._process)

    @property
    def _exit_code(self) -> int | None:
        """Known once the process has ended and no longer writes."""
        ended = self._watch is not None and self._watch.done() and self._process is not None
        return self._process.exit_code if ended and self._process is not None else None

    async def _await_end(self, process: RunningProcess) -> None:
        loop = asyncio.get_running_loop()
        try:
            await process.wait()
        except WindowsError:
            pass  # a program that dies of a broken pipe; its exit code says so
        except Exception as error:  # noqa: BLE001 - a defect of the model, to be seen and not to stop the host
            loop.call_exception_handler({"message": f"{process.command_line!r} failed", "exception": error})
        self.stdin.break_off()
        loop.call_soon(self._output.wake)


def _running(process: RunningProcess) -> Iterator[RunningProcess]:
    if process.exit_code is None:
        yield process
    for child in process.children:
        yield from _running(child)
