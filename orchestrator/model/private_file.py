"""Files and folders for their owner alone: whether one is, making one anew, and writing one whole or not at all.

What we make is 0600 and 0700, whatever the umask, and made without following a link that stands in its place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orchestrator.model.trust import given_descriptor, is_foreign_pipe, place_to_write

_GROUP_AND_OTHERS: Final = 0o077
_FILE, _FOLDER = 0o600, 0o700
_FILE_FOR_ALL: Final = 0o644
_STANDARD_OUTPUT: Final = 1
_STANDARD_STREAMS: Final = (_STANDARD_OUTPUT, 2)
_EXACTLY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Whatever stands there itself, with its bytes as they are (which Windows has to be told)."""
READER_SECONDS: Final = 2.0
"""How long whoever is to read a pipe may take to begin with it."""


def others_may_read(file: Path | int) -> bool:
    """Whether the mode of a file, given by its path or descriptor, lets others than its owner in. Raises OSError."""
    return os.name == "posix" and os.stat(file).st_mode & _GROUP_AND_OTHERS != 0  # noqa: PTH116 - a descriptor as well


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it that are missing; what is there stays as it is. Raises OSError."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent)
    with contextlib.suppress(FileExistsError):  # of somebody quicker
        path.mkdir(mode=_FOLDER)
        if os.name == "posix" and path.lstat().st_mode & 0o777 != _FOLDER:
            path.chmod(_FOLDER)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def make_temporary_folder(above: Path, prefix: str) -> Path:
    """Makes a folder of a new name. Raises OSError."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
    path.chmod(_FOLDER)
    return path


def create_private(path: Path) -> int:
    """A descriptor of a file that is made anew, open for writing. Raises OSError, FileExistsError among them."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _EXACTLY, _FILE)
    _own_alone(descriptor)
    return descriptor


def open_private(path: Path | str, flags: int) -> int:
    """A descriptor of a file of ours, made where it is missing; another person's, or a link, is not opened.

    A device will do: it keeps nothing.

    Args:
        path: The file.
        flags: For `os.open`.

    Raises:
        OSError: It cannot be opened, or is not ours alone.
    """
    with contextlib.suppress(FileExistsError):
        os.close(create_private(Path(path)))
    descriptor = os.open(path, flags & ~os.O_CREAT | _EXACTLY)
    if os.name == "posix" and not _is_ours_alone(os.fstat(descriptor)):
        os.close(descriptor)
        raise PermissionError(errno.EACCES, "is not a file that only we may read and write; remove it", str(path))
    return descriptor


def is_stream(path: Path) -> bool:
    """Whether what a path names can only be written into: a pipe, a device, or what was opened before we were started.

    Raises:
        OSError: It cannot be looked at.
    """
    found = _seen(path)
    if found is None:
        return False
    if _standard_stream(found) is not None or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return True
    return given_descriptor(path) is not None


def is_standard_output(path: Path) -> bool:
    """Whether a path is another name of where our own output goes: `/dev/stdout`, or the file or pipe itself.

    Devices count by the descriptor's name alone, since what goes to /dev/null twice is nobody's loss.

    Raises:
        OSError: It cannot be looked at.
    """
    found = _seen(path)
    if found is None:
        return False
    if not stat.S_ISCHR(found.st_mode) and _standard_stream(found) == _STANDARD_OUTPUT:
        return True
    return given_descriptor(path) == _STANDARD_OUTPUT


