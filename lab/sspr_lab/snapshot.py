r"""A machine's lasting state at one moment, and what differs between two moments: proof that nothing is left behind.

Compared: registry keys and values, files (by path, size and hash) and directories, registered tasks, a pending
shutdown, open WinRM shells, running processes.

Left out, because Windows itself changes it all the time, visitor or not:
- last-write times of keys, files and directories;
- the event log, in its files below System32\winevt\Logs;
- boot markers: Memory Management\PrefetchParameters BootId, Control\Windows ShutdownTime, volatile keys;
- the Task Scheduler's cache in the registry and its files, which repeat the registered tasks.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sspr_lab.file_tree import File, Folder
from sspr_lab.registry import Key

_NOISY_KEYS: Final = tuple(
    path.upper()
    for path in (
        r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache",
        r"HKLM\HARDWARE",
    )
)
_NOISY_VALUES: Final = frozenset(
    name.upper()
    for name in (
        r"HKLM\SYSTEM\ControlSet001\Control\Session Manager\Memory Management\PrefetchParameters:BootId",
        r"HKLM\SYSTEM\ControlSet001\Control\Windows:ShutdownTime",
    )
)
_NOISY_FILES: Final = tuple(
    path.upper() for path in (r"C:\Windows\System32\winevt\Logs", r"C:\Windows\System32\Tasks", r"C:\Windows\Prefetch")
)


@dataclass(frozen=True)
class Snapshot:
    """Take one with `Machine.snapshot`."""

    registry: Key
    files: Folder
    tasks: frozenset[str]
    pending_shutdown: str
    shells: frozenset[str]
    processes: tuple[str, ...]

    def diff(self, later: "Snapshot") -> list[str]:
        """What is different later: a line each, "+" for what is new, "-" for what is gone, "~" for what changed."""
        lines = [*_key_changes("", self.registry, later.registry), *_folder_changes("C:", self.files, later.files)]
        for kind, before, after in (
            ("task", self.tasks, later.tasks),
            ("shell", self.shells, later.shells),
            ("process", frozenset(self.processes), frozenset(later.processes)),
        ):
            lines += [f"- {kind} {name}" for name in sorted(before - after)]
            lines += [f"+ {kind} {name}" for name in sorted(after - before)]
        if self.pending_shutdown != later.pending_shutdown:
            lines.append(f"~ pending shutdown {self.pending_shutdown or 'none'} -> {later.pending_shutdown or 'none'}")
        return lines


def _key_changes(path: str, before: Key, after: Key) -> Iterator[str]:
    if before is after or path.upper().startswith(_NOISY_KEYS):
        return
    names = dict.fromkeys([*before.values, *after.values])
    for name in names:
        label = f"{path}:{name}"
        old, new = before.value(name), after.value(name)
        if old == new or label.upper() in _NOISY_VALUES:
            continue
        if old is None:
            yield f"+ value {label}"
        elif new is None:
            yield f"- value {label}"
        else:
            yield f"~ value {label}"
    for upper in sorted({*before.subkeys, *after.subkeys}):
        yield from _subkey_changes(path, before.subkeys.get(upper), after.subkeys.get(upper))


def _subkey_changes(path: str, before: Key | None, after: Key | None) -> Iterator[str]:
    key = after or before
    assert key is not None
    where = f"{path}\\{key.name}" if path else key.name
    if before is not None and after is not None:
        yield from _key_changes(where, before, after)
    elif not key.volatile and not where.upper().startswith(_NOISY_KEYS):
        sign = "+" if before is None else "-"
        for below, each in key.walk(where):
            yield f"{sign} key {below}"
            yield from (f"{sign} value {below}:{name}" for name in each.values)


def _folder_changes(path: str, before: Folder, after: Folder) -> Iterator[str]:
    if before is after or path.upper().startswith(_NOISY_FILES):
        return
    for key in sorted({*before.entries, *after.entries}):
        old, new = before.entries.get(key), after.entries.get(key)
        node = new or old
        assert node is not None
        where = f"{path}\\{node.name}"
        if where.upper().startswith(_NOISY_FILES):
            continue
        if isinstance(old, Folder) and isinstance(new, Folder):
            yield from _folder_changes(where, old, new)
        elif isinstance(old, File) and isinstance(new, File):
            if old.data != new.data:
                yield f"~ file {where} ({_identity(old)} -> {_identity(new)})"
        else:
            yield from (f"- {line}" for line in _lines(where, old))
            yield from (f"+ {line}" for line in _lines(where, new))


def _lines(path: str, node: File | Folder | None) -> Iterator[str]:
    if isinstance(node, File):
        yield f"file {path} ({_identity(node)})"
    elif isinstance(node, Folder):
        yield f"directory {path}"
        for below, each in node.walk(path):
            yield f"file {below} ({_identity(each)})" if isinstance(each, File) else f"directory {below}"


def _identity(file: File) -> str:
    return f"{len(file.data)} bytes, sha256 {hashlib.sha256(file.data).hexdigest()[:12]}"
