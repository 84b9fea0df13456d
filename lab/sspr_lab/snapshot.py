r"""A machine's lasting state at one moment, and what differs between two moments: proof that nothing is left behind.

Compared: registry keys and values (start types of services, installed products and accounts are there), files (by path,
size and hash) and directories, registered tasks, a pending shutdown, open WinRM shells, running processes, and the
ledger of what befell the machine.

Left out, because Windows itself changes it all the time, visitor or not:
- last-write times of keys, files and directories;
- the event log, in its files below System32\winevt\Logs;
- boot markers: Memory Management\PrefetchParameters BootId, Control\Windows ShutdownTime, volatile keys;
- the Task Scheduler's cache in the registry and its files, which repeat the registered tasks.

`changes` is for comparing machines with each other, so that it also leaves out what is made up anew on each: numbers of
processes, identifiers of shells, names of the packages that Windows Installer keeps, dates of installations.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from sspr_lab.file_tree import File, Folder
from sspr_lab.registry import Key, Value

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
_MADE_UP: Final = ((re.compile(r"(?i)(\\Windows\\Installer\\)[0-9a-f]+(\.msi)"), r"\1*\2"),)
"""What is called otherwise on every machine, and what stands for it in `changes`."""
_DATES: Final = re.compile(r"(?i)\\(InstallProperties|Uninstall\\[^\\]+):InstallDate$")
GONE: Final = "gone"
"""In `changes`, what is there no more."""


@dataclass(frozen=True)
class _Difference:
    """Something that is not as it was: its kind, where it is, and what it was and is, None for not there."""

    kind: Literal["key", "value", "file", "directory", "task", "shell", "process"]
    place: str
    before: str | None
    after: str | None

    @property
    def line(self) -> str:
        sign = "+" if self.before is None else "-" if self.after is None else "~"
        if self.kind != "file":
            return f"{sign} {self.kind} {self.place}"
        content = " -> ".join(each for each in (self.before, self.after) if each is not None)
        return f"{sign} file {self.place} ({content})"


@dataclass(frozen=True)
class Snapshot:
    """Take one with `Machine.snapshot`. `befell` counts what the machine's ledger has."""

    registry: Key
    files: Folder
    tasks: frozenset[str]
    pending_shutdown: str
    shells: frozenset[str]
    processes: tuple[str, ...]
    befell: Counter[str] = field(default_factory=Counter)

    def diff(self, later: "Snapshot") -> list[str]:
        """What is different later: a line each, "+" for what is new, "-" for what is gone, "~" for what changed.

        The ledger is not in it: what befell a machine is nothing that was left there.
        """
        lines = [difference.line for difference in self._differences(later)]
        if self.pending_shutdown != later.pending_shutdown:
            lines.append(f"~ pending shutdown {self.pending_shutdown or 'none'} -> {later.pending_shutdown or 'none'}")
        return lines

    def changes(self, later: "Snapshot") -> dict[str, str]:
        r"""What is different later and what befell the machine meanwhile, by place; equal for machines that are.

        A place is a kind and a name, as in `value HKLM\SOFTWARE\Contoso:Colour`, `ledger installed {…}`, `shells`;
        what stands there is text, `GONE` where nothing does any more.
        """
        found = {
            f"{each.kind} {_nameless(each.place)}": GONE if each.after is None else _nameless(each.after)
            for each in self._differences(later)
            if each.kind not in ("shell", "process") and not _DATES.search(each.place)
        }
        if self.pending_shutdown != later.pending_shutdown:
            found["pending shutdown"] = later.pending_shutdown or GONE
        found |= {f"ledger {what}": str(often) for what, often in (later.befell - self.befell).items()}
        if opened := len(later.shells - self.shells):
            found["shells"] = str(opened)
        begun = Counter(later.processes) - Counter(self.processes)
        images = Counter(process.partition(" ")[2] for process in begun)
        return found | {f"process {image}": str(often) for image, often in images.items()}

    def plain(self) -> dict[str, str]:
        """All of it in the same way: what is different from a machine on which there is nothing."""
        return Snapshot(Key(""), Folder(""), frozenset(), "", frozenset(), ()).changes(self)

    def _differences(self, later: "Snapshot") -> Iterator[_Difference]:
        yield from _key_changes("", self.registry, later.registry)
        yield from _folder_changes("C:", self.files, later.files)
        yield from _set_changes("task", self.tasks, later.tasks)
        yield from _set_changes("shell", self.shells, later.shells)
        yield from _set_changes("process", frozenset(self.processes), frozenset(later.processes))


def _set_changes(
    kind: Literal["task", "shell", "process"], before: frozenset[str], after: frozenset[str]
) -> Iterator[_Difference]:
    yield from (_Difference(kind, name, "there", None) for name in sorted(before - after))
    yield from (_Difference(kind, name, None, "there") for name in sorted(after - before))


def _key_changes(path: str, before: Key, after: Key) -> Iterator[_Difference]:
    if before is after or path.upper().startswith(_NOISY_KEYS):
        return
    names = dict.fromkeys([*before.values, *after.values])
    for name in names:
        label = f"{path}:{name}"
        old, new = before.value(name), after.value(name)
        if old != new and label.upper() not in _NOISY_VALUES:
            yield _Difference("value", label, _content(old), _content(new))
    for upper in sorted({*before.subkeys, *after.subkeys}):
        yield from _subkey_changes(path, before.subkeys.get(upper), after.subkeys.get(upper))


def _content(value: Value | None) -> str | None:
    if value is None:
        return None
    match value.data:
        case bytes():
            text = value.data.hex()
        case list():
            text = ", ".join(value.data)
        case _:
            text = str(value.data)
    return f"{value.kind} {text}"


def _subkey_changes(path: str, before: Key | None, after: Key | None) -> Iterator[_Difference]:
    key = after or before
    assert key is not None
    where = f"{path}\\{key.name}" if path else key.name
    if before is not None and after is not None:
        yield from _key_changes(where, before, after)
    elif not key.volatile and not where.upper().startswith(_NOISY_KEYS):
        for below, each in key.walk(where):
            yield _came_or_went("key", below, "there", came=before is None)
            for name, value in each.values.items():
                yield _came_or_went("value", f"{below}:{name}", _content(value) or "", came=before is None)


def _came_or_went(
    kind: Literal["key", "value", "file", "directory"], place: str, what: str, *, came: bool
) -> _Difference:
    return _Difference(kind, place, None if came else what, what if came else None)


def _folder_changes(path: str, before: Folder, after: Folder) -> Iterator[_Difference]:
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
                yield _Difference("file", where, _identity(old), _identity(new))
        else:
            yield from _node(where, old, came=False)
            yield from _node(where, new, came=True)


def _node(path: str, node: File | Folder | None, *, came: bool) -> Iterator[_Difference]:
    if isinstance(node, File):
        yield _came_or_went("file", path, _identity(node), came=came)
    elif isinstance(node, Folder):
        yield _came_or_went("directory", path, "there", came=came)
        for below, each in node.walk(path):
            if isinstance(each, File):
                yield _came_or_went("file", below, _identity(each), came=came)
            else:
                yield _came_or_went("directory", below, "there", came=came)


def _nameless(text: str) -> str:
    for made_up, instead in _MADE_UP:
        text = made_up.sub(instead, text)
    return text


def _identity(file: File) -> str:
    return f"{len(file.data)} bytes, sha256 {hashlib.sha256(file.data).hexdigest()[:12]}"
