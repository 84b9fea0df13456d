"""Remote shells of one machine (MS-WSMV 3.1.4): their commands, the quotas of the service, and the idle timeout."""

import asyncio
import random
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sspr_lab.accounts import Account
from sspr_lab.clock import Handle
from sspr_lab.environment import Environment
from sspr_lab.errors import FILE_NOT_FOUND, WindowsError
from sspr_lab.logon import default_environment
from sspr_lab.winrm import faults
from sspr_lab.winrm.command import OUTPUT_STREAMS, Command
from sspr_lab.winrm.faults import FaultKind, WsmanFault
from sspr_lab.winrm.machine import ServedMachine

_SHORTEST_IDLE: Final = 60.0  # host seconds; a shorter IdleTimeOut is raised to this
_OPTIONS_IGNORED_FROM: Final = (6, 3)  # MS-WSMV product note 117: Windows Server 2012 R2 and later
_FAULT_OF: Final[Mapping[int, FaultKind]] = {FILE_NOT_FOUND: faults.FILE_NOT_FOUND, 267: faults.INVALID_DIRECTORY}


@dataclass(frozen=True)
class ShellRequest:
    """What a client asks of a new shell. `idle_timeout` is in host seconds."""

    code_page: int | None = None
    working_directory: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    idle_timeout: float | None = None
    input_streams: str = "stdin"
    output_streams: str = "stdout stderr"


class Shell:
    """One remote shell of one user; made by `Shells.create`."""

    def __init__(self, machine: ServedMachine, account: Account, request: ShellRequest, client: str) -> None:
        self.id = str(uuid.uuid4()).upper()
        self.account = account
        self.request = request
        self.client = client
        self.created: datetime = machine.clock.now()
        self.commands: dict[str, Command] = {}
        self.operations = 0
        self._machine = machine
        self._dice = random.Random(f"{machine.profile.seed}/{machine.profile.computer_name}")

    @property
    def idle_timeout(self) -> float:
        """Host seconds without a request after which the shell is deleted."""
        longest = self._machine.profile.quotas.idle_timeout_ms / 1000
        return max(_SHORTEST_IDLE, min(self.request.idle_timeout or longest, longest))

    def start(self, line: str, *, console_mode: bool, skip_cmd: bool) -> Command:
        """Run a command line, through cmd.exe /C unless the client wants it skipped (and the service heeds it).

        Raises:
            WsmanFault: 1816 when the shell has as many processes as it may, or the error of CreateProcess.
        """
        machine = self._machine
        if sum(1 for command in self.commands.values() for _ in command.processes()) >= self._most_processes:
            raise WsmanFault(faults.MAX_PROCESSES)
        if _version(machine) >= _OPTIONS_IGNORED_FROM:
            console_mode = skip_cmd = False
        environment = Environment(default_environment(machine, self.account))
        environment.update(self.request.environment)
        shell_program = environment.get("ComSpec", "C:\\Windows\\system32\\cmd.exe")
        code_page = self.request.code_page or machine.profile.oem_code_page
        command = Command(code_page, console_mode=console_mode, done_apart=self._dice.random() < 0.5)
        try:
            process = machine.spawn(
                line if skip_cmd else f"{shell_program} /C {line}",
                account=self.account,
                directory=self.request.working_directory,
                environment=environment,
                stdin=command.stdin,
                stdout=command.stream("stdout"),
                stderr=command.stream("stderr"),
                console=command.console,
            )
        except WindowsError as error:
            raise WsmanFault(_FAULT_OF.get(error.code, faults.INVALID_PARAMETER)) from error
        command.started(process)
        self.commands[command.id] = command
        return command

    def command(self, command_id: str) -> Command:
        """The command of that id. Raises WsmanFault 2150858843 when there is none (any more)."""
        command = self.commands.get(command_id.upper())
        if command is None:
            raise WsmanFault(faults.COMMAND_NOT_FOUND)
        return command

    def terminate(self, command: Command) -> None:
        """Signal terminate: the command is forgotten, though it keeps counting as an operation."""
        del self.commands[command.id]
        command.terminate()

    @property
    def output_streams(self) -> tuple[str, ...]:
        """The streams that were agreed on at Create."""
        agreed = self.request.output_streams.split()
        return tuple(name for name in OUTPUT_STREAMS if name in agreed)

    @property
    def _most_processes(self) -> int:
        return self._machine.profile.quotas.max_processes_per_shell


