r"""A lab machine whose programs run in a Wine prefix; what Wine does not do, the model does on the prefix's own disk.

Wine decides the registry that visitors see, Windows Installer, files and cmd.exe. The model keeps power, the event log,
the Task Scheduler, services, accounts and WinRM, with a registry of its own; what of it is to be seen in Wine's is
written there (LogonUI's key), and what it has to know of Wine's is read when the machine is down (the add-in).
Windows Installer writes no event records here, every account is Wine's one user, and there is no 32-bit Windows.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.environment import Environment
from sspr_lab.faults import Faults
from sspr_lab.machine import Machine
from sspr_lab.process import Process, Tool
from sspr_lab.profile import Profile
from sspr_lab.programs import Program
from sspr_lab.streams import InputStream, OutputStream
from sspr_lab.tools import certutil
from sspr_lab.tools.table import TOOLS
from sspr_lab.unmodelled import NoModel, answering, unmodelled
from sspr_lab.wine import hive, launcher
from sspr_lab.wine.disk import DiskFiles
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.prefix import LAUNCHER, Prefix
from sspr_lab.wine.seed import sow_directories, sow_registry

_LOGON_SCREEN: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"
_CLSID: Final = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
_READ_AT_START: Final = (
    r"System\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols",
    rf"Software\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers\{_CLSID}",
    rf"Software\Classes\CLSID\{_CLSID}",
)


async def _certutil(process: Process) -> int:
    """Without stores of certificates, which are a part of the registry: of Wine's, that is, which the model is not."""
    for word in process.argv[1:]:
        if word.lower().lstrip("-/") in {"addstore", "delstore"}:
            raise NoModel(f"certutil {word} on Wine")
    return await certutil.main(process)


_TOOLS: Final = {**TOOLS, "certutil.exe": _certutil}


class WineMachine(Machine):
    """A machine in the prefix that `install` makes in `directory`.

    Args:
        profile: what kind of machine it is; x64 only.
        clock: the lab's time. What runs in Wine takes real time, whatever the clock's speed.
        directory: where its prefix will be.
        gateway: where its programs call.
        faults: what is wrong with it; those of the Windows Installer are the model's and have no effect here.
    """

    def __init__(
        self, profile: Profile, clock: Clock, directory: Path, gateway: Gateway, faults: Faults | None = None
    ) -> None:
        super().__init__(profile, clock, faults)
        self._stock = self.files.root
        self.prefix = Prefix(directory, profile.computer_name)
        self.files = DiskFiles(
            self.prefix.drive, self.faults, total_bytes=profile.total_bytes, free_bytes=self.files.free_bytes
        )
        self._gateway = gateway

    async def install(self, template: Path) -> None:
        """Clone the template, make it a machine of this profile that has been up for a while, and start it."""
        await asyncio.to_thread(self._make_prefix, template)
        await self.start_wine()

    async def start_wine(self) -> None:
        """Boot the prefix; its server ends with the lab, however that ends."""
        await self.prefix.start([LAUNCHER, str(self._gateway.port), self._gateway.keeper_token, "desktop"])

    async def remove(self) -> None:
        """End its processes and delete the prefix."""
        for process in list(self.processes):
            process.terminate()
            await process.gone()
        await self.prefix.remove()

    async def halt(self) -> None:
        for process in list(self.processes):
            await process.gone()
        await self.prefix.stop()
        system = self.prefix.directory / "system.reg"
        hive.without(system, _LOGON_SCREEN)
        self._learn(system)

    async def settle(self) -> None:
        await super().settle()
        await self.start_wine()

    async def show_logon_screen(self) -> None:
        await super().show_logon_screen()
        await self.spawn(rf'reg.exe add "HKLM\{_LOGON_SCREEN}" /f', account=SYSTEM).wait()

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
    ) -> Process:
        """Run the model of a program that Wine has called, as a child of the command line that it is part of."""
        image = path.rpartition("\\")[2].lower()
        process = Process(
            self,
            pid=self._take_pid(),
            image=image,
            path=path,
            command_line=command_line,
            environment=environment,
            directory=directory,
            account=parent.account,
            bits=parent.bits,
            console=parent.console,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
        parent.children.append(process)
        return self._started(process, answering(_TOOLS.get(image, unmodelled)))

    def _tool_of(self, program: Program) -> Tool:
        del program  # whatever it is, Wine starts it
        return partial(launcher.run, self, self.prefix, self._gateway)

    def _make_prefix(self, template: Path) -> None:
        Prefix.clone(template, self.prefix.directory)
        sow_directories(self.prefix.drive, self._stock)
        sow_registry(self.prefix.directory, self.profile, self.registry.root)

    def _learn(self, system: Path) -> None:
        """Bring what Schannel and LogonUI look at into the model's registry."""
        for path in _READ_AT_START:
            if self.registry.exists(f"HKLM\\{path}"):
                self.registry.delete_key(f"HKLM\\{path}")
            for key, values in hive.read(system, path).items():
                self.registry.create(f"HKLM\\{key}")
                for name, value in values.items():
                    self.registry.set(f"HKLM\\{key}", name, value)
