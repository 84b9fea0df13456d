r"""How what is brought home is gathered in a folder of the host and packed into one cabinet there.

Everything goes into one folder below %SystemRoot%\SsprOrchestrator, which is removed afterwards.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.message import phrase
from orchestrator.windows import host_files, host_paths
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness
from orchestrator.windows.host_files import Listed
from orchestrator.windows.job import ROOT, Job
from orchestrator.windows.sources import Events, RegistryKey, Source
from orchestrator.windows.transfer import CMD

_WEVTUTIL = Evidence(
    "wevtutil epl and qe: learn.microsoft.com/windows-server/administration/windows-commands/wevtutil; "
    "the provider's name: azure-docs pull request 115628",
    Sureness.DOCUMENTED,
)
_REG_EXPORT = Evidence(
    "reg export /y: learn.microsoft.com/windows-server/administration/windows-commands/reg-export", Sureness.DOCUMENTED
)
_LISTING = Evidence(
    "dir /o-d (newest first) and for /f with its output: learn.microsoft.com windows-commands/dir and for; that the "
    "line goes on where dir prints nothing, and that a loop in it sees the outer one's variable, is remembered",
    Sureness.REMEMBERED,
)
_MAKECAB = Evidence(
    "makecab /d, /f and directive files: learn.microsoft.com/windows-server/administration/windows-commands/makecab; "
    "that Windows 7 has it is remembered",
    Sureness.REMEMBERED,
)

CABINET = "harvest.cab"
MOST_FILES = 150
"""Files of folders in one cabinet, whatever their number there; together with all others they fit one."""
_PLAIN_LETTERS = f"-._{string.ascii_letters}{string.digits}"
_PLAIN = f"[{_PLAIN_LETTERS}]*"  # findstr's ranges would take in letters with accents
_A_LINE = 2000
"""Characters of names in one command."""


_MAKE_ROOM = phrase("change-make-room-for-logs")
GATHER = phrase("change-collect-logs")
_COPY = phrase("change-copy-logs")
_DROP = phrase("change-drop-logs")
PACKING = phrase("change-pack-logs")
_PACK = phrase("change-pack-log")


def make_room(job: Job) -> Change:
    """Makes the folder that everything is gathered in."""
    folder = job.path("harvest")
    line = f'md "{ROOT}" 2>nul&md "{job.folder}" 2>nul&md "{folder}" 2>nul'
    return Change(_MAKE_ROOM(), (Command(line, CMD, accepts=None),))


def gather(job: Job, sources: Sequence[Source], after: Mapping[str, int]) -> Change:
    """Writes events and keys into files of the job's folder; what is not on the host makes its command fail.

    Args:
        job: Whose folder.
        sources: What is gathered; files of folders are none of that, see `copy`.
        after: By a source's name, the record behind which its events begin.
    """
    commands = (command for source in sources for command in _made(job, source, after.get(source.name)))
    return Change(GATHER(), tuple(commands))


def gathered(job: Job) -> Fact[tuple[Listed, ...]]:
    """The files that lie in the job's folder, with their lengths."""
    return host_files.matching(job.path(r"harvest\*"))


@dataclass(frozen=True)
class Listing:
    """Files of a folder: those that can be packed, the newest first, and how many others there are."""

    files: tuple[Listed, ...] = ()
    others: int = 0


def newest_first(pattern: str) -> Fact[Listing]:
    """The files that a path means, those first that were written last."""
    folder = host_paths.folder(pattern).rstrip("\\")
    inner = f'dir /b /a-d /o-d "{pattern}" 2^>nul'
    line = f'for /f "delims=" %f in (\'{inner}\') do @for %g in ("{folder}\\%f") do @echo %~zg %~nxg'
    return Fact("logs.files", (Command(line, _LISTING, accepts=None),), _parse_listing)


def _parse_listing(replies: Sequence[Reply]) -> Listing:
    found = [re.fullmatch(r"([0-9]{0,18}) (.+)", line) for line in replies[0].lines]
    files = tuple(Listed(each[2], int(each[1])) for each in found if each and each[1] and is_plain(each[2]))
    return Listing(files, len(found) - len(files))


