"""One Wine prefix on disk: cloned from a template, started, stopped, removed with all its processes."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from sspr_lab.fleet import BackendUnusable

LOADER: Final = Path("/usr/lib/wine/wine64")
SERVER: Final = Path("/usr/lib/wine/wineserver64")
"""Debian's own; the `wine` in the search path is a script that talks about wine32 on the standard error."""

LAUNCHER: Final = r"C:\Windows\lab-launcher.exe"
SHARED: Final = 0o464
"""Mode of the template's files that its clones have in common: their owner, whom Wine runs as, cannot write into them.
Without a w at all Wine would show them as read-only, refuse to delete them and copy that with them."""
_NOT_EVEN_ROOT: Final = "setpriv --bounding-set=-dac_override"
"""In front of a command that is to keep to the modes of files even when root runs it."""
_REGISTRY_FILES: Final = ("system.reg", "user.reg", "userdef.reg")
_STOP_SECONDS: Final = 15.0
_ATTEMPTS: Final = 3
_GENERATED: Final = frozenset({"temp", "installer"})  # below windows/: what programs write to in place


class Prefix:
    """A prefix in `directory`, for a machine called `computer_name`.

    Its file system is `directory`/drive_c. Commands of a Unix shell that mention it are of no use: it has no drive Z:.
    """

    def __init__(self, directory: Path, computer_name: str) -> None:
        self.directory = directory
        self.drive = directory / "drive_c"
        self._name = computer_name
        self._keeper: asyncio.subprocess.Process | None = None

    @staticmethod
    def clone(template: Path, directory: Path) -> None:
        """Make `directory` a copy of a template that is not running; what may be shared of it is linked.

        A prefix without a time stamp is brought up to date when it starts: five seconds in which some 650 programs are
        written anew, in place. The template was up to date when it was made, and so are its clones.
        """
        directory.mkdir(mode=0o700)
        for name in _REGISTRY_FILES:  # never linked: the server writes in place into a file that has several links
            shutil.copy2(template / name, directory / name)
        (directory / ".update-timestamp").write_text("disable\n", encoding="ascii")
        shutil.copytree(template / "dosdevices", directory / "dosdevices", symlinks=True)
        shutil.copytree(template / "drive_c", directory / "drive_c", copy_function=_link_or_copy)
        for name in _GENERATED:
            shutil.rmtree(directory / "drive_c" / "windows" / name, ignore_errors=True)
            (directory / "drive_c" / "windows" / name).mkdir()

    async def start(self, keeper: Sequence[str]) -> None:
        """Boot it, with Wine's wineboot, which carries out renames that waited for a restart.

        `keeper` is a command that runs as long as the lab lives: without any program Wine's server would end, and with
        its own persistence it would outlast a lab that was killed. The first program of a cold prefix starts the
        services, which inherit its standard handles and keep them open; so nobody may wait for the end of those. Only
        when it has ended comes the next: of two first programs, one may lose the race for the server.

        Raises:
            BackendUnusable: Wine does not start.
        """
        for _ in range(_ATTEMPTS):
            if await self._run_quietly([LOADER, "cmd.exe", "/c", "exit 0"]) == 0:
                self._keeper = await self._start_quietly([LOADER, *keeper])
                return
        raise BackendUnusable(f"Wine does not start in {self.directory}")

    async def stop(self) -> None:
        """End all processes and have the registry written. Nothing when it does not run."""
        await self._run_quietly([SERVER, "-k"])
        with suppress(TimeoutError):
            await asyncio.wait_for(self._run_quietly([SERVER, "-w"]), _STOP_SECONDS)
        self._kill_leftovers()
        if self._keeper is not None:
            await self._keeper.wait()
            self._keeper = None

    async def remove(self) -> None:
        """Stop it and delete it."""
        await self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    async def launch(self, arguments: Sequence[str], stdin: int) -> asyncio.subprocess.Process:
        """Start a program file of the prefix with pipes for its output; it leads a process group of its own."""
        return await asyncio.create_subprocess_exec(
            *self._named([LOADER, *arguments]),
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            cwd=self.directory,
            start_new_session=True,
        )

    async def _run_quietly(self, command: Sequence[str | Path]) -> int:
        process = await self._start_quietly(command)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise

    async def _start_quietly(self, command: Sequence[str | Path]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._named(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd=self.directory,
            start_new_session=True,
        )

    def _named(self, command: Sequence[str | Path]) -> list[str]:
        return [*_own_host_name(self._name), *at_fixed_addresses(), *map(str, command)]

    @property
    def _environment(self) -> dict[str, str]:
        return environment(self.directory)

    def _kill_leftovers(self) -> None:
        """End what the server did not know of: whatever has this prefix in its environment."""
        mark = f"WINEPREFIX={self.directory}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        os.kill(int(entry.name), signal.SIGKILL)


def _link_or_copy(source: str, target: str) -> None:
    if os.stat(source).st_mode & 0o777 == SHARED:  # noqa: PTH116 - shutil's strings
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def environment(directory: Path) -> dict[str, str]:
    """The Unix environment of Wine's programs: nothing of ours, and no place outside the prefix to write to."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "WINEPREFIX": str(directory),
        "WINESERVER": str(SERVER),
        "WINEDEBUG": "-all",
        "WINEARCH": "win64",
    }


@cache
def at_fixed_addresses() -> tuple[str, ...]:
    """What stands in front of a command of Wine's, so that its processes have their heap where it is in nobody's way.

    Debian's wine64 is linked to 0x7d000000 and has no preloader; with randomized addresses its heap begins anywhere in
    the gigabyte above, and once in six thousand starts on the page 0x7ffe0000 that each process must have. That one
    ends without a word. Empty where the kernel does not allow it.
    """
    fixed = ("setarch", "--addr-no-randomize")
    with suppress(OSError):
        if subprocess.run([*fixed, "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603 - constant
            return fixed
    return ()


@cache
def _may_name_hosts() -> tuple[str, ...]:
    """How a process gets a host name of its own here; empty where the kernel does not allow it."""
    for unshare in (("unshare", "--uts"), ("unshare", "--map-root-user", "--uts")):
        with suppress(OSError):
            tried = subprocess.run(  # noqa: S603 - constants
                [*unshare, "sh", "-c", f"hostname LAB && exec {_NOT_EVEN_ROOT} true"], check=False, capture_output=True
            )
            if tried.returncode == 0:
                return unshare
    return ()


def _own_host_name(name: str) -> list[str]:
    """What stands in front of a command so that Windows' computer name, which Wine takes from the host, is `name`."""
    unshare = _may_name_hosts()
    return [*unshare, "sh", "-c", f'hostname "$0" && exec {_NOT_EVEN_ROOT} "$@"', name] if unshare else []
