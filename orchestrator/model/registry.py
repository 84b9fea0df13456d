"""Registry values, and the record of what was changed in a host's registry: all that putting it back needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

_PATH: Final = re.compile(r"HK(LM|U)(\\[^\\\x00-\x1f\x7f]+)+")

Shown: TypeAlias = Mapping[str, Mapping[str, int | str]]
"""Values as results show them: path of the key → name → data."""


@dataclass(frozen=True)
class Value:
    r"""A registry value: its type (`REG_DWORD` …) and its data, a number for the numeric types and else the text shown.

    The text shown of REG_BINARY is hex digits, of REG_MULTI_SZ its strings with the two characters `\0` in between.
    """

    kind: str
    data: int | str

    @property
    def number(self) -> int | None:
        return self.data if isinstance(self.data, int) else None


@dataclass(frozen=True)
class ValueChange:
    """A value before and after; None where it is not there.

    Attributes:
        key: Path of its key, beginning with HKLM or HKU.
        name: Its own name.
    """

    key: str
    name: str
    before: Value | None
    after: Value | None

    def __post_init__(self) -> None:
        _check_path(self.key)

    @property
    def place(self) -> tuple[str, str]:
        """What tells it from other values; the registry knows no case."""
        return self.key.lower(), self.name.lower()


@dataclass(frozen=True)
class RegistryRecord:
    """What was changed in a registry. It is made before the change, so that a connection lost in its middle loses none.

    Attributes:
        values: Each value once.
        created_keys: Keys that were not there before, from the top downwards.
        needs_restart: Whether the values take effect only after a restart.
    """

    values: tuple[ValueChange, ...] = ()
    created_keys: tuple[str, ...] = ()
    needs_restart: bool = False

    def __post_init__(self) -> None:
        for key in self.created_keys:
            _check_path(key)

    def __bool__(self) -> bool:
        return bool(self.values or self.created_keys)

    def followed_by(self, later: RegistryRecord) -> RegistryRecord:
        """Both as one: of a value that both have changed, what was before the first and after the second."""
        changes = {change.place: change for change in self.values}
        for change in later.values:
            first = changes.get(change.place, change)
            changes[change.place] = ValueChange(first.key, first.name, first.before, change.after)
        values = tuple(change for change in changes.values() if change.before != change.after)
        keys = {key.lower(): key for key in (*later.created_keys, *self.created_keys)}
        created = tuple(sorted(keys.values(), key=lambda key: (key.count("\\"), key.lower())))
        return RegistryRecord(values, created, (self.needs_restart or later.needs_restart) and bool(values))


def _check_path(path: str) -> None:
    """A record may come from a file that somebody has edited.

    Raises:
        ValueError: when it is no path of a key below HKLM or HKU.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(f"no path of a registry key below HKLM or HKU: {path!r}")
