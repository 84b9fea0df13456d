"""Files for their owner's eyes only: whether one is, and writing one so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

_GROUP_AND_OTHERS: Final = 0o077
_STANDARD_STREAMS: Final = (1, 2)


def others_may_read(file: Path | int) -> bool:
    """Whether the mode of a file, given by its path or descriptor, lets others than its owner in. Raises OSError."""
    return os.name == "posix" and os.stat(file).st_mode & _GROUP_AND_OTHERS != 0  # noqa: PTH116 - a descriptor as well


def place_of(path: Path) -> Path:
    """The file that a path means: where symbolic links lead, whether there is one yet or not."""
    return Path(os.path.realpath(path))


def is_stream(path: Path) -> bool:
    """Whether what a path names can only be written into: a pipe, a device, or wherever our own output goes.

    Raises:
        OSError: It cannot be looked at.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return _standard_stream(found) is not None or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 by way of a temporary file in the same folder, fsync and rename.

    Where symbolic links lead to it, the file is written and the links stay. A pipe or a device is written into; so is
    the file that our own output goes to, which would lose that output otherwise. Missing folders are made: a run of
    hours must not lose its result to a typing error.

    Raises:
        OSError: The file cannot be written, by the name that was given; what stood there before still stands.
    """
    try:
        if is_stream(path):
            _write_into(path, content)
        else:
            _replace(place_of(path), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def try_private(path: Path) -> None:
    """Find out whether `write_private` can write a file, and leave everything as it is.

    Raises:
        OSError: It cannot, by the name that was given; a file that nobody may write is meant to stay.
    """
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not is_stream(path):
            handle, temporary = _temporary(place_of(path))
            os.close(handle)
            temporary.unlink()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _standard_stream(found: os.stat_result) -> int | None:
    """The descriptor of our output or error stream, where it goes to this very file."""
    for descriptor in _STANDARD_STREAMS:
        with contextlib.suppress(OSError):  # it was closed by whoever started us
            if os.path.samestat(found, os.fstat(descriptor)):
                return descriptor
    return None


def _write_into(path: Path, content: bytes) -> None:
    """Write without replacing; into our own streams by their descriptors, which know how far they have come."""
    descriptor = _standard_stream(path.stat())
    binary = getattr(os, "O_BINARY", 0)  # of Windows
    handle = os.open(path, os.O_WRONLY | binary) if descriptor is None else os.dup(descriptor)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)


def _replace(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _temporary(place)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def _temporary(place: Path) -> tuple[int, Path]:
    """A descriptor and the path of an empty file beside a place; mkstemp makes it 0600."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    return handle, Path(name)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no fsync of folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
