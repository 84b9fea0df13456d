"""Registry values, and the record of what was changed in a host's registry: all that putting it back needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

_PATH: Final = re.compile(r"HK(LM|U)(\\[^\\\x00-\x1f\x7f]+)+")

DWORD: Final = "REG_DWORD"
_LONGEST_SHOWN: Final = 200
_LONGEST_TOLD: Final = 40
"""Characters of a value, where its type is told with it."""

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
        """The data of a REG_DWORD, which is what Windows means by a number in its settings; None of any other type."""
        return self.data if self.kind == DWORD and isinstance(self.data, int) else None

    @property
    def told(self) -> tuple[str, str]:
        """Type and data, cut to what stands in a sentence."""
        return self.kind, str(self.data)[:_LONGEST_TOLD]

    @property
    def as_number(self) -> int | str:
        """For evidence: the number, or the type and data of what is no REG_DWORD where one is wanted."""
        if self.number is not None:
            return self.number
        return f'{self.kind} "{str(self.data)[:_LONGEST_SHOWN]}", wanted {DWORD}'


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


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """What was changed in a registry. It is made before the change, so that a connection lost in its middle loses none.

    Attributes:
        values: Each value once.
        created_keys: Keys that were not there before, from the top downwards.
        needs_restart: Whether the values take effect only after a restart.
        whole_keys: Keys that were not there before and that a program of Windows has filled by our order, each one
            thing with all that is in it, such as a certificate in a store.
    """

    values: tuple[ValueChange, ...] = ()
    created_keys: tuple[str, ...] = ()
    needs_restart: bool = False
    whole_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key in (*self.created_keys, *self.whole_keys):
            _check_path(key)

    def __bool__(self) -> bool:
        return bool(self.values or self.created_keys or self.whole_keys)

    def followed_by(self, later: RegistryRecord) -> RegistryRecord:
        """Both as one: of a value that both have changed, what was before the first and after the second."""
        changes = {change.place: change for change in self.values}
        for change in later.values:
            first = changes.get(change.place, change)
            changes[change.place] = ValueChange(first.key, first.name, first.before, change.after)
        values = tuple(change for change in changes.values() if change.before != change.after)
        created = _each_once(*later.created_keys, *self.created_keys)
        whole = _each_once(*later.whole_keys, *self.whole_keys)
        return RegistryRecord(values, created, (self.needs_restart or later.needs_restart) and bool(values), whole)


def _each_once(*keys: str) -> tuple[str, ...]:
    """The keys from the top downwards, each once: the registry knows no case."""
    return tuple(sorted({key.lower(): key for key in keys}.values(), key=lambda key: (key.count("\\"), key.lower())))


def _check_path(path: str) -> None:
    """A record may come from a file that somebody has edited.

    Raises:
        ValueError: when it is no path of a key below HKLM or HKU.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(f"no path of a registry key below HKLM or HKU: {path!r}")
