"""What the parts of a machine may ask of its drive C:, whoever keeps it; see `files.FileSystem` for each method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from sspr_lab.accounts import Account
from sspr_lab.file_tree import Folder

Mode = Literal["r", "w", "a"]


@dataclass(frozen=True)
class Entry:
    """A line of a directory listing. `size` is in bytes, 0 for a directory; `modified` is UTC."""

    name: str
    is_dir: bool
    size: int
    modified: datetime


@dataclass(frozen=True, eq=False)
class Places:
    """Where a file is looked for, in this order: folders, each with the names that it may have there, by upper case."""

    folders: Sequence[tuple[str, Mapping[str, str]]]


class OpenFile(Protocol):
    """An open file, to be closed."""

    def read(self, size: int = -1) -> bytes: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Files(Protocol):
    """Drive C: of one machine. All methods raise WindowsError."""

    @property
    def root(self) -> Folder: ...

    @property
    def total_bytes(self) -> int: ...

    @property
    def free_bytes(self) -> int: ...

    def full_path(self, path: str, directory: str = "C:\\") -> str: ...

    def exists(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def first_file(self, places: Places) -> str | None: ...

    def stat(self, path: str) -> Entry: ...

    def listdir(self, path: str) -> list[Entry]: ...

    def read(self, path: str) -> bytes: ...

    def write(self, path: str, data: bytes, *, append: bool = False, account: Account | None = None) -> None: ...

    def open(self, path: str, mode: Mode, *, account: Account | None = None) -> OpenFile: ...

    def mkdir(self, path: str, *, account: Account | None = None) -> None: ...

    def rmdir(self, path: str, *, tree: bool = False, account: Account | None = None) -> None: ...

    def delete(self, path: str, *, account: Account | None = None) -> None: ...

    def rename(
        self, source: str, target: str, *, replace_existing: bool = False, account: Account | None = None
    ) -> None: ...

    def copy(self, source: str, target: str, *, account: Account | None = None) -> None: ...
