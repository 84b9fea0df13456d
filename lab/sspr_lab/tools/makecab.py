r"""makecab.exe: one file into a cabinet, or many by a directive file; real cabinets with MSZIP compression.

With directives it leaves setup.inf and setup.rpt in the current directory unless they are named otherwise or off. It is
a program of ANSI: directive files are read in that code page, whatever the console's is [mem].
Source: Microsoft's MakeCAB user's guide; transcripts of Windows 10 and 11 for what it prints, progress lines with \r.
"""

from dataclasses import dataclass, field
from datetime import UTC
from typing import Final

from cabarchive import CabArchive, CabFile

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import codec_of
from sspr_lab.tools.makecab_directives import DirectiveError, Item, Layout

_BANNER: Final = "Cabinet Maker - Lossless Data Compression Tool\n\n"
_USAGE: Final = """MAKECAB [/V[n]] [/D var=value ...] [/L dir] source [destination]
MAKECAB [/V[n]] [/D var=value ...] /F directive_file [...]

  source         File to compress.
  destination    File name to give compressed file.  If omitted, the
                 last character of the source file name is replaced
                 with an underscore (_) and used as the destination.
  /F directives  A file with MakeCAB directives (may be repeated). Refer to
                 Microsoft Cabinet SDK for information on directive_file.
  /D var=value   Defines variable with specified value.
  /L dir         Location to place destination (default is current directory).
  /V[n]          Verbosity level (1..3).
"""
_FAILED: Final = 1
_BYTES_PER_SECOND: Final = 20_000_000  # what an office machine of 2012 compresses


@dataclass
class _Request:
    names: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    folder: str = ""


async def main(process: Process) -> int:
    await process.stdout.write_text(_BANNER)
    request = _parsed(process.argv[1:])
    if not request.names and not request.directives:
        await process.stdout.write_text(_USAGE)
        return 0
    layout = Layout.start(request.definitions)
    try:
        if request.directives:
            await _make_by_directives(process, request, layout)
        else:
            await _make_one(process, request, layout)
    except DirectiveError as error:
        await process.stdout.write_text(f"ERROR: {error}\n")
        return _FAILED
    except WindowsError as error:
        await process.stdout.write_text(f"ERROR: Could not write {error.path}: {error.message}\n")
        return _FAILED
    return 0


def _parsed(arguments: list[str]) -> _Request:
    """Switches take their value glued on or as the next word."""
    request = _Request()
    words = list(arguments)
    while words:
        word = words.pop(0)
        letter = word[1:2].lower() if word[:1] in ("/", "-") else ""
        if letter not in ("d", "f", "l", "v"):
            request.names.append(word)
            continue
        value = word[2:].lstrip(":")
        if letter != "v" and not value and words:
            value = words.pop(0)
        if letter == "d":
            name, _, setting = value.partition("=")
            request.definitions[name] = setting
        elif letter == "f":
            request.directives.append(value)
        elif letter == "l":
            request.folder = value
    return request


async def _make_one(process: Process, request: _Request, layout: Layout) -> None:
    source = request.names[0]
    name = source.rpartition("\\")[2]
    target = request.names[1] if len(request.names) > 1 else f"{name[:-1]}_"
    if request.folder:
        target = f"{request.folder}\\{target}"
    await _write_cabinet(process, layout, [Item(source, name)], target)


async def _make_by_directives(process: Process, request: _Request, layout: Layout) -> None:
    files = process.machine.files
    for name in request.directives:
        data = _content(process, name)
        layout.read(data.decode(codec_of(process.machine.profile.ansi_code_page), "replace"))
    items = [item for cabinet in layout.cabinets for item in cabinet]
    before = sum(len(_content(process, item.source)) for item in items)
    await process.stdout.write_text(f"{before:,} bytes in {len(items)} files\n")
    started = process.machine.clock.now()
    after = 0
    for number, cabinet in enumerate(layout.cabinets, 1):
        path = layout.cabinet_path(number)
        folder = files.full_path(path, process.directory).rpartition("\\")[0]
        if not files.exists(folder):
            files.mkdir(folder, account=process.account)
        after += await _write_cabinet(process, layout, cabinet, path)
    seconds = max(0.01, (process.machine.clock.now() - started).total_seconds())
    summary = _summary(len(items), before, after, seconds)
    await process.stdout.write_text(summary)
    _write_reports(process, layout, items, summary)


