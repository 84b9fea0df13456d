"""Redirection of a command's handles to files, devices and each other."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from sspr_lab.cmd.nodes import Redirection
from sspr_lab.cmd.shell import Handles, Shell
from sspr_lab.errors import INVALID_NAME, PATH_NOT_FOUND, WindowsError
from sspr_lab.interfaces.files import Mode, OpenFile
from sspr_lab.streams import BytesInput, InputStream, Kind, Nul, OutputStream, nul_input

_INVALID_HANDLE = 6
_DEVICES = frozenset({"nul", "con", "conin$", "conout$"})


class FileSink:
    """A file as the end of an output stream."""

    kind: Kind = "file"

    def __init__(self, handle: OpenFile) -> None:
        self._handle = handle

    async def write(self, data: bytes) -> None:
        self._handle.write(data)


def redirected(shell: Shell, redirections: Sequence[Redirection], handles: Handles) -> AbstractContextManager[Handles]:
    """The handles after the redirections, in their order; files are closed at the end.

    Raises:
        WindowsError: a file cannot be opened; cmd.exe then does not run the command.
    """
    if not redirections:
        return nullcontext(handles)
    table: dict[int, InputStream | OutputStream] = {0: handles.stdin, 1: handles.stdout, 2: handles.stderr}
    files: list[OpenFile] = []
    try:
        for redirection in redirections:
            table[redirection.handle] = _opened(shell, redirection, table, handles, files)
    except WindowsError:
        _close(files)
        raise
    stdin, stdout, stderr = table[0], table[1], table[2]
    inner = Handles(
        nul_input() if isinstance(stdin, OutputStream) else stdin,
        stdout if isinstance(stdout, OutputStream) else _nul(handles),
        stderr if isinstance(stderr, OutputStream) else _nul(handles),
    )
    return _closing(files, inner) if files else nullcontext(inner)


@contextmanager
def _closing(files: list[OpenFile], handles: Handles) -> Iterator[Handles]:
    try:
        yield handles
    finally:
        _close(files)


def _close(files: list[OpenFile]) -> None:
    with ExitStack() as closing:
        for file in files:
            closing.callback(file.close)


def _opened(
    shell: Shell,
    redirection: Redirection,
    table: dict[int, InputStream | OutputStream],
    handles: Handles,
    files: list[OpenFile],
) -> InputStream | OutputStream:
    target = shell.expand(redirection.target).replace('"', "")
    if target.startswith("&"):
        if int(target[1:]) not in table:
            raise WindowsError(_INVALID_HANDLE)
        return table[int(target[1:])]
    if not target:
        raise WindowsError(PATH_NOT_FOUND)
    if target.rstrip(":").lower() in _DEVICES:
        return nul_input() if redirection.direction == "<" else _nul(handles)
    path = shell.full_path(target)
    if path.endswith("\\"):
        raise WindowsError(INVALID_NAME, path)
    if redirection.direction == "<":
        return BytesInput(shell.files.read(path))
    mode: Mode = "a" if redirection.direction == ">>" else "w"
    file = shell.files.open(path, mode, account=shell.process.account)
    files.append(file)
    return OutputStream(FileSink(file), handles.stdout.console)


def _nul(handles: Handles) -> OutputStream:
    return OutputStream(Nul(), handles.stdout.console)
