"""One modelled Windows machine: its parts, and CreateProcess."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from sspr_lab.accounts import Account
from sspr_lab.addin import loaded_by_logon_ui
from sspr_lab.boot_events import write_start
from sspr_lab.clock import Clock
from sspr_lab.environment import Environment
from sspr_lab.errors import DIRECTORY, WindowsError
from sspr_lab.eventlog import EventLog
from sspr_lab.faults import Faults
from sspr_lab.files import FileSystem
from sspr_lab.installer.service import WindowsInstaller
from sspr_lab.interfaces.files import Files
from sspr_lab.ledger import Ledger
from sspr_lab.logon import default_directory, default_environment
from sspr_lab.power import PowerControl
from sspr_lab.process import Process, Tool
from sspr_lab.profile import Profile
from sspr_lab.programs import Program, resolve
from sspr_lab.registry import Registry
from sspr_lab.restart import settle, start_logon_ui
from sspr_lab.services import Services
from sspr_lab.snapshot import Snapshot
from sspr_lab.stock.files import free_bytes, stock_files
from sspr_lab.stock.registry import stock_registry
from sspr_lab.streams import Console, IdleConsole, InputStream, Nul, OutputStream
from sspr_lab.tasks import TaskScheduler
from sspr_lab.tools.table import TOOLS
from sspr_lab.unmodelled import answering, unmodelled

_A_DAY = timedelta(days=1)
_FIRST_PID = 1200  # below are the processes of the system itself


class Machine:
    """A machine that has been up for a while.

    Args:
        profile: what kind of machine it is.
        clock: the lab's time; may be shared by many machines.
        faults: what is wrong with it.
    """

    def __init__(self, profile: Profile, clock: Clock, faults: Faults | None = None) -> None:
        self.profile = profile
        off = _A_DAY * (profile.has("clock_a_day_ahead") - profile.has("clock_a_day_behind"))
        self.clock = clock = clock.ahead(off) if off else clock
        self.faults = faults or Faults()
        self.powered = True
        self.ledger = Ledger()
        self.processes: list[Process] = []
        self._starting: list[Process] = []
        self.shells: set[str] = set()  # the ids of open WinRM shells; the WinRM service keeps it
        self._next_pid = _FIRST_PID
        self.registry = Registry(stock_registry(profile, self.faults), clock, is_x64=profile.is_x64)
        self.files: Files = FileSystem(
            stock_files(profile),
            clock,
            self.faults,
            total_bytes=profile.total_bytes,
            free_bytes=free_bytes(profile),
        )
        self.services = Services(self.registry, profile)
        self.power = PowerControl(self)
        self.events = EventLog(clock, profile)
        write_start(self.events, profile, self.power.boot_time)
        self.tasks = TaskScheduler(self)
        self.installer = WindowsInstaller(self)

    async def boot(self) -> None:
        """Start the machine: `Power.boot`, which returns when the services of the first minutes are up."""
        await self.power.boot()

    def spawn(
        self,
        command_line: str,
        *,
        account: Account,
        directory: str | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: InputStream | None = None,
        stdout: OutputStream | None = None,
        stderr: OutputStream | None = None,
        code_page: int | None = None,
        application: str | None = None,
        console: Console | None = None,
        bits: int | None = None,
    ) -> Process:
        """CreateProcess: find the program and start it.

        What is not given is the account's own: its environment and profile directory, a new console that nobody sits
        in front of (output goes nowhere, input never comes) with the machine's OEM code page, the machine's bitness.
        `application` names the program file when the command line's first word does not (cmd.exe does so).

        Raises:
            WindowsError: 2 no such program, 193 not a program, 267 the directory does not exist.
        """
        variables = Environment(environment if environment is not None else default_environment(self, account))
        where = directory or default_directory(self, account)
        if not self.files.is_dir(where):
            raise WindowsError(DIRECTORY, where)
        program = resolve(self, application or command_line, variables, where, bits or self._bits)
        console = console or Console(code_page or self.profile.oem_code_page)
        nul = OutputStream(Nul(), console)
        process = Process(
            self,
            pid=self._take_pid(),
            image=program.image,
            path=program.path,
            command_line=program.command_line(command_line),
            environment=variables,
            directory=where,
            account=account,
            bits=program.bits,
            console=console,
            stdin=stdin or IdleConsole(),
            stdout=(stdout or nul).on(console),
            stderr=(stderr or nul).on(console),
        )
        return self._started(process, self._tool_of(program))

    async def halt(self) -> None:
        """The last of a shutdown, when all processes have been ended."""

    async def settle(self) -> None:
        """The first of a start, before the services."""
        settle(self)

    async def show_logon_screen(self) -> None:
        """LogonUI comes up, and loads the credential providers."""
        start_logon_ui(self)
        loaded_by_logon_ui(self.registry, self.files, self.events)

    def snapshot(self) -> Snapshot:
        """Everything that a visitor could leave behind, to be compared with a later one."""
        return Snapshot(
            self.registry.root,
            self.files.root,
            frozenset(task.path for task in self.tasks),
            "" if self.power.pending is None else "initiated",
            frozenset(self.shells),
            tuple(f"{process.pid} {process.image}" for process in self.processes),
            self.ledger.totals(),
        )

    def _tool_of(self, program: Program) -> Tool:
        """What runs as this program."""
        return answering(TOOLS.get(program.image, unmodelled))

    def _started(self, process: Process, tool: Tool) -> Process:
        self.processes.append(process)
        process.start(tool, self.processes.remove)
        if not self._starting:
            asyncio.get_running_loop().call_soon(self._begin)
        self._starting.append(process)
        return process

    def _begin(self) -> None:
        """The loop's next turn: what has been started since the last one, and nobody has waited for, begins."""
        starting, self._starting = self._starting, []
        for process in starting:
            process.begin()

    @property
    def _bits(self) -> int:
        return 64 if self.profile.is_x64 else 32

    def _take_pid(self) -> int:
        self._next_pid += 4
        return self._next_pid