def _content(process: Process, name: str) -> bytes:
    try:
        return process.machine.files.read(process.machine.files.full_path(name, process.directory))
    except WindowsError:
        raise DirectiveError(f"Could not find file: {name}") from None


async def _write_cabinet(process: Process, layout: Layout, items: list[Item], target: str) -> int:
    """Write one cabinet; returns its size in bytes."""
    kind = layout.variables["CompressionType"].upper()
    if kind == "LZX":
        raise DirectiveError("The lab writes no LZX cabinets; CompressionType=MSZIP")
    if kind != "MSZIP":
        raise DirectiveError(f"Invalid Compression Type: {kind}")
    files = process.machine.files
    archive = CabArchive()
    for number, item in enumerate(items, 1):
        data = _content(process, item.source)
        modified = files.stat(files.full_path(item.source, process.directory)).modified
        archive[item.name.replace("\\", "/")] = CabFile(data, mtime=modified.astimezone(UTC).replace(tzinfo=None))
        shown = f"{item.source} ({number} of {len(items)})"
        await process.stdout.write(f"\r  0.00% - {shown}\r100.00% - {shown}".encode())
        await process.machine.clock.sleep(len(data) / _BYTES_PER_SECOND)
    cabinet = archive.save(compress=layout.is_on("Compress"), sort=False)
    if 0 < layout.disk_size < len(cabinet):
        raise DirectiveError("The lab writes no cabinet sets; MaxDiskSize=0 makes one cabinet")
    files.write(files.full_path(target, process.directory), cabinet, account=process.account)
    await process.stdout.write(b"\r  0.00% [flushing current folder]\r100.00% [flushing current folder]\r\n")
    return len(cabinet)


def _summary(count: int, before: int, after: int, seconds: float) -> str:
    share = after / before * 100 if before else 0.0
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return (
        f"Total files:    {count:>11,}\n"
        f"Bytes before:   {before:>11,}\n"
        f"Bytes after:    {after:>11,}\n"
        f"After/Before:            {share:.2f}% compression\n"
        f"Time:                     {seconds:.2f} seconds ({hours:2.0f} hr {minutes:2.0f} min {rest:5.2f} sec)\n"
        f"Throughput:             {before / 1024 / seconds:.2f} Kb/second\n"
    )


def _write_reports(process: Process, layout: Layout, items: list[Item], summary: str) -> None:
    files = process.machine.files
    moment = process.machine.clock.now().strftime("%a %b %d %H:%M:%S %Y")
    report = f"MakeCAB Report: {moment}\n\n{summary}"
    listed = "".join(f"1,1,{item.name},{len(_content(process, item.source))}\n" for item in items)
    inf = (
        f";*** BEGIN {'*' * 58}\n;**  Automatically generated on: {moment}\n;*** END {'*' * 60}\n"
        f"[disk list]\n1,Disk 1\n[cabinet list]\n1,1,{layout.cabinet_path(1).rpartition(chr(92))[2]}\n"
        f"[file list]\n{listed}"
    )
    wanted = [(layout.variables.get("RptFileName", ""), report)]
    if layout.is_on("GenerateInf"):
        wanted.append((layout.variables.get("InfFileName", ""), inf))
    for name, text in wanted:
        if name and name.lower() != "nul":
            path = files.full_path(name, process.directory)
            files.write(path, text.replace("\n", "\r\n").encode(), account=process.account)
