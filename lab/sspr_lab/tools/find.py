"""find.exe: the lines that contain a quoted string.

Exit code 0: found, 1: not found, 2: wrong usage (`find /?`). The text of the errors [mem].
"""

from dataclasses import dataclass
from typing import Final

from sspr_lab.cmd.builtins.call import split_words
from sspr_lab.cmd.wildcards import find
from sspr_lab.documented.reading import HELP
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import codec_of
from sspr_lab.unmodelled import NoModel

_WRONG_USAGE: Final = 2
_SWITCHES: Final = frozenset({"v", "c", "n", "i", "off", "offline"})


@dataclass(frozen=True)
class _Search:
    text: str
    switches: frozenset[str]

    def wanted(self, line: str) -> bool:
        text, line = (self.text.lower(), line.lower()) if "i" in self.switches else (self.text, line)
        return bool(text and text in line) != ("v" in self.switches)

    def found(self, lines: list[str]) -> list[str]:
        """The lines that are wanted, with their numbers when those are asked for."""
        numbered = "n" in self.switches
        return [f"[{at}]{line}" if numbered else line for at, line in enumerate(lines, 1) if self.wanted(line)]


async def main(process: Process) -> int:
    """find [/v] [/c] [/n] [/i] "string" [files]."""
    words = split_words(process.command_line)[1:]
    if HELP in words:
        raise NoModel(f"find {HELP}")
    switches = {word[1:].lower() for word in words if word.startswith("/")}
    names = [word for word in words if not word.startswith("/")]
    if not names or not (names[0].startswith('"') and names[0].endswith('"') and len(names[0]) > 1):
        await process.stderr.write_text(f"{process.text('FIND: Parameter format not correct')}\n")
        return _WRONG_USAGE
    if not _SWITCHES.issuperset(switches):
        await process.stderr.write_text(f"{process.text('FIND: Invalid switch')}\n")
        return _WRONG_USAGE
    search = _Search(names[0][1:-1].replace('""', '"'), frozenset(switches))
    if len(names) == 1:
        return await _search_input(process, search)
    codes = [await _search_name(process, search, name.replace('"', "")) for name in names[1:]]
    return min(codes)


async def _search_input(process: Process, search: _Search) -> int:
    found = search.found(_lines(process, await process.stdin.read()))
    await process.stdout.write_text(f"{len(found)}\n" if "c" in search.switches else _joined(found))
    return 0 if found else 1


async def _search_name(process: Process, search: _Search, name: str) -> int:
    """Search the files of a name, each under its heading; the exit code for them."""
    files = process.machine.files
    folder = name[: name.rfind("\\") + 1]
    try:
        matched = [(folder + entry.name, path) for path, entry in find(files, files.full_path(name, process.directory))]
        texts = [(shown, files.read(path)) for shown, path in matched]
    except WindowsError:
        texts = []
    if not texts:
        await process.stderr.write_text(f"{process.text('File not found - {name}', name=name.upper())}\n")
        return 1
    code = 1
    for shown, data in texts:
        found = search.found(_lines(process, data))
        heading = f"\n---------- {shown.upper()}"
        text = f"{heading}: {len(found)}\n" if "c" in search.switches else f"{heading}\n{_joined(found)}"
        await process.stdout.write_text(text)
        code = 0 if found else code
    return code


def _lines(process: Process, data: bytes) -> list[str]:
    lines = [line.removesuffix("\r") for line in data.decode(codec_of(process.code_page), "replace").split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
