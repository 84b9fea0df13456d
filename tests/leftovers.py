"""What a run left on a lab machine, sorted: what TLS 1.2 takes, what the package takes, and all that is left over."""

import re
from collections.abc import Iterable

from sspr_lab.accounts import SYSTEM
from sspr_lab.machine import Machine
from sspr_lab.packages import standin
from tests.lab_fixtures import Site

_TLS = re.compile(r"[+~] (key|value) HKLM\\.*(\\SCHANNEL\\Protocols\\TLS 1\.2|\\Internet Settings\\WinHttp)\b")
_CACHED = re.compile(r"(C:\\Windows\\Installer\\)[0-9a-f]+(\.msi)")
_LEASE = re.compile(r"(\\SsprOrchestrator\\lease\\)[^\\]+?(\\[^\\ ]+)?( \(.*\))?$")
_BY_HAND = r"C:\ByHand"

AWAITED = (r"+ key HKLM\SOFTWARE\SsprOrchestrator", r"+ value HKLM\SOFTWARE\SsprOrchestrator:AwaitingRestartOf")
"""Our note that a change takes effect with the next restart; it goes when that restart is proved."""
SCHEDULED = r"+ value HKLM\SOFTWARE\SsprOrchestrator:RestartScheduledIn"
"""Our note that we have asked for a restart."""
LEASED = (
    r"+ directory C:\Windows\SsprOrchestrator",
    r"+ directory C:\Windows\SsprOrchestrator\lease",
    r"+ directory C:\Windows\SsprOrchestrator\lease\*",
    r"+ file C:\Windows\SsprOrchestrator\lease\*\owner.txt",
)
"""The lease of a run to which the host was lost; it runs out there."""


def left_over(changes: Iterable[str], package: frozenset[str]) -> tuple[str, ...]:
    """Of the lines of `Snapshot.diff`, those that neither TLS 1.2 nor the package accounts for, sorted."""
    return tuple(sorted(line for line in map(_nameless, changes) if not _TLS.match(line) and line not in package))


def is_installed(changes: Iterable[str], package: frozenset[str]) -> bool:
    """Whether the package's traces are among the changes: all of them, or none."""
    found = package.intersection(map(_nameless, changes))
    assert found in (package, frozenset()), f"half an installation: {sorted(package - found)} are missing"
    return bool(found)


def traces(lab: Site, name: str) -> frozenset[str]:
    """What the stand-in leaves on a machine when it is installed by hand, as SYSTEM, from a folder that then goes."""
    return lab.lab.call(lambda _: _install(lab.machine(name)))


async def _install(machine: Machine) -> frozenset[str]:
    before = machine.snapshot()
    path = rf"{_BY_HAND}\SsprWindowsLogon.PROD.msi"
    machine.files.mkdir(_BY_HAND)
    machine.files.write(path, standin(machine.profile.architecture).read_bytes())
    assert await machine.spawn(f'msiexec /i "{path}" /qn /norestart', account=SYSTEM).wait() == 0
    machine.files.delete(path)
    machine.files.rmdir(_BY_HAND)
    return frozenset(map(_nameless, before.diff(machine.snapshot())))


def _nameless(line: str) -> str:
    """The line without the cached package's name, which is made up anew on every machine, and without a run's."""
    return _LEASE.sub(r"\1*\2", _CACHED.sub(r"\1*\2", line))
