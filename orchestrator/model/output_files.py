"""Files that a command is asked to write: refused before anything is done, or written at the end.

A slip of the keyboard must not cost a file. One that is there already is replaced only if it is ours and begins as an
output of the same kind does, so that no inventory, package or password file becomes a table; never if the command
itself reads it. One may be `-`, the standard output, or another name of it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import (
    is_standard_output,
    is_stream,
    open_pipe,
    try_private,
    write_private,
    write_public,
)
from orchestrator.model.trust import place_to_write

STANDARD_OUTPUT: Final = Path("-")
_LONGEST_BEGINNING: Final = 200


@dataclass(frozen=True)
class OutputKind:
    """A kind of output.

    Attributes:
        option: Asks for it.
        name: What it is called.
        beginning: How every file of it begins.
        for_everybody: Whether other users may read it, such as the one that a collector runs as.
    """

    option: str
    name: str
    beginning: re.Pattern[bytes]
    for_everybody: bool = False


@dataclass(frozen=True)
class OutputFiles:
    """What is wanted, each by the path that was typed."""

    wanted: Sequence[tuple[OutputKind, Path]]
    _held: list[int] = field(default_factory=list, compare=False)

    def check(self, needed: Iterable[Path] = ()) -> None:
        """What cannot or must not be written is told before anything is done.

        Args:
            needed: Files that the command reads or keeps itself.

        Raises:
            UsageError: It names the path and says what to do.
        """
        taken = {_same(file): "the command needs this file itself" for file in needed} if self.wanted else {}
        printed: list[str] = []
        for kind, path in self.wanted:
            try:
                if _is_printed(path):
                    printed.append(kind.option)
                    continue
                if is_stream(path):
                    self._check_stream(path)
                else:
                    check_file(kind, path)
                if _is_shared(path):
                    if problem := taken.get(_same(path)):
                        raise UsageError(f"{kind.option} {path}: {problem}; give the name of another")
                    taken[_same(path)] = f"{kind.option} is to be written there already"
            except OSError as error:
                raise _unwritable(path, error) from error
        if len(printed) > 1:
            options = " and ".join(printed)
            raise UsageError(f"{options} cannot both be written to the standard output; give one of them a file")

    def take_the_standard_output(self) -> bool:
        """Whether one of them is written there, so that nothing else must be."""
        return any(_is_printed(path) for _, path in self.wanted)

    def write(self, path: Path, content: bytes | Iterable[bytes]) -> None:
        """Writes one of them. Raises OSError; what the standard output does not take is told at the program's end."""
        if _is_printed(path):
            sys.stdout.flush()
            sys.stdout.buffer.writelines((content,) if isinstance(content, bytes) else content)
            sys.stdout.buffer.flush()
        else:
            write = (
                write_public if any(kind.for_everybody for kind, each in self.wanted if each == path) else write_private
            )
            write(path, content)

    def can_be_replaced(self, path: Path) -> bool:
        """Whether one of them can be written anew, and is not a pipe, a device or a stream. Raises OSError."""
        return not (_is_printed(path) or is_stream(path))

    def close(self) -> None:
        """Lets go of pipes: their readers see the end."""
        while self._held:
            os.close(self._held.pop())

    def _check_stream(self, path: Path) -> None:
        """Raises UsageError, OSError."""
        mode = path.stat().st_mode
        if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
            raise UsageError(f"{path}: is a disk or a socket; give the name of a file")
        try_private(path)
        if not stat.S_ISFIFO(mode):
            return
        try:
            # Held for as long as the command lasts, so that its reader waits.
            self._held.append(open_pipe(path))
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise UsageError(f"{path}: nobody reads this pipe; start what is to read it first") from error
            raise


def check_file(kind: OutputKind, path: Path) -> None:
    """Whether a path is that of a file, there or not yet, which may be written.

    Raises:
        UsageError: It names the path and says what to do.
    """
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the name of a file")
        if is_stream(path):
            raise UsageError(f"{path}: is no file but a device, a pipe or a stream; give the name of a file")
        place = place_to_write(path)
        for folder in (path.parent, place.parent):
            if not folder.is_dir():
                raise UsageError(f"{path}: there is no folder {folder}; make it first")
        if place.exists():
            with place.open("rb") as file:
                beginning = file.read(_LONGEST_BEGINNING)
            if beginning and not kind.beginning.match(beginning):
                raise UsageError(
                    f"{kind.option} {path}: this file is there already, and is no {kind.name} of ours; give the name "
                    "of another, or take it away first"
                )
        try_private(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written: {error.strerror}")


def _is_printed(path: Path) -> bool:
    """Whether a path means the standard output. Raises OSError."""
    return path == STANDARD_OUTPUT or is_standard_output(path)


def _is_shared(path: Path) -> bool:
    """Whether two outputs would take from each other what is written there: not of a device. Raises OSError."""
    try:
        return not stat.S_ISCHR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True


def _same(path: Path) -> object:
    """Equal for two paths of one file, whether it is there or not."""
    place = Path(os.path.realpath(path))
    try:
        found = place.stat()
    except OSError:
        return os.path.normcase(place)
    return (found.st_dev, found.st_ino)
