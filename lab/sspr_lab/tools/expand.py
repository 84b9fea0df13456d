"""expand.exe: takes files out of cabinets.

Source of the texts: transcripts of Windows 10 and 11 (the banner of Windows 7 names its version [mem]); names of the
results: with -F or -R those in the cabinet, otherwise that of the source.
"""

from dataclasses import dataclass
from typing import Final

from cabarchive import CabArchive, CorruptionError, NotSupportedError

from sspr_lab.cmd.wildcards import matches
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process

_CABINET_MARK: Final = b"MSCF"
_FAILED: Final = 0xFFFFFFFF
_COPYRIGHT: Final = "Copyright (c) Microsoft Corporation. All rights reserved.\n\n"
_VERSIONS: Final = {
    "windows7": "  Version 6.1.7600.16385",
    "windows8": "  Version 6.2.9200.16384",
    "windows8.1": "  Version 6.3.9600.16384",
    "windows10": "",
}


@dataclass(frozen=True)
class _Request:
    names: tuple[str, ...]
    pattern: str | None
    rename: bool
    show: bool


async def main(process: Process) -> int:
    version = _VERSIONS[process.machine.profile.branch]
    await process.stdout.write_text(f"Microsoft (R) File Expansion Utility{version}\n{_COPYRIGHT}")
    request = _parsed(process.argv[1:])
    if not request.names:
        await process.stdout.write_text("No files specified.\n")
        return 0
    files = process.machine.files
    source = request.names[0]
    try:
        data = files.read(process.full_path(source))
    except WindowsError:
        await process.stdout.write_text(f"Can't open input file: {source}.\n")
        return _FAILED
    if not data.startswith(_CABINET_MARK):
        return await _copy(process, request, data)
    try:
        members = [(name.replace("/", "\\"), file.buf or b"") for name, file in CabArchive(data).items()]
    except (CorruptionError, NotSupportedError):
        await process.stdout.write_text(f"{source} is not a valid cabinet file.\n")
        return _FAILED
    if request.show:
        return await _list(process, request, members)
    return await _extract(process, request, members)


def _parsed(arguments: list[str]) -> _Request:
    pattern: str | None = None
    switches: set[str] = set()
    names: list[str] = []
    for word in arguments:
        if word[:1] not in ("-", "/"):
            names.append(word)
        elif word[1:3].lower() == "f:":
            pattern = word[3:]
        else:
            switches.add(word[1:].lower())
    return _Request(tuple(names), pattern, bool(switches & {"r", "i"}), "d" in switches)


async def _list(process: Process, request: _Request, members: list[tuple[str, bytes]]) -> int:
    wanted = [name for name, _ in members if request.pattern is None or matches(name, request.pattern)]
    text = "".join(f"{request.names[0]}: {name}\n" for name in wanted)
    await process.stdout.write_text(f"{text}{len(wanted)} files total.\n" if len(wanted) > 1 else text)
    return 0


async def _extract(process: Process, request: _Request, members: list[tuple[str, bytes]]) -> int:
    if len(members) > 1 and request.pattern is None and not request.rename:
        await process.stdout.write_text(f"{request.names[0]} contains more than one file; use -F:* to expand all.\n")
        return 0
    if request.pattern is not None:
        members = [member for member in members if matches(member[0], request.pattern)]
    targets = [(_target(process, request, name), content) for name, content in members]
    for path, _ in targets:
        await process.stdout.write_text(f"Adding {path} to Extraction Queue\n")
    await process.stdout.write_text("\nExpanding Files ....\n")
    for path, content in targets:
        full = process.full_path(path)
        try:
            _make_folders(process, full)
            process.machine.files.write(full, content, account=process.account)
        except WindowsError as error:
            await process.stdout.write_text(f"\nCan't open output file: {path}.\n{error.message}\n")
            return _FAILED
    total = f"{len(targets)} files total.\n" if len(targets) > 1 else ""
    await process.stdout.write_text(f"\nExpanding Files Complete ...\n{total}")
    return 0


def _target(process: Process, request: _Request, member: str) -> str:
    """Where a member goes: into a directory that exists, else to the destination itself."""
    source = request.names[0]
    destination = request.names[1] if len(request.names) > 1 else source.rpartition("\\")[0] or "."
    kept = request.rename or request.pattern is not None
    name = member if kept else source.rpartition("\\")[2]
    if process.machine.files.is_dir(process.full_path(destination)):
        return f"{destination.rstrip(chr(92))}\\{name}"
    return destination


def _make_folders(process: Process, full: str) -> None:
    """Make the directories that a member brings along."""
    folder = full.rpartition("\\")[0]
    files = process.machine.files
    if len(folder) > len("C:") and not files.exists(folder):
        _make_folders(process, folder)
        files.mkdir(folder, account=process.account)


async def _copy(process: Process, request: _Request, data: bytes) -> int:
    """A file that is no cabinet is copied as it is."""
    source = request.names[0]
    target = _target(process, request, source.rpartition("\\")[2])
    try:
        full = process.full_path(target)
        process.machine.files.write(full, data, account=process.account)
    except WindowsError:
        await process.stdout.write_text(f"Can't open output file: {target}.\n")
        return _FAILED
    await process.stdout.write_text(f"Copying {source} to {target}.\n{source}: {len(data)} bytes copied.\n")
    return 0
