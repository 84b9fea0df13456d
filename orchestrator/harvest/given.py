"""Files that somebody gave, from anywhere: single ones, folders, zip files and cabinets, with all that is in them.

All of it is untrusted. Links are not followed below what was named, pipes and devices not opened; how many files there
may be, how deep, and how large what is packed may become, is bounded. What is packed lies in a folder of our own, for
its owner alone, which goes in the end; nothing is written beside what was given. What is not read is told, file by
file.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Final, Self

from orchestrator.harvest import kinds, zipped
from orchestrator.harvest.cabinet import Cabinet
from orchestrator.harvest.kinds import Kind
from orchestrator.harvest.text import PORTION
from orchestrator.harvest.zipped import NoBundle
from orchestrator.model.coordinator import own_failure
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase, verbatim
from orchestrator.model.private_file import create_private, make_temporary_folder
from orchestrator.model.showable import printable

MOST_FILES: Final = 20_000
_DEEPEST: Final = 16
_MOST_NESTED: Final = 3
"""Archives in archives."""
_LARGEST: Final = 1024 * 1024 * 1024
"""Bytes of a file that is looked at."""
_MOST_UNPACKED: Final = zipped.MOST_BYTES
_LONGEST_NAME: Final = 400
_EXACTLY: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Whatever stands there itself; a pipe is not waited for."""

_NOT_PLAIN = phrase("given-not-plain")
_TOO_MANY = phrase("given-too-many")
_TOO_DEEP = phrase("given-too-deep")
_TOO_LARGE = phrase("given-too-large")
_UNPACKS_TO_TOO_MUCH = phrase("given-unpacks-to-too-much")
_NESTED = phrase("given-nested")


@message("given-unreadable")
def _unreadable(why: str) -> None: ...


@dataclass(frozen=True)
class Given:
    """A file.

    Attributes:
        name: Below what was given, with `/`; in an archive behind the archive's name.
        kind: What it is.
        bytes: Its length.
        sha256: Its hash; empty where it was not read.
        at: The file on the disk that it is, or is packed in.
        content: Where its bytes lie; None where they are not to be read.
        lost: Why it is not read; None where it may be.
    """

    name: str
    kind: Kind
    bytes: int
    sha256: str
    at: Path
    content: Path | None = None
    lost: Message | None = None

    @property
    def above(self) -> str:
        """The name of the folder or archive that it is in; empty where it was given itself."""
        return self.name.rpartition("/")[0]

    def open(self) -> BinaryIO:
        """Its bytes. Raises OSError."""
        assert self.content is not None, "a file that is lost is not opened"
        return opened_plain(self.content)


