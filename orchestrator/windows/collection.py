r"""What is collected on a host for support, and how it is packed into one cabinet there.

Everything goes into one folder below %SystemRoot%\SsprOrchestrator, which is removed afterwards.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.message import phrase
from orchestrator.windows import join, provider, tls12, windows10
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness
from orchestrator.windows.job import ROOT, Job, remove_folder
from orchestrator.windows.transfer import CMD

_WEVTUTIL = Evidence(
    "wevtutil epl and qe: learn.microsoft.com/windows-server/administration/windows-commands/wevtutil; "
    "the provider's name: azure-docs pull request 115628",
    Sureness.DOCUMENTED,
)
_REG_EXPORT = Evidence(
    "reg export /y: learn.microsoft.com/windows-server/administration/windows-commands/reg-export", Sureness.DOCUMENTED
)
_MAKECAB = Evidence(
    "makecab /d, /f and directive files: learn.microsoft.com/windows-server/administration/windows-commands/makecab; "
    "that Windows 7 has it is remembered",
    Sureness.REMEMBERED,
)

CABINET = "harvest.cab"
_PLAIN = f"[-._{string.ascii_letters}{string.digits}]*"  # findstr's ranges would take in letters with accents


_COLLECT = phrase("change-collect-logs")
_PACK = phrase("change-pack-log")
_REMOVE_FOLDER = phrase("change-remove-folder")


def _named(*names: str) -> str:
    return " or ".join(f"@Name='{name}'" for name in names)


def provider_query() -> str:
    """Everything the add-in has written, however old."""
    return f"*[System[Provider[{_named(provider.EVENT_SOURCE)}]]]"


def installer_query(days: int) -> str:
    """What Windows Installer has written in the last days."""
    return f"*[System[Provider[{_named('MsiInstaller')}] and {_since(days)}]]"


def boot_query(days: int) -> str:
    """Starts, stops and who asked for them: EventLog 6005 to 6009, User32 1074 (USER32 on 7), Kernel-General."""
    sources = _named("EventLog", "USER32", "User32", "Microsoft-Windows-Kernel-General")
    numbers = " or ".join(f"EventID={number}" for number in (12, 13, 1074, 6005, 6006, 6008, 6009))
    return f"*[System[Provider[{sources}] and ({numbers}) and {_since(days)}]]"


def _since(days: int) -> str:
    return f"TimeCreated[timediff(@SystemTime) <= {days * 24 * 3600 * 1000}]"


@dataclass(frozen=True)
class Source:
    """One file of a harvest: its name in the cabinet, what it is a copy of, and the command that makes it."""

    name: str
    origin: str
    command: Command


def sources(job: Job, days: int) -> tuple[Source, ...]:
    """Everything that is collected; what is not on the host makes its command fail, and is left out."""
    return (
        _export(job, "application-provider.evtx", "Application", provider_query()),
        _rendered(job, "application-provider.xml", "Application", provider_query()),
        _rendered(job, "application-msiinstaller.xml", "Application", installer_query(days)),
        _rendered(job, "system-boot.xml", "System", boot_query(days)),
        _registry(job, "registry-provider.reg", provider.PROVIDER),
        _registry(job, "registry-schannel.reg", tls12.SCHANNEL_PROTOCOL),
        _registry(job, "registry-winhttp.reg", tls12.WINHTTP),
        _registry(job, "registry-winhttp-wow64.reg", tls12.WINHTTP_WOW64),
        _registry(job, "registry-windows10-policy.reg", windows10.POLICY),
        _registry(job, "registry-join.reg", join.JOIN_INFO),
    )


def origins(job: Job, days: int) -> Mapping[str, str]:
    """File name in the cabinet → what it is a copy of."""
    return {source.name: source.origin for source in sources(job, days)}


def collect(job: Job, days: int) -> Change:
    """Gathers all sources, and the logs that Windows Installer keeps for SYSTEM, in the job's folder; packs them."""
    folder = job.path("harvest")
    return Change(
        _COLLECT(),
        (
            Command(f'md "{ROOT}" 2>nul&md "{job.folder}" 2>nul&md "{folder}" 2>nul', CMD, accepts=None),
            *(source.command for source in sources(job, days)),
            Command(f'copy /y "%SystemRoot%\\Temp\\MSI*.log" "{folder}\\" >nul 2>nul', CMD, accepts=None),
            *_pack(job, folder),
        ),
    )


def pack_one(path: str, cabinet: str) -> Change:
    """One file into a cabinet of its own."""
    return Change(_PACK(), (Command(f'makecab "{path}" "{cabinet}" 2>&1', _MAKECAB),))


def clean_up(job: Job) -> Change:
    """Removes the job's folder and, when it is empty, the root; that they are not there is no failure."""
    return Change(_REMOVE_FOLDER(), remove_folder(job))


def _parse_bytes(replies: Sequence[Reply]) -> int | None:
    text = replies[0].output.strip()
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def packed_bytes(job: Job) -> Fact[int | None]:
    """Length of the packed harvest; None while there is none."""
    line = f'pushd "{job.folder}" 2>nul&for %f in ({CABINET}) do @echo %~zf&popd'
    return Fact("harvest.bytes", (Command(line, CMD, accepts=None),), _parse_bytes)


def _export(job: Job, name: str, channel: str, query: str) -> Source:
    path = job.path(rf"harvest\{name}")
    line = f'wevtutil epl {channel} "{path}" /q:"{query}" /ow:true 2>&1'
    return Source(name, f"event log {channel}, {query}", Command(line, _WEVTUTIL, accepts=None))


def _rendered(job: Job, name: str, channel: str, query: str) -> Source:
    path = job.path(rf"harvest\{name}")
    line = f'wevtutil qe {channel} /q:"{query}" /f:RenderedXml /e:Events /uni:true >"{path}" 2>nul'
    return Source(name, f"event log {channel}, {query}", Command(line, _WEVTUTIL, accepts=None))


def _registry(job: Job, name: str, path: str) -> Source:
    file = job.path(rf"harvest\{name}")
    line = f'reg export "{path}" "{file}" /y >nul 2>nul'
    return Source(name, path, Command(line, _REG_EXPORT, accepts=frozenset({0, 1})))


def _pack(job: Job, folder: str) -> tuple[Command, ...]:
    """A directive file that lists what is there, and makecab on it; makecab writes its reports beside the cabinet.

    Only plain names are listed: everybody may put a file beside the installer's logs, and one with a blank, or with a
    letter that makecab's code page lacks, would end it.
    """
    listing = job.path("harvest.ddf")
    settings = (
        ".OPTION EXPLICIT",
        f".Set CabinetNameTemplate={CABINET}",
        f".Set DiskDirectoryTemplate={job.folder}",
        ".Set MaxDiskSize=0",
        ".Set Cabinet=on",
        ".Set Compress=on",
        f".Set SourceDir={folder}",
        f".Set RptFileName={job.path('harvest.rpt')}",
        f".Set InfFileName={job.path('harvest.inf')}",
    )
    # The redirection stands in front, as a digit right before it would be taken for a handle's number.
    head = "&".join(f'>>"{listing}" echo {line}' for line in settings)
    return (
        Command(head, CMD, accepts=None),
        Command(f'dir /b /a-d "{folder}" 2>nul|findstr /r /x "{_PLAIN}" >>"{listing}"', CMD, accepts=None),
        # From the job's folder: without its settings, on a full disk, makecab would write where it stands.
        Command(f'cd /d "{job.folder}"&&makecab /f "{listing}" 2>&1', _MAKECAB),
    )