def write_private(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file of mode 0600 by way of a temporary file in the same folder, fsync and rename.

    The content may come in pieces. Where symbolic links lead to it, the file is written and the links stay; those of
    other people are not followed, and their files stay. A pipe or a device is written into; so is the file that our own
    output goes to, which would lose that output otherwise, and what another descriptor that we were given leads to.
    Missing folders are made: a run of hours must not lose its result to a typing error.

    Raises:
        OSError: The file cannot be written, by the name that was given; what stood there before still stands.
    """
    _write(path, [content] if isinstance(content, bytes) else content, _FILE)


def write_public(path: Path, content: bytes | Iterable[bytes]) -> None:
    """The same with mode 0644, for what programs of other accounts have to read.

    Raises:
        OSError: see `write_private`.
    """
    _write(path, [content] if isinstance(content, bytes) else content, _FILE_FOR_ALL)


def _write(path: Path, pieces: Iterable[bytes], mode: int) -> None:
    try:
        if is_stream(path):
            _check_pipe(path)
            _write_into(path, pieces)
        else:
            _replace(place_to_write(path), pieces, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def try_private(path: Path) -> None:
    """Find out whether `write_private` can write a file, and leave everything as it is.

    Raises:
        OSError: It cannot, by the name that was given; a file that nobody may write is meant to stay.
    """
    try:
        if is_stream(path):
            _check_stream(path)
        else:
            if path.exists() and not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            handle, temporary = _temporary(place_to_write(path))
            os.close(handle)
            temporary.unlink()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def open_pipe(path: Path) -> int:
    """A descriptor to write into a named pipe, which somebody reads; who is about to do so is waited for a moment.

    Raises:
        OSError: With ENXIO, nobody reads it: to open it in the usual way would take forever.
    """
    waiting_until = time.monotonic() + READER_SECONDS
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > waiting_until:
                raise
            time.sleep(0.02)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _is_ours_alone(found: os.stat_result) -> bool:
    ours = found.st_uid == os.geteuid() and not found.st_mode & _GROUP_AND_OTHERS and found.st_nlink == 1
    return (stat.S_ISREG(found.st_mode) and ours) or stat.S_ISCHR(found.st_mode)


def _own_alone(descriptor: int) -> None:
    """What a umask has taken from the owner is given back."""
    if os.name == "posix":
        os.fchmod(descriptor, _FILE)


def _seen(path: Path) -> os.stat_result | None:
    """What is there; None where nothing is."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _check_stream(path: Path) -> None:
    """What is open already has to be open for writing, and anything else to be ours to write. Raises OSError."""
    if os.name == "posix" and (descriptor := _open_already(path)) is not None:
        import fcntl  # noqa: PLC0415 - Windows has none

        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise PermissionError(errno.EBADF, "is open for reading alone")
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    _check_pipe(path)


def _open_already(path: Path) -> int | None:
    """The descriptor by which a stream is written into, where there is one: it knows how far it has come."""
    given = given_descriptor(path)
    return _standard_stream(path.stat()) if given is None else given


def _check_pipe(path: Path) -> None:
    """A pipe that another person has put there would get what is for us. Raises OSError."""
    if is_foreign_pipe(path):
        raise PermissionError(errno.EACCES, "is another user's pipe")


def _standard_stream(found: os.stat_result) -> int | None:
    """The descriptor of our output or error stream, where it goes to this very file."""
    for descriptor in _STANDARD_STREAMS:
        with contextlib.suppress(OSError):  # it was closed by whoever started us
            if os.path.samestat(found, os.fstat(descriptor)):
                return descriptor
    return None


def _write_into(path: Path, content: Iterable[bytes]) -> None:
    """Write without replacing."""
    descriptor = _open_already(path)
    binary = getattr(os, "O_BINARY", 0)  # of Windows
    if descriptor is not None:
        handle = os.dup(descriptor)
    else:
        handle = open_pipe(path) if path.is_fifo() else os.open(path, os.O_WRONLY | binary)
    with os.fdopen(handle, "wb") as stream:
        stream.writelines(content)


def _replace(place: Path, content: Iterable[bytes], mode: int) -> None:
    make_folder(place.parent)
    handle, temporary = _temporary(place)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            if mode != _FILE and os.name == "posix":
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def _temporary(place: Path) -> tuple[int, Path]:
    """A descriptor and the path of an empty file beside a place."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    _own_alone(handle)
    return handle, Path(name)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no fsync of folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