def opened_plain(path: Path) -> BinaryIO:
    """A file open for reading, when it is a plain one. Raises OSError."""
    descriptor = os.open(path, _EXACTLY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    return os.fdopen(descriptor, "rb")


class Files:
    """All files of what was given; a context manager, in whose block they can be opened.

    Attributes:
        found: The files, in the order of what was given, and of names within.
    """

    def __init__(self) -> None:
        self.found: list[Given] = []
        self._folder: Path | None = None
        self._unpacked = 0
        self._looked_at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def add(self, path: Path, name: str) -> None:
        """Takes a file, or a folder with all below it.

        Args:
            path: A link there, named by whoever gives it, is followed.
            name: Before all names below a folder; of a file its own.

        Raises:
            CoordinatorError: What is packed cannot be unpacked here, for want of room, say.
        """
        place = Path(os.path.realpath(path))
        if place.is_dir():
            self._add_folder(place, name, 1)
        else:
            self._add_file(place, name or place.name)

    def _add_folder(self, folder: Path, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            self._lose(name, folder, _TOO_DEEP())
            return
        try:
            with os.scandir(folder) as listed:
                entries = sorted(islice(listed, MOST_FILES + 1), key=lambda entry: entry.name)
        except OSError as error:
            self._lose(name or folder.name, folder, _unreadable(error.strerror or ""))
            return
        for entry in entries:
            below, path = f"{name}/{entry.name}" if name else entry.name, Path(entry.path)
            if self._looked_at >= MOST_FILES:
                self._lose(name or folder.name, folder, _TOO_MANY())
                return
            if entry.is_dir(follow_symlinks=False):
                self._add_folder(path, below, depth + 1)
            else:
                self._add_file(path, below)

    def _add_file(self, path: Path, name: str) -> None:
        self._looked_at += 1
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode):
                self._lose(name, path, _NOT_PLAIN())
            elif found.st_size > _LARGEST:
                self._lose(name, path, _TOO_LARGE(), found.st_size)
            else:
                with opened_plain(path) as file:
                    self._take(file, name, path, path, 0)
        except OSError as error:
            self._lose(name, path, _unreadable(error.strerror or str(error)))

    def _take(self, file: BinaryIO, name: str, at: Path, content: Path, nested: int) -> None:
        """Takes a file, or what is in it where it is an archive."""
        kind = kinds.kind_of(name, file)
        size, digest = _hashed(file)
        lost = None
        if kind in {Kind.ZIP, Kind.CABINET}:
            lost = _NESTED() if nested >= _MOST_NESTED else self._unpack(kind, file, name, at, nested)
        self._keep(Given(_shown(name), kind, size, digest, at, None if lost else content, lost))

    def _unpack(self, kind: Kind, file: BinaryIO, name: str, at: Path, nested: int) -> Message | None:
        """Takes what is in an archive; says why nothing more of it could be."""
        try:
            packed = _of_zip(file) if kind is Kind.ZIP else _of_cabinet(file)
            for below, content in packed:
                if self._looked_at >= MOST_FILES:
                    return _TOO_MANY()
                self._looked_at += 1
                if isinstance(content, Message):
                    self._lose(f"{name}/{below}", at, content)
                    continue
                try:
                    place = self._kept(content)
                except NoBundle as error:
                    self._lose(f"{name}/{below}", at, verbatim(printable(str(error))))
                    continue
                if place is None:
                    return _UNPACKS_TO_TOO_MUCH()
                with opened_plain(place) as unpacked:
                    self._take(unpacked, f"{name}/{below}", at, place, nested + 1)
        except UnexpectedOutput as error:
            return error.reason
        except NoBundle as error:
            return verbatim(printable(str(error)))
        return None

    def _kept(self, content: Iterable[bytes]) -> Path | None:
        """Writes what was packed to a file of ours; None where it becomes too much."""
        above = Path(tempfile.gettempdir())
        try:
            if self._folder is None:
                self._folder = make_temporary_folder(above, "sspr-analyze-")
            place = self._folder / f"{self._looked_at}-{self._unpacked}"
            with os.fdopen(create_private(place), "wb") as file:
                for portion in content:
                    self._unpacked += len(portion)
                    if self._unpacked > _MOST_UNPACKED:
                        return None
                    file.write(portion)
        except OSError as error:
            raise own_failure(error, above) from error
        return place

    def _lose(self, name: str, at: Path, why: Message, size: int = 0) -> None:
        self._keep(Given(_shown(name), Kind.OTHER, size, "", at, None, why))

    def _keep(self, given: Given) -> None:
        self.found.append(given)


def _hashed(file: BinaryIO) -> tuple[int, str]:
    digest, size = sha256(), 0
    file.seek(0)
    while portion := file.read(PORTION):
        digest.update(portion)
        size += len(portion)
    return size, digest.hexdigest()


def _shown(name: str) -> str:
    """A name that can be printed, and stand in JSON; names on disks may hold anything."""
    return "/".join(printable(part) or "?" for part in PurePosixPath(name.lstrip("/")).parts)[-_LONGEST_NAME:]


def _of_zip(file: BinaryIO) -> Iterator[tuple[str, Iterator[bytes] | Message]]:
    with zipped.any_zip(file) as archive:
        yield from archive.members()


def _of_cabinet(file: BinaryIO) -> Iterator[tuple[str, Iterator[bytes] | Message]]:
    file.seek(0)
    cabinet = Cabinet(file)
    if cabinet.excess is not None:
        raise UnexpectedOutput(cabinet.excess)
    yield from cabinet.contents()


@contextmanager
def files_of(given: Iterable[tuple[Path, str]]) -> Iterator[Files]:
    """All files of several paths, each with the name before those below it. Raises CoordinatorError."""
    with Files() as files:
        for path, name in given:
            files.add(path, name)
        yield files
