"""A command line that runs in a Wine prefix, and whom the tools that it calls are carried out by."""

import asyncio
import secrets
from typing import Protocol

from sspr_lab.environment import Environment
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.process import Process
from sspr_lab.streams import InputStream, OutputStream
from sspr_lab.wine.wire import Wire


class ModelHost(Protocol):
    """The machine whose model does what Wine does not; see `machine.WineMachine`."""

    def call_model(
        self,
        parent: Process,
        *,
        path: str,
        command_line: str,
        directory: str,
        environment: Environment,
        stdin: InputStream,
        stdout: OutputStream,
        stderr: OutputStream,
    ) -> RunningProcess: ...


class Launch:
    """A command line that is being run in a prefix."""

    def __init__(self, machine: ModelHost, process: Process) -> None:
        self.token = secrets.token_hex(16)
        self.machine = machine
        self.process = process
        self.launcher: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