def is_plain(name: str) -> bool:
    """Whether a file's name can stand in a command line and in makecab's list.

    Everybody may put a file beside the installer's logs, and one with a blank, or with a letter that makecab's code
    page lacks, would end it.
    """
    return bool(name) and not set(name) - set(_PLAIN_LETTERS)


def copy(job: Job, folder: str, names: Sequence[str]) -> Change:
    """Copies files with plain names, of one folder, to what was gathered."""
    harvest = job.path("harvest")
    return Change(
        _COPY(),
        tuple(
            Command(f'for %f in ({part}) do @copy /y "{folder}\\%f" "{harvest}\\" >nul 2>nul', CMD, accepts=None)
            for part in _parts(names)
        ),
    )


def drop(job: Job, names: Sequence[str]) -> Change:
    """Removes files with plain names from what was gathered."""
    harvest = job.path("harvest")
    return Change(
        _DROP(),
        tuple(
            Command(f'for %f in ({part}) do @del /q "{harvest}\\%f" 2>nul', CMD, accepts=None) for part in _parts(names)
        ),
    )


def _parts(names: Sequence[str]) -> Iterator[str]:
    """The names, so many in one text as a command line has room for."""
    waiting: list[str] = []
    for name in names:
        if waiting and len(" ".join((*waiting, name))) > _A_LINE:
            yield " ".join(waiting)
            waiting = []
        waiting.append(name)
    if waiting:
        yield " ".join(waiting)


def pack(job: Job) -> Change:
    """Packs what was gathered into one cabinet, be it for the second time; the folder is there whatever happened to it.

    A line of cmd.exe may end at a redirection into a folder that is not there.
    """
    return Change(PACKING(), (*make_room(job).commands, *_pack(job, job.path("harvest"))))


def pack_one(path: str, cabinet: str) -> Change:
    """One file into a cabinet of its own."""
    return Change(_PACK(), (Command(f'makecab "{path}" "{cabinet}" 2>&1', _MAKECAB),))


def _parse_bytes(replies: Sequence[Reply]) -> int | None:
    text = replies[0].output.strip()
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def packed_bytes(job: Job) -> Fact[int | None]:
    """Length of the packed harvest; None while there is none."""
    line = f'pushd "{job.folder}" 2>nul&for %f in ({CABINET}) do @echo %~zf&popd'
    return Fact("harvest.bytes", (Command(line, CMD, accepts=None),), _parse_bytes)


def _made(job: Job, source: Source, after: int | None) -> Iterator[Command]:
    match source.what:
        case Events() as events:
            query = events.query(after)
            text = job.path(rf"harvest\{source.name}.xml")
            how = f'/q:"{query}" /f:RenderedXml /e:Events /uni:true'
            yield Command(f'wevtutil qe "{events.log}" {how} >"{text}" 2>nul', _WEVTUTIL, accepts=None)
            if events.original:
                file = job.path(rf"harvest\{source.name}.evtx")
                line = f'wevtutil epl "{events.log}" "{file}" /q:"{query}" /ow:true 2>&1'
                yield Command(line, _WEVTUTIL, accepts=None)
        case RegistryKey(path):
            file = job.path(rf"harvest\{source.name}.reg")
            yield Command(f'reg export "{path}" "{file}" /y >nul 2>nul', _REG_EXPORT, accepts=frozenset({0, 1}))


def _pack(job: Job, folder: str) -> tuple[Command, ...]:
    """A directive file that lists what is there, and makecab on it; makecab writes its reports beside the cabinet."""
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
        Command(f'del /q "{listing}" 2>nul', CMD, accepts=None),
        Command(head, CMD, accepts=None),
        Command(f'dir /b /a-d "{folder}" 2>nul|findstr /r /x "{_PLAIN}" >>"{listing}"', CMD, accepts=None),
        # From the job's folder: without its settings, on a full disk, makecab would write where it stands.
        Command(f'cd /d "{job.folder}"&&makecab /f "{listing}" 2>&1', _MAKECAB),
    )
