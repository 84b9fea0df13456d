"""The file system of a Wine prefix, as the model's tools see it: the directory behind drive C:, on the disk itself."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from sspr_lab import errors
from sspr_lab.accounts import Account
from sspr_lab.errors import WindowsError
from sspr_lab.faults import Faults
from sspr_lab.file_paths import full_path, is_writable_by, parts_of
from sspr_lab.file_tree import File, Folder, Node
from sspr_lab.interfaces.files import Entry, Mode, Places

_CODES: Final[tuple[tuple[type[OSError], int], ...]] = (
    (FileNotFoundError, errors.FILE_NOT_FOUND),
    (NotADirectoryError, errors.PATH_NOT_FOUND),
    (IsADirectoryError, errors.ACCESS_DENIED),
    (FileExistsError, errors.ALREADY_EXISTS),
    (PermissionError, errors.ACCESS_DENIED),
)


class DiskFile:
    """An open file of a prefix, to be closed."""

    def __init__(self, files: "DiskFiles", path: str, mode: Mode, content: bytes) -> None:
        self._files = files
        self._path = path
        self._mode = mode
        self._content = bytearray(content)
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        end = len(self._content) if size < 0 else self._at + size
        piece = bytes(self._content[self._at : end])
        self._at += len(piece)
        return piece

    def write(self, data: bytes) -> None:
        if self._mode == "r":
            raise WindowsError(errors.ACCESS_DENIED, self._path)
        self._content += data

    def close(self) -> None:
        if self._mode != "r":
            self._files.write(self._path, bytes(self._content))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DiskFiles:
    """Drive C: of one prefix, whose files Wine's programs read and write at the same time.

    It does what `FileSystem` does, of which see the methods. Who has a file open inside Wine is not known here: the
    sharing rules hold among Wine's own programs only. `total_bytes` and `free_bytes` are the model's.
    """

    def __init__(self, drive: Path, faults: Faults, *, total_bytes: int, free_bytes: int) -> None:
        self.total_bytes = total_bytes
        self._free = free_bytes
        self._drive = drive
        self._faults = faults

    @property
    def root(self) -> Folder:
        """What is there now outside the directories that Wine came with; for snapshots."""
        return _tree(self._drive, "")

    @property
    def free_bytes(self) -> int:
        fault = self._faults.find("disk_full")
        return self._free if fault is None else min(self._free, int(fault.number("free", 0)))

    def full_path(self, path: str, directory: str = "C:\\") -> str:
        return full_path(path, directory)

    def exists(self, path: str) -> bool:
        try:
            return self._place(path).exists()
        except WindowsError:
            return False

    def is_dir(self, path: str) -> bool:
        return self.exists(path) and self._place(path).is_dir()

    def first_file(self, places: Places) -> str | None:
        paths = (f"{folder}\\{name}" for folder, names in places.folders for name in names.values())
        return next((path for path in paths if self.exists(path) and not self.is_dir(path)), None)

    def stat(self, path: str) -> Entry:
        with _as_windows(path):
            return _entry(self._existing(path))

    def listdir(self, path: str) -> list[Entry]:
        with _as_windows(path):
            place = self._existing(path)
            if not place.is_dir():
                raise WindowsError(errors.DIRECTORY, path)
            return sorted(map(_entry, place.iterdir()), key=lambda entry: entry.name.upper())

    def read(self, path: str) -> bytes:
        with _as_windows(path):
            return self._existing(path).read_bytes()

    def write(self, path: str, data: bytes, *, append: bool = False, account: Account | None = None) -> None:
        """Never into a file that clones of the template share: what replaces one is a file of its own."""
        place = self._changeable(path, account)
        if place.is_dir():
            raise WindowsError(errors.ACCESS_DENIED, path)
        before = place.read_bytes() if append and place.exists() else b""
        if len(data) > self.free_bytes:
            raise WindowsError(errors.DISK_FULL, path)
        with _as_windows(path):
            if place.exists() and place.stat().st_nlink > 1:
                place.unlink()
            place.write_bytes(before + data)

    def open(self, path: str, mode: Mode, *, account: Account | None = None) -> "DiskFile":
        """Writes reach the disk when the file is closed."""
        content = b"" if mode == "w" or (mode == "a" and not self.exists(path)) else self.read(path)
        if mode != "r":
            self.write(path, content, account=account)
        return DiskFile(self, path, mode, content)

    def mkdir(self, path: str, *, account: Account | None = None) -> None:
        with _as_windows(path):
            self._changeable(path, account).mkdir()

    def rmdir(self, path: str, *, tree: bool = False, account: Account | None = None) -> None:
        place = self._existing(path)
        if not place.is_dir():
            raise WindowsError(errors.DIRECTORY, path)
        if not tree and any(place.iterdir()):
            raise WindowsError(errors.DIR_NOT_EMPTY, path)
        self._changeable(path, account)
        with _as_windows(path):
            shutil.rmtree(place)

    def delete(self, path: str, *, account: Account | None = None) -> None:
        self._existing(path)
        with _as_windows(path):
            self._changeable(path, account).unlink()

    def rename(
        self, source: str, target: str, *, replace_existing: bool = False, account: Account | None = None
    ) -> None:
        origin = self._existing(source)
        self._changeable(source, account)
        place = self._changeable(target, account)
        if place.exists() and place != origin and (not replace_existing or place.is_dir() or origin.is_dir()):
            raise WindowsError(errors.ALREADY_EXISTS, target)
        with _as_windows(target):
            origin.replace(place.with_name(parts_of(target)[-1]) if place == origin else place)

    def copy(self, source: str, target: str, *, account: Account | None = None) -> None:
        self.write(target, self.read(source), account=account)
        shutil.copystat(self._place(source), self._place(target))

    def _place(self, path: str) -> Path:
        """Where a path leads on the disk: the spelling of what exists, and as written from there on."""
        place = self._drive
        for part in parts_of(path):
            place = place / _spelled(place, part)
        return place

    def _existing(self, path: str) -> Path:
        place = self._place(path)
        if not place.exists():
            raise WindowsError(errors.FILE_NOT_FOUND if place.parent.is_dir() else errors.PATH_NOT_FOUND, path)
        return place

    def _changeable(self, path: str, account: Account | None) -> Path:
        place = self._place(path)
        if not place.parent.is_dir():
            raise WindowsError(errors.PATH_NOT_FOUND, path)
        if account is not None and not is_writable_by(path, account, exists=place.exists()):
            raise WindowsError(errors.ACCESS_DENIED, path)
        return place


def _spelled(folder: Path, name: str) -> str:
    if (folder / name).exists() or not folder.is_dir():
        return name
    lower = name.lower()
    return next((entry for entry in os.listdir(folder) if entry.lower() == lower), name)  # noqa: PTH208 - names only


def _entry(place: Path) -> Entry:
    about = place.stat()
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    is_dir = place.is_dir()
    return Entry(place.name, is_dir, 0 if is_dir else about.st_size, modified)


def _tree(place: Path, name: str) -> Folder:
    """A directory as a node; files that clones share are left out."""
    entries: dict[str, Node] = {}
    for child in place.iterdir():
        if child.is_dir():
            entries[child.name.upper()] = _tree(child, child.name)
        elif child.stat().st_nlink == 1:
            entries[child.name.upper()] = File(child.name, child.read_bytes())
    return Folder(name, entries)


@contextmanager
def _as_windows(path: str) -> Iterator[None]:
    """Raise what Unix refuses as the Win32 error that a Windows program would get."""
    try:
        yield
    except OSError as error:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), errors.ACCESS_DENIED)
        raise WindowsError(code, path) from error
