"""How a program is found: the search path of CreateProcess and cmd.exe, PATHEXT, batch files, the 32-bit System32."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from sspr_lab.environment import Environment
from sspr_lab.errors import BAD_EXE_FORMAT, FILE_NOT_FOUND, WindowsError
from sspr_lab.file_paths import full_path
from sspr_lab.interfaces.files import Places
from sspr_lab.interfaces.platform import Platform

SYSTEM32: Final = "C:\\Windows\\System32"
SYSWOW64: Final = "C:\\Windows\\SysWOW64"
SYSNATIVE: Final = "C:\\Windows\\Sysnative"  # how a 32-bit program names the 64-bit System32
_BATCH: Final = (".bat", ".cmd")
_DEFAULT_PATHEXT: Final = ".COM;.EXE;.BAT;.CMD"
_REMEMBERED: Final = 4096  # names of programs: the machines of a fleet ask for the same ones


@dataclass(frozen=True)
class Program:
    """A program file that was found."""

    path: str
    image: str
    bits: int
    is_batch: bool = False

    def command_line(self, line: str) -> str:
        """The command line that the process gets: CreateProcess runs a batch file through cmd.exe /c."""
        return f'{SYSTEM32}\\cmd.exe /c "{line}"' if self.is_batch else line


def resolve(machine: Platform, line: str, environment: Environment, directory: str, bits: int) -> Program:
    """The program that `line` names: its quoted first word, or its longest prefix of words that is a file.

    Raises:
        WindowsError: 2 when none is found, 193 when the file is neither a program nor a batch file.
    """
    for name in _candidate_names(line):
        path = find_program(machine, name, environment, directory, bits)
        if path is not None:
            return _program(machine, path, bits)
    raise WindowsError(FILE_NOT_FOUND, line)


def find_program(machine: Platform, name: str, environment: Environment, directory: str, bits: int) -> str | None:
    """The full path of the file that `name` runs: as written, or with PATHEXT, in the directory and along PATH."""
    search, extensions = environment.find("PATH") or "", environment.find("PATHEXT") or _DEFAULT_PATHEXT
    is_redirected = machine.profile.is_x64 and bits == 32
    return machine.files.first_file(_places(name, directory, search, extensions, is_redirected=is_redirected))


@lru_cache(_REMEMBERED)
def _places(name: str, directory: str, search: str, extensions: str, *, is_redirected: bool) -> Places:
    """Where a program of that name may lie and what it may be called there."""
    has_folder = "\\" in name or "/" in name or name[1:2] == ":"
    folders = [directory] if has_folder else [item.strip('"') for item in (directory, *search.split(";")) if item]
    endings = extensions.split(";")
    if "." in name.replace("/", "\\").rpartition("\\")[2]:
        endings = ["", *endings]
    paths = (full_path(name + ending, folder) for folder in folders for ending in endings)
    parted = (path.rpartition("\\") for path in (map(_native, paths) if is_redirected else paths))
    return Places(
        [
            (folder, {name.upper(): name for _, _, name in inside})
            for folder, inside in groupby(parted, key=lambda one: one[0])
        ]
    )


def _candidate_names(line: str) -> Iterator[str]:
    if line.startswith('"'):
        yield line[1:].partition('"')[0]
        return
    words = line.split(" ")
    for count, word in enumerate(words):
        if word:
            yield " ".join(words[: count + 1])


def _native(path: str) -> str:
    """Where the file system redirector sends a 32-bit program of a 64-bit Windows."""
    for seen, real in ((SYSTEM32, SYSWOW64), (SYSNATIVE, SYSTEM32)):
        if path.upper().startswith(seen.upper() + "\\"):
            return real + path[len(seen) :]
    return path


def _program(machine: Platform, path: str, bits: int) -> Program:
    name = path.rpartition("\\")[2].lower()
    if name.endswith(_BATCH):
        return Program(path, "cmd.exe", bits, is_batch=True)
    if not machine.files.read(path).startswith(b"MZ"):
        raise WindowsError(BAD_EXE_FORMAT, path)
    is_wow = path.upper().startswith(SYSWOW64.upper() + "\\")
    native = 64 if machine.profile.is_x64 else 32
    return Program(path, name, 32 if is_wow else native)
