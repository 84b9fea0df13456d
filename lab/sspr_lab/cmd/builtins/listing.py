"""DIR: the long form, /B, /S, /A and /O.

A letter that is no switch is an invalid one ("dir /h" on Windows 6.0), and what cannot stand behind a letter that is
one has the wrong format ("dir d:/bat", superuser.com/q/1060121).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sspr_lab.cmd.builtins.call import INVALID_SWITCH, Call
from sspr_lab.cmd.builtins.display import volume_lines
from sspr_lab.cmd.wildcards import find, has_wildcard
from sspr_lab.errors import FILE_NOT_FOUND, WindowsError
from sspr_lab.interfaces.files import Entry
from sspr_lab.unmodelled import NoModel

_WRONG_FORMAT: Final = 'Parameter format not correct - "{switch}".'
_LETTERS: Final = frozenset("abcdlnopqrstwx4")
_ATTRIBUTES: Final = frozenset("dhsrail-")
_DEFAULTS: Final = frozenset({"4", "c", "n"})
_SORT_KEYS: Final[dict[str, Callable[[Entry], str | int | datetime]]] = {
    "n": lambda entry: entry.name.upper(),
    "e": lambda entry: entry.name.rpartition(".")[2].upper() if "." in entry.name else "",
    "s": lambda entry: entry.size,
    "d": lambda entry: entry.modified,
    "g": lambda entry: not entry.is_dir,
}


@dataclass(frozen=True)
class _View:
    """How to list. `wants` says which entries, `order` holds sort letters with their minus signs."""

    bare: bool = False
    deep: bool = False
    directories: bool | None = None  # True: only they, False: none of them
    order: str = ""
    separator: bool = True  # between thousands

    def wants(self, entry: Entry) -> bool:
        return self.directories is None or entry.is_dir == self.directories

    def sorted(self, found: list[tuple[str, Entry]]) -> list[tuple[str, Entry]]:
        letters = self.order
        for at in range(len(letters) - 1, -1, -1):
            key = _SORT_KEYS.get(letters[at])
            if key is not None:
                found = sorted(found, key=lambda item: key(item[1]), reverse=letters[at - 1 : at] == "-")
        return found

    def number(self, call: Call, value: int) -> str:
        return call.shell.process.spoken.number(value) if self.separator else str(value)


@dataclass
class _Totals:
    files: int = 0
    size: int = 0
    directories: int = 0

    def add(self, entry: Entry) -> None:
        if entry.is_dir:
            self.directories += 1
        else:
            self.files += 1
            self.size += entry.size

    def merge(self, other: "_Totals") -> None:
        self.files += other.files
        self.size += other.size
        self.directories += other.directories


async def directory(call: Call) -> int:
    """DIR: fails when nothing of what was asked for is found."""
    arguments = call.parsed()
    view = _View()
    for switch in arguments.typed:
        changed = _applied(view, switch.lower())
        if changed is None:
            format_is_wrong = switch.removeprefix("-")[:1].lower() in _LETTERS
            return await call.complain(_WRONG_FORMAT if format_is_wrong else INVALID_SWITCH, switch=switch)
        view = changed
    totals = _Totals()
    if not view.bare:
        await call.say(volume_lines(call))
    problems: list[WindowsError] = []
    for path in arguments.paths or (".",):
        try:
            await _list(call, path, view, totals)
        except WindowsError as error:
            problems.append(error)
    if not (totals.files or totals.directories):
        missing = not problems or problems[0].code == FILE_NOT_FOUND
        return await call.complain("File Not Found" if missing else problems[0].message)
    if not view.bare:
        await _summary(call, view, totals)
    return 0


def _applied(view: _View, switch: str) -> _View | None:
    letter, rest = switch[:1], switch[1:].removeprefix(":")
    match letter:
        case "b" if not rest:
            return replace(view, bare=True)
        case "s" if not rest:
            return replace(view, deep=True)
        case "a" if set(rest) <= {"d", "-"}:
            return replace(view, directories=None if "d" not in rest else "-d" not in rest)
        case "a" if set(rest) <= _ATTRIBUTES:
            raise NoModel(f"dir /{switch}")
        case "o" if set(rest) <= {*_SORT_KEYS, "-"}:
            return replace(view, order=rest or "gn")
    if switch == "-c":
        return replace(view, separator=False)
    return view if switch in _DEFAULTS else None


async def _list(call: Call, path: str, view: _View, totals: _Totals) -> None:
    full = call.shell.full_path(path)
    entry = None if has_wildcard(full) else call.shell.stat(full)
    if entry is not None and entry.is_dir:
        full = full.rstrip("\\") + "\\*"
    folder, _, pattern = full.rpartition("\\")
    await _list_folder(call, folder, pattern, view, totals)


async def _list_folder(call: Call, folder: str, pattern: str, view: _View, totals: _Totals) -> None:
    files = call.shell.files
    found = _matching(call, folder, pattern) if view.deep else find(files, f"{folder}\\{pattern}")
    shown = view.sorted([item for item in found if view.wants(item[1])])
    dots = pattern in ("*", "*.*") and view.directories is not False and len(folder) > len("C:")
    if shown or (dots and not view.deep):
        await _show(call, folder, shown, view, totals, dots=dots)
    if view.deep:
        for path, entry in find(files, f"{folder}\\*"):
            if entry.is_dir:
                await _list_folder(call, path, pattern, view, totals)


def _matching(call: Call, folder: str, pattern: str) -> list[tuple[str, Entry]]:
    try:
        return find(call.shell.files, f"{folder}\\{pattern}")
    except WindowsError as error:
        if error.code != FILE_NOT_FOUND:
            raise
        return []


async def _show(
    call: Call, folder: str, shown: list[tuple[str, Entry]], view: _View, totals: _Totals, *, dots: bool
) -> None:
    here = _Totals()
    lines: list[str] = []
    if view.bare:
        lines = [path if view.deep else entry.name for path, entry in shown]
    else:
        path = folder if len(folder) > len("C:") else f"{folder}\\"
        lines = ["", call.text(" Directory of {path}", path=path), ""]
        if dots:
            own = call.shell.files.stat(folder)
            lines += [
                _line(call, Entry(name, is_dir=True, size=0, modified=own.modified), view) for name in (".", "..")
            ]
            here.directories += 2
        lines += [_line(call, entry, view) for _, entry in shown]
    for _, entry in shown:
        here.add(entry)
    if not view.bare and view.deep:
        lines.append(_files_line(call, here, view))
    await call.say("".join(f"{line}\n" for line in lines))
    totals.merge(here)


def _line(call: Call, entry: Entry, view: _View) -> str:
    middle = f"    {call.text('<DIR>'):<14}" if entry.is_dir else f"{view.number(call, entry.size):>18}"
    return f"{call.shell.moment(entry.modified, '  ')}{middle} {entry.name}"


def _files_line(call: Call, totals: _Totals, view: _View) -> str:
    size = view.number(call, totals.size)
    return call.text("{files:>16} File(s){size:>15} bytes", files=totals.files, size=size)


async def _summary(call: Call, view: _View, totals: _Totals) -> None:
    heading = f"\n     {call.text('Total Files Listed:')}\n" if view.deep else ""
    free = view.number(call, call.shell.files.free_bytes)
    last = call.text("{folders:>16} Dir(s)  {free:>14} bytes free", folders=totals.directories, free=free)
    await call.say(f"{heading}{_files_line(call, totals, view)}\n{last}\n")
