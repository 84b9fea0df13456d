"""findstr.exe: the lines of files or of the standard input in which a string is found.

Exit code 0: found, 1: not found, 2: wrong usage. Source of the quirks with a redirected input (lines of 8192 bytes and
more are refused; Windows 7 hangs when a redirected file's last line has no line feed; a lone last byte in a pipe is
lost): stackoverflow.com/q/8844868.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Final

from sspr_lab.cmd.wildcards import find, has_wildcard, matches
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import codec_of
from sspr_lab.tools.findstr_patterns import Kind, Matching, RefusedString, compiled, looks_like_expression

_FOUND: Final = 0
_NOT_FOUND: Final = 1
_WRONG_USAGE: Final = 2
_LONGEST_LINE: Final = 8191  # bytes of a line of the standard input
_CHUNK: Final = 65_536
_CANNOT_OPEN: Final = "FINDSTR: Cannot open {name}"
_FLAGS: Final = frozenset("belrsixvnmop")


@dataclass(frozen=True)
class _Options:
    flags: frozenset[str] = frozenset()
    strings: tuple[str, ...] = ()  # of /c:
    string_files: tuple[str, ...] = ()  # of /g:
    file_lists: tuple[str, ...] = ()  # of /f:
    names: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass
class _Search:
    """What is under way: the pattern, how to show a line, and whether anything was found."""

    process: Process
    pattern: re.Pattern[bytes]
    flags: frozenset[str]
    prefixed: bool
    found: bool = field(default=False)

    def line(self, line: bytes, number: int, offset: int, name: str) -> bytes:
        """The line as it is to be written, b"" when it is not wanted."""
        if (self.pattern.search(line.removesuffix(b"\n")) is None) != ("v" in self.flags):
            return b""
        self.found = True
        prefix = f"{name}:" if self.prefixed and name else ""
        prefix += f"{number}:" if "n" in self.flags else ""
        prefix += f"{offset}:" if "o" in self.flags else ""
        return prefix.encode(codec_of(self.process.code_page), "replace") + line


async def main(process: Process) -> int:
    options = _parsed(process.argv[1:])
    for switch in options.ignored:
        await process.stderr.write_text(f"{process.text('FINDSTR: {switch} ignored', switch=switch)}\n")
    try:
        strings, names = _inputs(process, options)
        pattern = compiled(strings, _kind(options, strings), _matching(options.flags), codec_of(process.code_page))
    except RefusedString as refusal:
        await process.stderr.write_text(f"{process.text(refusal.message, **refusal.values)}\n")
        return _WRONG_USAGE
    several = len(names) > 1 or "s" in options.flags or any(has_wildcard(name) for name in names)
    search = _Search(process, pattern, options.flags, prefixed=several)
    if names:
        for name in names:
            await _search_name(search, name)
    else:
        await _search_input(search)
    return _FOUND if search.found else _NOT_FOUND


def _parsed(arguments: list[str]) -> _Options:
    options = _Options()
    for argument in arguments:
        if not options.names and argument[:1] in ("/", "-") and len(argument) > 1:
            options = _with_switch(options, argument)
        else:
            options = replace(options, names=(*options.names, argument))
    return options


def _with_switch(options: _Options, argument: str) -> _Options:
    letters, colon, value = argument[1:].partition(":")
    letters = letters.lower()
    if colon and letters == "c":
        return replace(options, strings=(*options.strings, value))
    if colon and letters == "g":
        return replace(options, string_files=(*options.string_files, value))
    if colon and letters == "f":
        return replace(options, file_lists=(*options.file_lists, value))
    if colon and letters in ("a", "d"):
        return options
    if letters in ("off", "offline"):
        return options
    if not colon and _FLAGS.issuperset(letters):
        return replace(options, flags=options.flags | set(letters))
    return replace(options, ignored=(*options.ignored, argument))


def _inputs(process: Process, options: _Options) -> tuple[list[str], list[str]]:
    """The search strings, and the names of files. Raises RefusedString when there is no string."""
    names = list(options.names)
    strings = list(options.strings)
    for name in options.string_files:
        strings += _lines_of(process, name)
    if not strings:
        strings = names.pop(0).split(" ") if names else []
    strings = [text for text in strings if text]
    if not strings:
        raise RefusedString("FINDSTR: Bad command line")
    for name in options.file_lists:
        names += _lines_of(process, name)
    return strings, names


def _lines_of(process: Process, name: str) -> list[str]:
    try:
        data = process.machine.files.read(process.machine.files.full_path(name, process.directory))
    except WindowsError:
        raise RefusedString(_CANNOT_OPEN, name=name) from None
    return data.decode(codec_of(process.code_page), "replace").splitlines()


def _kind(options: _Options, strings: list[str]) -> Kind:
    if "r" in options.flags or "l" in options.flags:
        return "expression" if "r" in options.flags else "literal"
    if options.strings:
        return "literal"
    return "expression" if looks_like_expression(strings[0]) else "literal"


def _matching(flags: frozenset[str]) -> Matching:
    return Matching("b" in flags, "e" in flags, "x" in flags, "i" in flags)


async def _search_name(search: _Search, name: str) -> None:
    """Search the files that a name stands for."""
    files = search.process.machine.files
    full = files.full_path(name, search.process.directory)
    folder = name[: max(name.rfind("\\"), name.rfind("/"), name.rfind(":")) + 1]
    try:
        found = _below(search, full, folder) if "s" in search.flags else _beside(search, full, folder)
        for shown, path in found:
            await _search_file(search, shown, files.read(path))
    except WindowsError:
        found = []
    if not found:
        await search.process.stderr.write_text(f"{search.process.text(_CANNOT_OPEN, name=name)}\n")


def _beside(search: _Search, full: str, folder: str) -> list[tuple[str, str]]:
    found = find(search.process.machine.files, full)
    return [(folder + entry.name, path) for path, entry in found if not entry.is_dir]


def _below(search: _Search, full: str, shown: str) -> list[tuple[str, str]]:
    """The matching files of a directory, then those below it, each as it is to be shown and its full name."""
    folder, _, pattern = full.rpartition("\\")
    entries = find(search.process.machine.files, f"{folder}\\*")
    found = [(shown + entry.name, path) for path, entry in entries if not entry.is_dir and matches(entry.name, pattern)]
    for path, entry in entries:
        if entry.is_dir:
            found += _below(search, f"{path}\\{pattern}", f"{shown}{entry.name}\\")
    return found


async def _search_file(search: _Search, name: str, data: bytes) -> None:
    if "p" in search.flags and any(byte < 32 and byte not in b"\t\r\n\f\x1a" for byte in data):
        return
    wanted: list[bytes] = []
    offset = 0
    for number, line in enumerate(_split(data), 1):
        if shown := search.line(line, number, offset, name):
            wanted.append(shown)
        offset += len(line)
    if "m" in search.flags:
        if wanted:
            await search.process.stdout.write_text(f"{name}\n")
    else:
        await search.process.stdout.write(b"".join(wanted))


def _split(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


async def _search_input(search: _Search) -> None:
    """Search the standard input while it comes in."""
    number = offset = 0
    async for lines in _input_lines(search.process):
        wanted: list[bytes] = []
        for line in lines:
            number += 1
            if len(line.rstrip(b"\r\n")) > _LONGEST_LINE:
                text = search.process.text("FINDSTR: Line {number} is too long.", number=number)
                await search.process.stderr.write_text(f"{text}\n")
            else:
                wanted.append(search.line(line, number, offset, ""))
            offset += len(line)
        if "m" not in search.flags:
            await search.process.stdout.write(b"".join(wanted))
    if "m" in search.flags and search.found:
        await search.process.stdout.write_text("(standard input)\n")


async def _input_lines(process: Process) -> AsyncIterator[list[bytes]]:
    """Batches of whole lines. What the last one lacks is dealt with as Windows does."""
    held = b""
    while chunk := await process.stdin.read(_CHUNK):
        complete, feed, held = (held + chunk).rpartition(b"\n")
        if feed:
            yield _split(complete + feed)
    if not held:
        return
    if process.stdin.kind == "file" and process.machine.profile.branch == "windows7":
        await asyncio.Event().wait()
    if len(held) > 1:
        yield [held + b"\r\n"]