class Shells:
    """The shells of one machine's WinRM service.

    An operation is counted when a command starts and given back when its shell goes: terminating the command does not
    (MS-WSMV product note 118).
    """

    def __init__(self, machine: ServedMachine) -> None:
        self._machine = machine
        self._shells: dict[str, Shell] = {}
        self._busy: dict[str, int] = {}
        self._idle: dict[str, Handle] = {}
        self.created = 0

    def __len__(self) -> int:
        return len(self._shells)

    def create(self, account: Account, request: ShellRequest, client: str) -> Shell:
        """Open a shell. Raises WsmanFault when the user has as many as he may, or too many users have some."""
        quotas = self._machine.profile.quotas
        mine = self._of(account)
        owners = {shell.account.sid for shell in self._shells.values()}
        if len(mine) >= quotas.max_shells_per_user or self._machine.faults.take("quota"):
            raise WsmanFault(faults.MAX_SHELLS, quotas.max_shells_per_user)
        if account.sid not in owners and len(owners) >= quotas.max_concurrent_users:
            raise WsmanFault(faults.MAX_USERS)
        shell = Shell(self._machine, account, request, client)
        self._shells[shell.id] = shell
        self._machine.shells.add(shell.id)
        self.created += 1
        self._wait_idle(shell)
        return shell

    def find(self, shell_id: str, account: Account) -> Shell:
        """The caller's shell of that id. Raises WsmanFault: 2150858843 there is none, 5 it is another user's."""
        shell = self._shells.get(shell_id.upper())
        if shell is None:
            raise WsmanFault(faults.SHELL_NOT_FOUND, shell_id)
        if shell.account.sid != account.sid:
            raise WsmanFault(faults.ACCESS_DENIED)
        return shell

    def count_operation(self, shell: Shell) -> None:
        """Take one of the user's operations. Raises WsmanFault 2150859174 when none is left."""
        quotas = self._machine.profile.quotas
        most = quotas.max_concurrent_operations_per_user
        running = sum(other.operations for other in self._of(shell.account))
        if running >= most or self._machine.faults.take("quota"):
            raise WsmanFault(faults.MAX_OPERATIONS, most, wmi_shape=quotas.stack == "2.0")
        shell.operations += 1

    @contextmanager
    def in_use(self, shell: Shell) -> Iterator[None]:
        """A request works on the shell: it is not idle meanwhile, and idle from the beginning afterwards."""
        self._busy[shell.id] = self._busy.get(shell.id, 0) + 1
        if handle := self._idle.pop(shell.id, None):
            handle.cancel()
        try:
            yield
        finally:
            self._busy[shell.id] -= 1
            if not self._busy[shell.id]:
                del self._busy[shell.id]
                if shell.id in self._shells:
                    self._wait_idle(shell)

    def delete(self, shell: Shell) -> None:
        """Close a shell; its processes end with it, what they handed to other services does not."""
        self._shells.pop(shell.id, None)
        self._machine.shells.discard(shell.id)
        if handle := self._idle.pop(shell.id, None):
            handle.cancel()
        for command in list(shell.commands.values()):
            shell.terminate(command)

    async def close(self) -> None:
        """Close all shells and wait until their processes have gone."""
        commands = [command for shell in self._shells.values() for command in shell.commands.values()]
        for shell in list(self._shells.values()):
            self.delete(shell)
        await asyncio.gather(*(command.gone() for command in commands))

    def _of(self, account: Account) -> list[Shell]:
        return [shell for shell in self._shells.values() if shell.account.sid == account.sid]

    def _wait_idle(self, shell: Shell) -> None:
        async def expire() -> None:
            self._idle.pop(shell.id, None)
            self.delete(shell)

        self._idle[shell.id] = self._machine.clock.call_later(shell.idle_timeout, expire)


def _version(machine: ServedMachine) -> tuple[int, ...]:
    return tuple(int(part) for part in machine.profile.version.split("."))
