"""Running one command line in a Wine prefix: the launcher gets it to the letter, and tells its exit code whole."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from typing import Any, Final

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import InputStream, OutputStream
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.launch import Launch, ModelHost
from sspr_lab.wine.prefix import LAUNCHER, Prefix
from sspr_lab.wine.remote_tool import PLACE_VARIABLE
from sspr_lab.wine.wire import Frame, HungUp, Wire, pack_texts, unpack_number

_CHUNK: Final = 65_536
_CONNECT_SECONDS: Final = 30.0
_LAST_WORDS_SECONDS: Final = 0.5  # a program left behind may keep the output open for ever
_END_SECONDS: Final = 3.0
_LONGEST_LINE: Final = 8191


_STILLBORN: Final = 1359
"""ERROR_INTERNAL_ERROR: where addresses are randomized, Wine now and then loses a process before its first instruction
(see `prefix.at_fixed_addresses`), and CreateProcess says so. Nothing of the command line has run then."""
_BIRTHS: Final = 4


class LauncherLost(Exception):
    """Wine did not start the launcher, or it ended without a word."""


class _Refused(Exception):
    """CreateProcess does not start the program."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Stillborn(Exception):
    """Wine lost the program before it ran."""


async def run(machine: ModelHost, prefix: Prefix, gateway: Gateway, process: Process) -> int:
    """Be `process`: the program runs in Wine until it ends, or until this is cancelled.

    Raises:
        LauncherLost: Wine itself is broken.
    """
    if len(process.command_line) > _LONGEST_LINE:  # Wine's cmd.exe says nothing and exits with 0, or crashes
        await process.stderr.write_text("The command line is too long.\n")
        return 1
    for _ in range(_BIRTHS):
        with suppress(_Stillborn):
            return await _run_once(machine, prefix, gateway, process)
    return _STILLBORN


async def _run_once(machine: ModelHost, prefix: Prefix, gateway: Gateway, process: Process) -> int:
    with gateway.launch(machine, process) as launch:
        has_input = process.stdin.kind != "nul"
        unix = await prefix.launch(
            [LAUNCHER, str(gateway.port), launch.token], subprocess.PIPE if has_input else subprocess.DEVNULL
        )
        assert unix.stdout is not None
        assert unix.stderr is not None
        outputs = [
            asyncio.create_task(_pump_out(unix.stdout, process.stdout)),
            asyncio.create_task(_pump_out(unix.stderr, process.stderr)),
        ]
        feeding: asyncio.Task[None] | None = None
        try:
            wire = await _started(launch, unix, gateway)
            if unix.stdin is not None:
                feeding = asyncio.create_task(_pump_in(process.stdin, unix.stdin))
            code = await _ended(wire, unix, process)
            await asyncio.wait(outputs, timeout=_LAST_WORDS_SECONDS)
        except _Refused as refused:
            return refused.code
        else:
            return code
        finally:
            for pump in (*outputs, feeding):
                if pump is not None:
                    pump.cancel()
            if launch.launcher.done() and not launch.launcher.cancelled():
                launch.launcher.result().hang_up()
            await _end(unix)


async def _started(launch: Launch, unix: asyncio.subprocess.Process, gateway: Gateway) -> Wire:
    """The launcher's line, when it has started the program.

    Raises:
        _Refused, _Stillborn: CreateProcess fails.
    """
    wire = await _connected(launch, unix)
    process = launch.process
    environment = {**process.environment, PLACE_VARIABLE: f"{gateway.port} {launch.token}"}
    try:
        await wire.send(Frame.LAUNCH, pack_texts([process.command_line, process.directory], environment))
        _, data = await wire.receive()
    except HungUp as error:
        raise LauncherLost(process.command_line) from error
    if (error_code := unpack_number(data)) == _STILLBORN:
        raise _Stillborn
    if error_code:
        raise _Refused(error_code)
    return wire


async def _ended(wire: Wire, unix: asyncio.subprocess.Process, process: Process) -> int:
    """The program's exit code, when it has ended."""
    try:
        _, data = await wire.receive()
    except HungUp as error:
        raise LauncherLost(process.command_line) from error
    code = unpack_number(data)
    with suppress(TimeoutError):
        await asyncio.wait_for(unix.wait(), _END_SECONDS)
    return code


async def _connected(launch: Launch, unix: asyncio.subprocess.Process) -> Wire:
    gone = asyncio.create_task(unix.wait())
    try:
        either: set[asyncio.Future[Any]] = {launch.launcher, gone}
        await asyncio.wait(either, timeout=_CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not launch.launcher.done():
            raise LauncherLost(launch.process.command_line)
        return launch.launcher.result()
    finally:
        gone.cancel()


async def _pump_out(reader: asyncio.StreamReader, stream: OutputStream) -> None:
    with suppress(WindowsError):  # nobody reads any more
        while data := await reader.read(_CHUNK):
            await stream.write(data)


async def _pump_in(stream: InputStream, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await stream.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()


async def _end(unix: asyncio.subprocess.Process) -> None:
    """See that the launcher has ended; it ends what it started when the lab hangs up."""
    try:
        await asyncio.wait_for(unix.wait(), _END_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(unix.pid, signal.SIGKILL)
        await unix.wait()
