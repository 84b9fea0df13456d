"""Open files of a machine: what a handle reads and writes, and what it lets others do meanwhile.

Bytes that a handle has written reach the tree when anybody looks, or when it is closed.
"""

from typing import Final, Literal, Protocol, Self

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.files import Mode

Sharing = Literal["read", "write", "delete"]
SHARE_READ: Final[frozenset[Sharing]] = frozenset({"read"})
SHARE_ALL: Final[frozenset[Sharing]] = frozenset({"read", "write", "delete"})


class Keeper(Protocol):
    """Who keeps the content of the open files: the file system; see `files.FileSystem`."""

    def reserve(self, before: int, after: int) -> None: ...

    def store(self, path: str, data: bytes) -> None: ...

    def closed(self, handle: "FileHandle") -> None: ...


class FileHandle:
    """An open file, to be closed. Writing beyond the disk's space raises WindowsError 112."""

    def __init__(self, files: Keeper, path: str, mode: Mode, share: frozenset[Sharing], data: bytes) -> None:
        self.path = path
        self.mode = mode
        self.share = share
        self._files = files
        self._data = bytearray(data)
        self._at = 0
        self._dirty = False

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else self._at + size
        piece = bytes(self._data[self._at : end])
        self._at += len(piece)
        return piece

    def write(self, data: bytes) -> None:
        if self.mode == "r":
            raise WindowsError(errors.ACCESS_DENIED, self.path)
        self._files.reserve(len(self._data), len(self._data) + len(data))
        self._data += data
        self._dirty = True

    def flush(self) -> None:
        """Bring what was written into the tree."""
        if self._dirty:
            self._dirty = False
            self._files.store(self.path, bytes(self._data))

    def close(self) -> None:
        self.flush()
        self._files.closed(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
