"""How cmd.exe finds what a command's name stands for, and runs a program."""

from dataclasses import dataclass
from typing import Final

from sspr_lab.cmd.batch import Frame, lines_of
from sspr_lab.cmd.shell import LINE_LIMIT, Handles, Shell
from sspr_lab.errors import BAD_EXE_FORMAT, WindowsError
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.programs import find_program
from sspr_lab.stock.programs import is_opened_by_type
from sspr_lab.streams import codec_of
from sspr_lab.unmodelled import NoModel

NOT_RECOGNIZED: Final = 9009
_PATH_MISSING: Final = 3
LINE_TOO_LONG: Final = "The command line is too long."
NO_FILE: Final = "The system cannot find the file {name}."
_EXECUTABLE: Final = (".exe", ".com")
_BATCH: Final = (".bat", ".cmd")
_ASSOCIATED: Final = {".msi": '"C:\\Windows\\System32\\msiexec.exe" /i "{path}"'}  # ftype Msi.Package
_WINDOWED: Final = frozenset({"msiexec.exe", "notepad.exe", "regedit.exe", "mmc.exe", "explorer.exe", "wscript.exe"})


@dataclass(frozen=True)
class Target:
    """The file that a name runs."""

    path: str

    @property
    def is_batch(self) -> bool:
        return self.path.lower().endswith(_BATCH)

    @property
    def is_windowed(self) -> bool:
        """A GUI program, for which only batch files and cmd /c wait."""
        return self.path.rpartition("\\")[2].lower() in _WINDOWED


class Unfound(Exception):
    """Nothing answers to the name: what cmd.exe prints, and what it leaves in ERRORLEVEL."""

    def __init__(self, message: str, errorlevel: int) -> None:
        super().__init__(message)
        self.message = message
        self.errorlevel = errorlevel


def locate(shell: Shell, name: str) -> Target:
    """Search the current directory and PATH, with the extensions of PATHEXT.

    Raises:
        NoModel: it is a file that Windows opens with a program.
        Unfound: with 9009, or 3 for a path whose directory does not exist. Source of the codes: wine-mirror/wine
            programs/cmd/tests/test_builtins.cmd, "success/failure for external command".
    """
    bare = name.replace('"', "")
    process = shell.process
    try:
        found = find_program(process.machine, bare, shell.environment, shell.directory, process.bits)
    except WindowsError:
        found = None
    if found is not None and found.lower().endswith((*_EXECUTABLE, *_BATCH, *_ASSOCIATED)):
        return Target(found)
    if found is not None and is_opened_by_type(found):
        raise NoModel(f"opening {bare} by its file type")
    folder = shell.full_path(bare).rpartition("\\")[0]
    if "\\" in bare and shell.stat(folder + "\\") is None:
        raise Unfound(f"{shell.text('The system cannot find the path specified.')}\n", _PATH_MISSING)
    raise Unfound(unrecognized(shell, name), NOT_RECOGNIZED)


def unrecognized(shell: Shell, name: str) -> str:
    text = "'{name}' is not recognized as an internal or external command,\noperable program or batch file."
    return f"{shell.text(text, name=name)}\n"


def no_label(shell: Shell, label: str) -> str:
    return f"{shell.text('The system cannot find the batch label specified - {label}', label=label)}\n"


def start(shell: Shell, target: Target, name: str, arguments: str, handles: Handles) -> RunningProcess:
    """Create the process of a program, with the command line as it was typed.

    Raises:
        Unfound: the line is longer than 8191 characters, or the file is not a program.
    """
    line = name + arguments
    suffix = target.path[target.path.rfind(".") :].lower()
    program: str | None = quoted(name)
    if suffix in _ASSOCIATED:
        line, program = _ASSOCIATED[suffix].format(path=target.path) + arguments, None
    if len(line) > LINE_LIMIT:
        raise Unfound(f"{shell.text(LINE_TOO_LONG)}\n", 1)
    try:
        return shell.process.spawn(
            line, application=program, stdin=handles.stdin, stdout=handles.stdout, stderr=handles.stderr
        )
    except WindowsError as error:
        if error.code != BAD_EXE_FORMAT:
            raise
        raise Unfound(f"{shell.text(error.message)}\n", error.code) from None


def quoted(name: str) -> str:
    """A name as CreateProcess is to look it up again: a path that the redirector has translated must not go there."""
    bare = name.replace('"', "")
    return f'"{bare}"'


def read_batch(shell: Shell, target: Target, name: str, arguments: str) -> Frame:
    """A frame that stands before the first line of a batch file. Raises WindowsError when it cannot be read."""
    lines = lines_of(shell.files.read(target.path), codec_of(shell.process.code_page))
    return Frame(target.path, lines, name, arguments)
