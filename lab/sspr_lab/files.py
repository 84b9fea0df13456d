"""The file system of one machine: drive C:, NTFS, held in memory; errors are Win32 codes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from sspr_lab import errors
from sspr_lab.accounts import Account
from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.faults import Faults
from sspr_lab.file_handle import SHARE_ALL, SHARE_READ, FileHandle, Sharing
from sspr_lab.file_paths import full_path, is_writable_by, keys_of, parts_of
from sspr_lab.file_tree import File, Folder, Node, changed
from sspr_lab.interfaces.files import Entry, Mode, Places

_CLUSTER: Final = 4096


class FileSystem:
    """Drive C: of one machine.

    Paths are absolute (`full_path` makes them so), case does not matter. Methods that change something take the
    account on whose behalf they do, None being the system. All raise WindowsError: 2 no such file, 3 no such
    directory, 5 access, 32 in use, 53 no such server, 80/183 exists, 112 disk full, 123 bad name, 145 not empty.
    """

    def __init__(self, root: Folder, clock: Clock, faults: Faults, *, total_bytes: int, free_bytes: int) -> None:
        self.total_bytes = total_bytes
        self._free = free_bytes
        self._root = root
        self._clock = clock
        self._faults = faults
        self._handles: list[FileHandle] = []
        self._found: dict[Places, str | None] = {}

    @property
    def root(self) -> Folder:
        """The tree as it is now."""
        for handle in self._handles:
            handle.flush()
        return self._root

    @property
    def free_bytes(self) -> int:
        """Free space of the drive; what a `disk_full` fault leaves when there is one."""
        fault = self._faults.find("disk_full")
        return self._free if fault is None else min(self._free, int(fault.number("free", 0)))

    def full_path(self, path: str, directory: str = "C:\\") -> str:
        """GetFullPathName: `path` as seen from `directory`, with "." and ".." resolved; nothing need exist."""
        return full_path(path, directory)

    def exists(self, path: str) -> bool:
        """Whether there is a file or directory; False too for a path that could not be one."""
        return self._if_possible(path) is not None

    def is_dir(self, path: str) -> bool:
        return isinstance(self._if_possible(path), Folder)

    def first_file(self, places: Places) -> str | None:
        """The path of the first file that there is; remembered until anything changes on the drive."""
        if places not in self._found:
            self._found[places] = next(self._files_at(places), None)
        return self._found[places]

    def _files_at(self, places: Places) -> Iterator[str]:
        for folder, names in places.folders:
            node = self._if_possible(folder)
            if isinstance(node, Folder):
                yield from (f"{folder}\\{names[key]}" for key in names if isinstance(node.entries.get(key), File))

    def stat(self, path: str) -> Entry:
        return _entry(self._node(path))

    def listdir(self, path: str) -> list[Entry]:
        """The entries of a directory in NTFS order (by upper-case name)."""
        folder = self._node(path)
        if isinstance(folder, File):
            raise WindowsError(errors.DIRECTORY, path)
        return [_entry(folder.entries[key]) for key in sorted(folder.entries)]

    def read(self, path: str) -> bytes:
        """The whole content, as a reader gets it that lets others write."""
        self._check_sharing(path, "read", SHARE_ALL)
        return self._file(path).data

    def write(self, path: str, data: bytes, *, append: bool = False, account: Account | None = None) -> None:
        """Replace the content, or add to it; makes the file, never its directory."""
        with self.open(path, "a" if append else "w", account=account) as handle:
            handle.write(data)

    def open(
        self, path: str, mode: Mode, *, share: frozenset[Sharing] = SHARE_READ, account: Account | None = None
    ) -> FileHandle:
        """CreateFile: "r" needs an existing file, "w" makes or empties it, "a" makes it or goes on at its end."""
        self._check_sharing(path, "read" if mode == "r" else "write", share)
        node = self._look(path)
        if isinstance(node, Folder):
            raise WindowsError(errors.ACCESS_DENIED, path)
        if mode == "r":
            data = self._file(path).data
        else:
            self._check_write(path, node, account)
            data = node.data if mode == "a" and node is not None else b""
            if node is None or node.data != data:
                self.store(path, data)
        handle = FileHandle(self, path, mode, share, data)
        self._handles.append(handle)
        return handle

    def mkdir(self, path: str, *, account: Account | None = None) -> None:
        """Make one directory; its parent must be there."""
        if self.exists(path):
            raise WindowsError(errors.ALREADY_EXISTS, path)
        self._check_write(path, None, account)
        *parent, name = parts_of(path)
        self._change(parent, lambda folder: folder.with_entry(Folder(name, modified=self._clock.now())), path)

    def rmdir(self, path: str, *, tree: bool = False, account: Account | None = None) -> None:
        """Remove a directory: an empty one, or with `tree` all that is in it."""
        folder = self._node(path)
        if isinstance(folder, File):
            raise WindowsError(errors.DIRECTORY, path)
        if folder.entries and not tree:
            raise WindowsError(errors.DIR_NOT_EMPTY, path)
        self._check_write(path, folder, account)
        below = path.rstrip("\\").upper() + "\\"
        if any(handle.path.upper().startswith(below) for handle in self._handles):
            raise WindowsError(errors.SHARING_VIOLATION, path)
        self._free += sum(_allocated(len(node.data)) for _, node in folder.walk(path) if isinstance(node, File))
        self._unlink(path)

    def delete(self, path: str, *, account: Account | None = None) -> None:
        """Delete a file."""
        if self.is_dir(path):
            raise WindowsError(errors.ACCESS_DENIED, path)
        file = self._file(path)
        self._check_write(path, file, account)
        self._check_sharing(path, "delete", SHARE_ALL)
        self._free += _allocated(len(file.data))
        self._unlink(path)

    def rename(
        self, source: str, target: str, *, replace_existing: bool = False, account: Account | None = None
    ) -> None:
        """Move a file or directory on the drive; an existing file is in the way unless it may be replaced."""
        node = self._node(source)
        self._check_write(source, node, account)
        self._check_sharing(source, "delete", SHARE_ALL)
        in_the_way = self._look(target)
        if in_the_way is not None and in_the_way is not node:
            if not replace_existing or isinstance(in_the_way, Folder) or isinstance(node, Folder):
                raise WindowsError(errors.ALREADY_EXISTS, target)
            self.delete(target, account=account)
        self._check_write(target, None, account)
        *parent, name = parts_of(target)
        self._parent(parent, target)
        self._unlink(source)
        self._change(parent, lambda folder: folder.with_entry(replace(node, name=name)), target)

    def copy(self, source: str, target: str, *, account: Account | None = None) -> None:
        """Copy a file over whatever file is there; it keeps its last-write time, as CopyFile does."""
        file = self._file(source)
        self.write(target, self.read(source), account=account)
        *parent, name = parts_of(target)
        self._change(
            parent, lambda folder: folder.with_entry(replace(_as_file(folder, name), modified=file.modified)), target
        )

    def reserve(self, old_size: int, new_size: int) -> None:
        """Take the clusters that a file needs to grow. Raises WindowsError 112."""
        needed = _allocated(new_size) - _allocated(old_size)
        if needed > self.free_bytes:
            raise WindowsError(errors.DISK_FULL)
        self._free -= needed

    def store(self, path: str, data: bytes) -> None:
        """Put content into the tree whose clusters have been reserved."""
        *parent, name = parts_of(path)
        old = self._look(path)
        if isinstance(old, File):
            name = old.name
            self._free += max(0, _allocated(len(old.data)) - _allocated(len(data)))
        file = File(name, data, self._clock.now(), protected=isinstance(old, File) and old.protected)
        self._change(parent, lambda folder: folder.with_entry(file), path)

    def closed(self, handle: FileHandle) -> None:
        if handle in self._handles:
            self._handles.remove(handle)

    def _look(self, path: str) -> Node | None:
        node: Node | None = self._root
        for key in keys_of(path):
            if not isinstance(node, Folder):
                return None
            node = node.entries.get(key)
        return node

    def _if_possible(self, path: str) -> Node | None:
        """What is there; None too for a path that could not be one."""
        try:
            return self._look(path)
        except WindowsError:
            return None

    def _node(self, path: str) -> Node:
        for handle in self._handles:
            handle.flush()
        node = self._look(path)
        if node is None:
            self._parent(parts_of(path)[:-1], path)
            raise WindowsError(errors.FILE_NOT_FOUND, path)
        return node

    def _file(self, path: str) -> File:
        node = self._node(path)
        if isinstance(node, Folder):
            raise WindowsError(errors.ACCESS_DENIED, path)
        return node

    def _parent(self, parts: list[str], path: str) -> Folder:
        node: Node | None = self._root
        for part in parts:
            node = node.entries.get(part.upper()) if isinstance(node, Folder) else None
        if not isinstance(node, Folder):
            raise WindowsError(errors.PATH_NOT_FOUND, path)
        return node

    def _unlink(self, path: str) -> None:
        *parent, name = parts_of(path)
        self._change(parent, lambda folder: folder.without_entry(name), path)

    def _change(self, parts: list[str], change: Callable[[Folder], Folder], path: str) -> None:
        self._parent(parts, path)
        moment = self._clock.now()
        self._root = changed(self._root, parts, lambda folder: replace(change(folder), modified=moment))
        self._found.clear()

    def _check_write(self, path: str, node: Node | None, account: Account | None) -> None:
        self._parent(parts_of(path)[:-1], path)
        if account is not None and not is_writable_by(path, account, exists=node is not None):
            raise WindowsError(errors.ACCESS_DENIED, path)
        if account is not None and node is not None and node.protected:
            raise WindowsError(errors.ACCESS_DENIED, path)

    def _check_sharing(self, path: str, access: Sharing, share: frozenset[Sharing]) -> None:
        if not self._handles:
            return
        upper = path.upper()
        for handle in self._handles:
            held: Sharing = "read" if handle.mode == "r" else "write"
            if handle.path.upper() == upper and (access not in handle.share or held not in share):
                raise WindowsError(errors.SHARING_VIOLATION, path)


def _as_file(folder: Folder, name: str) -> File:
    node = folder.entries[name.upper()]
    assert isinstance(node, File)
    return node


def _entry(node: Node) -> Entry:
    is_dir = isinstance(node, Folder)
    return Entry(node.name, is_dir, 0 if isinstance(node, Folder) else len(node.data), node.modified)


def _allocated(size: int) -> int:
    return -(-size // _CLUSTER) * _CLUSTER
