"""Exported keys that answer as reg.exe would: so that what reads a host's registry reads a file of it.

What an export does not cover stays unanswered; what it covers and has not was not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.harvest.registry_snapshot import Exported, ExportedKey, Snapshot
from orchestrator.model.registry import Value
from orchestrator.windows.command import Command, Place, Reply, Unanswered
from orchestrator.windows.registry import long_name

_ALL_BELOW: Final = "/s"
_DEFAULT: Final = "/ve"
_DEFAULT_NAME: Final = "(Default)"
_ABSENT: Final = Reply(1, "")
_OPEN: Final = Unanswered(1, "")
_HIVES: Final = frozenset({"HKLM", "HKU"})


class Answering:
    """A registry made of exports."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._below: dict[str, list[str]] = {}
        for path in snapshot.keys:
            self._below.setdefault(path.rpartition("\\")[0], []).append(path)

    def reply(self, command: Command) -> Reply:
        """What the command answers; `Unanswered` where the exports do not tell."""
        place = command.place
        if place is None or place.key.partition("\\")[0] not in _HIVES:
            return _OPEN
        key = self._snapshot.key(place.key)
        if key is None:
            return _ABSENT if self._snapshot.top(place.key) else _OPEN
        if self._snapshot.top(place.key) is None and not self._has(key, place):
            return _OPEN  # the export is cut off, and may have had more
        words = command.line.split()
        if _DEFAULT in words:
            return _shown(key, [key.values[""]] if "" in key.values else [])
        if place.value is not None:
            found = key.values.get(place.value.lower())
            if found is None:
                return _ABSENT
            return _shown(key, [found]) if found.value else _OPEN  # it is longer than what is kept
        return Reply(0, "".join(self._listing(key, _ALL_BELOW in words)))

    def _has(self, key: ExportedKey, place: Place) -> bool:
        return place.value is not None and place.value.lower() in key.values

    def _listing(self, key: ExportedKey, all_below: bool) -> Iterator[str]:
        """The key, and those below it: with their values, or, of those right below, the names alone."""
        yield f"\n{key.path}\n"
        yield from _lines(key.values)
        yield "\n"
        prefix = key.path.lower() + "\\"
        if not all_below:
            yield from (f"{self._snapshot.keys[path].path}\n" for path in self._below.get(key.path.lower(), ()))
            return
        for path, below in self._snapshot.keys.items():
            if path.startswith(prefix):
                yield f"\n{below.path}\n"
                yield from _lines(below.values)


def _shown(key: ExportedKey, values: list[Exported]) -> Reply:
    if not values:
        return Reply(0, f"\n{key.path}\n    {_DEFAULT_NAME}    REG_SZ    (value not set)\n\n")
    return Reply(0, f"\n{key.path}\n{''.join(_lines({each.name.lower(): each for each in values}))}\n")


def _lines(values: Mapping[str, Exported]) -> Iterator[str]:
    for each in values.values():
        if each.value is not None:
            yield f"    {_flat(each.name) or _DEFAULT_NAME}    {each.value.kind}    {_data(each.value)}\n"


def _data(value: Value) -> str:
    return f"{value.data:#x}" if isinstance(value.data, int) else value.data.replace("\n", " ")


def _flat(name: str) -> str:
    """A value's name, which may hold what parts columns and lines there."""
    return " ".join(name.split())


def listing(path: str, values: Mapping[str, str | int]) -> Reply:
    """What reg.exe would answer for a key with these texts and numbers."""
    lines = (
        f"    {name}    {'REG_DWORD' if isinstance(data, int) else 'REG_SZ'}    "
        f"{f'{data:#x}' if isinstance(data, int) else data}\n"
        for name, data in values.items()
    )
    return Reply(0, f"\n{long_name(path)}\n{''.join(lines)}\n")
