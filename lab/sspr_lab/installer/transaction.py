"""Changes to registry and files that can be rolled back, and what has to wait for a restart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sspr_lab.errors import FILE_NOT_FOUND, SHARING_VIOLATION, WindowsError
from sspr_lab.interfaces.files import Files
from sspr_lab.interfaces.platform import Platform
from sspr_lab.registry import Value

SESSION_MANAGER: Final = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
PENDING_RENAMES: Final = "PendingFileRenameOperations"


@dataclass
class Transaction:
    """What one execution script changed, newest last. `reboot_required` when a file in use waits for a restart."""

    machine: Platform
    reboot_required: bool = False
    undo: list[Callable[[], object]] = field(default_factory=list)

    def rollback(self) -> None:
        """Undo every change, newest first."""
        while self.undo:
            self.undo.pop()()
        self.reboot_required = False

    def absorb(self, other: "Transaction") -> None:
        """Make another transaction's changes part of this one."""
        self.undo += other.undo
        self.reboot_required |= other.reboot_required

    def create_key(self, path: str, view: int = 64) -> None:
        registry = self.machine.registry
        missing = [parent for parent in _with_parents(path) if not registry.exists(parent, view)]
        registry.create(path, view)
        for parent in reversed(missing):  # outermost first: it is undone after those inside it
            self.undo.append(partial(_delete_if_empty, self.machine, parent, view))

    def set_value(self, path: str, name: str, value: Value, view: int = 64) -> None:
        registry = self.machine.registry
        before = registry.get(path, name, view)
        self.create_key(path, view)
        registry.set(path, name, value, view)
        if before is None:
            self.undo.append(lambda: registry.delete_value(path, name, view))
        else:
            self.undo.append(lambda: registry.set(path, name, before, view))

    def delete_value(self, path: str, name: str, view: int = 64) -> None:
        """Delete a value if it is there."""
        registry = self.machine.registry
        before = registry.get(path, name, view)
        if before is not None:
            registry.delete_value(path, name, view)
            self.undo.append(lambda: registry.set(path, name, before, view))

    def delete_tree(self, path: str, view: int = 64) -> None:
        """Delete a key with all below it, if it is there."""
        registry = self.machine.registry
        if not registry.exists(path, view):
            return
        for below, key in reversed(list(registry.key(path, view).walk())):
            where = f"{path}\\{below}" if below else path
            for name in list(key.values):
                self.delete_value(where, name, view)
            self.delete_empty_key(where, view)

    def delete_empty_key(self, path: str, view: int = 64) -> bool:
        """Delete a key that has neither values nor subkeys; whether it was deleted."""
        registry = self.machine.registry
        if not _delete_if_empty(self.machine, path, view):
            return False
        self.undo.append(lambda: registry.create(path, view))
        return True

    def make_directory(self, path: str) -> None:
        files = self.machine.files
        missing = [parent for parent in _with_parents(path) if not files.exists(parent)]
        for parent in reversed(missing):
            files.mkdir(parent)
            self.undo.append(partial(files.rmdir, parent))

    def remove_directory(self, path: str) -> bool:
        """Remove a directory if it is there and empty; whether it was removed."""
        files = self.machine.files
        if not files.is_dir(path) or files.listdir(path):
            return False
        files.rmdir(path)
        self.undo.append(lambda: files.mkdir(path))
        return True

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file in place; one in use gets its new content at the next start.

        Raises:
            WindowsError: 112 (disk full), 5 (access).
        """
        files = self.machine.files
        before = files.read(path) if files.exists(path) else None
        undo = (lambda: _delete_if_there(files, path)) if before is None else (lambda: files.write(path, before))
        self.undo.append(undo)  # beforehand: a write that the disk has no room for leaves an empty file
        try:
            files.write(path, data)
        except WindowsError as error:
            if error.code != SHARING_VIOLATION:
                raise
            self.undo.pop()
            self._replace_at_restart(path, data)

    def delete_file(self, path: str) -> None:
        """Delete a file if it is there; one in use goes at the next start."""
        files = self.machine.files
        if not files.exists(path):
            return
        before = files.read(path)
        try:
            files.delete(path)
        except WindowsError as error:
            if error.code != SHARING_VIOLATION:
                raise
            self.pend(path, "")
            return
        self.undo.append(lambda: files.write(path, before))

    def _replace_at_restart(self, path: str, data: bytes) -> None:
        """Windows writes a temporary file beside the one in use, and the session manager moves it at the next start."""
        files = self.machine.files
        folder = path.rpartition("\\")[0]
        temporary = next(
            name for number in range(0x10000) if not files.exists(name := f"{folder}\\TBM{number:04X}.tmp")
        )
        files.write(temporary, data)
        self.undo.append(lambda: files.delete(temporary))
        self.pend(temporary, f"!\\??\\{path}")

    def pend(self, source: str, target: str) -> None:
        """Have the session manager rename a file at the next start, or delete it when `target` is ""."""
        value = self.machine.registry.get(SESSION_MANAGER, PENDING_RENAMES)
        already = value.data if value is not None and isinstance(value.data, list) else []
        self.set_value(SESSION_MANAGER, PENDING_RENAMES, Value("REG_MULTI_SZ", [*already, f"\\??\\{source}", target]))
        self.reboot_required = True


def _with_parents(path: str) -> list[str]:
    """The path and its parents up to, not with, the hive or drive, innermost first."""
    parts = path.rstrip("\\").split("\\")
    return ["\\".join(parts[:count]) for count in range(len(parts), 1, -1)]


def _delete_if_empty(machine: Platform, path: str, view: int) -> bool:
    try:
        key = machine.registry.key(path, view)
    except WindowsError as error:
        if error.code == FILE_NOT_FOUND:
            return False
        raise
    if key.values or key.subkeys:
        return False
    machine.registry.delete_key(path, view, tree=False)
    return True


def _delete_if_there(files: Files, path: str) -> None:
    if files.exists(path):
        files.delete(path)
