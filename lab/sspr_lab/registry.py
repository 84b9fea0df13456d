"""The registry of one machine: keys, typed values, the two WOW64 views, volatile keys, who may write where.

Keys are immutable and a change makes new ones from the changed key up to the root. So a thousand machines share their
stock content, and a snapshot is the root of a moment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, get_args

from sspr_lab import errors
from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.registry_paths import PROTECTED_HIVES, canonical, is_writable_by

Kind = Literal["REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_MULTI_SZ", "REG_QWORD"]
Data = str | int | list[str] | bytes
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_EPOCH: Final = datetime(2012, 6, 1, tzinfo=UTC)  # the last-write time of what the machine came with
_NO_VALUES: Final[Mapping[str, "Value"]] = MappingProxyType({})
_NO_KEYS: Final[Mapping[str, "Key"]] = MappingProxyType({})


@dataclass(frozen=True)
class Value:
    """A typed value: text (SZ, EXPAND_SZ), an int (DWORD, QWORD), a list (MULTI_SZ) or bytes (BINARY, NONE)."""

    kind: Kind
    data: Data

    @classmethod
    def of(cls, data: Data) -> "Value":
        """The value whose kind follows from the data: text is REG_SZ, an int REG_DWORD, a list REG_MULTI_SZ."""
        match data:
            case str():
                return cls("REG_SZ", data)
            case int():
                return cls("REG_DWORD", data)
            case list():
                return cls("REG_MULTI_SZ", data)
            case bytes():
                return cls("REG_BINARY", data)


@dataclass(frozen=True, slots=True)
class Key:
    """A key at one moment. The default value's name is ""; subkeys are kept under their upper-case names."""

    name: str
    values: Mapping[str, Value] = field(default_factory=lambda: _NO_VALUES)
    subkeys: Mapping[str, "Key"] = field(default_factory=lambda: _NO_KEYS)
    volatile: bool = False
    last_write: datetime = _EPOCH

    @property
    def subkey_names(self) -> list[str]:
        """The names of the subkeys in the order in which RegEnumKeyEx gives them."""
        return [self.subkeys[upper].name for upper in sorted(self.subkeys)]

    def subkey(self, name: str) -> "Key | None":
        return self.subkeys.get(name.upper())

    def spelled(self, value_name: str) -> str | None:
        """The name under which a value is kept, None when there is none."""
        if value_name in self.values:
            return value_name
        upper = value_name.upper()
        return next((name for name in self.values if name.upper() == upper), None)

    def value(self, name: str) -> Value | None:
        spelled = self.spelled(name)
        return None if spelled is None else self.values[spelled]

    def walk(self, path: str = "") -> Iterator[tuple[str, "Key"]]:
        """This key and every key below it, each with its path relative to this one."""
        yield path, self
        for upper in sorted(self.subkeys):
            child = self.subkeys[upper]
            yield from child.walk(f"{path}\\{child.name}" if path else child.name)

    def with_value(self, name: str, value: Value, moment: datetime) -> "Key":
        spelled = self.spelled(name)
        return replace(self, values={**self.values, name if spelled is None else spelled: value}, last_write=moment)

    def without_value(self, name: str, moment: datetime) -> "Key":
        kept = {each: value for each, value in self.values.items() if each != name}
        return replace(self, values=kept, last_write=moment)

    def with_subkey(self, child: "Key") -> "Key":
        return replace(self, subkeys={**self.subkeys, child.name.upper(): child})

    def without_subkey(self, name: str, moment: datetime) -> "Key":
        kept = {upper: key for upper, key in self.subkeys.items() if upper != name.upper()}
        return replace(self, subkeys=kept, last_write=moment)

    def without_volatile(self) -> "Key":
        kept = {upper: key.without_volatile() for upper, key in self.subkeys.items() if not key.volatile}
        is_same = len(kept) == len(self.subkeys) and all(kept[upper] is self.subkeys[upper] for upper in kept)
        return self if is_same else replace(self, subkeys=kept)


class Registry:
    """The registry of one machine.

    Paths begin with a hive's short or long name; case does not matter. `view` is 64 or 32 and means nothing on a
    32-bit Windows. `account` is the caller: HKEY_CURRENT_USER is its hive, and what it may not do is refused.
    Every method raises WindowsError: 2 (no such key or value), 5 (access), 87 (no such hive), 1021.
    """

    def __init__(self, root: Key, clock: Clock, *, is_x64: bool) -> None:
        self.root = root
        self._clock = clock
        self._is_x64 = is_x64
        self._refused: set[tuple[str, ...]] = set()

    def refuse(self, path: str) -> None:
        """Gives a key, and what is below it, an access control list that lets SYSTEM alone in."""
        self._refused.add(tuple(part.upper() for part in self._parts(path, 64, SYSTEM)))

    def key(self, path: str, view: int = 64, account: Account = SYSTEM) -> Key:
        """The key as it is now."""
        parts = self._parts(path, view, account)
        if parts[:2] in PROTECTED_HIVES and len(parts) > 2 and account.sid != SYSTEM.sid:
            raise WindowsError(errors.ACCESS_DENIED, path)
        found = self._find(parts)
        if found is None:
            raise WindowsError(errors.FILE_NOT_FOUND, path)
        if account.sid != SYSTEM.sid and self._is_refused(parts):
            raise WindowsError(errors.ACCESS_DENIED, path)
        return found

    def exists(self, path: str, view: int = 64, account: Account = SYSTEM) -> bool:
        return self._find(self._parts(path, view, account)) is not None

    def full_name(self, path: str, view: int = 64, account: Account = SYSTEM) -> str:
        """Where a path leads after links and redirection, in short form; for messages of the lab itself."""
        return "\\".join(self._parts(path, view, account))

    def create(self, path: str, view: int = 64, *, volatile: bool = False, account: Account = SYSTEM) -> Key:
        """The key, made with all its missing parents when it is not there (RegCreateKeyEx)."""
        parts = self._parts(path, view, account)
        found = self._find(parts)
        if found is not None:
            return found
        self._check_write(parts, account)
        if len(parts) < 3:
            raise WindowsError(errors.INVALID_PARAMETER, path)
        moment = self._clock.now()
        self.root = _planted(self.root, parts, moment, volatile=volatile)
        return self.key(path, view, account)

    def delete_key(self, path: str, view: int = 64, *, tree: bool = True, account: Account = SYSTEM) -> None:
        """Delete the key and, with `tree`, all below it; without it a key with subkeys is refused (5)."""
        parts = self._parts(path, view, account)
        key = self.key(path, view, account)
        self._check_write(parts, account)
        if len(parts) < 3 or (key.subkeys and not tree):
            raise WindowsError(errors.ACCESS_DENIED, path)
        moment = self._clock.now()
        self._change(parts[:-1], lambda parent: parent.without_subkey(parts[-1], moment))

    def get(self, path: str, name: str, view: int = 64, account: Account = SYSTEM) -> Value | None:
        """A value, None when the key or the value is not there."""
        found = self._find(self._parts(path, view, account))
        return None if found is None else found.value(name)

    def set(self, path: str, name: str, value: Value, view: int = 64, *, account: Account = SYSTEM) -> None:
        """Set a value; the key is made when it is missing (as a stable one)."""
        self.create(path, view, account=account)
        parts = self._parts(path, view, account)
        self._check_write(parts, account)
        moment = self._clock.now()
        self._change(parts, lambda key: key.with_value(name, value, moment))

    def delete_value(self, path: str, name: str, view: int = 64, *, account: Account = SYSTEM) -> None:
        parts = self._parts(path, view, account)
        spelled = self.key(path, view, account).spelled(name)
        if spelled is None:
            raise WindowsError(errors.FILE_NOT_FOUND, f"{path}:{name}")
        self._check_write(parts, account)
        moment = self._clock.now()
        self._change(parts, lambda key: key.without_value(spelled, moment))

    def drop_volatile(self) -> None:
        """What a shutdown does to volatile keys."""
        self.root = self.root.without_volatile()

    def _parts(self, path: str, view: int, account: Account) -> tuple[str, ...]:
        return canonical(path, view, account.sid, is_x64=self._is_x64)

    def _is_refused(self, parts: Sequence[str]) -> bool:
        above = tuple(part.upper() for part in parts)
        return any(above[: len(refused)] == refused for refused in self._refused)

    def _find(self, parts: Sequence[str]) -> Key | None:
        key: Key | None = self.root
        for part in parts:
            if key is None:
                return None
            key = key.subkeys.get(part.upper())
        return key

    def _check_write(self, parts: Sequence[str], account: Account) -> None:
        if not is_writable_by(parts, account):
            raise WindowsError(errors.ACCESS_DENIED, "\\".join(parts))

    def _change(self, parts: Sequence[str], change: Callable[[Key], Key]) -> None:
        self.root = _changed(self.root, parts, change)


def _changed(key: Key, parts: Sequence[str], change: Callable[[Key], Key]) -> Key:
    """A copy of the tree in which the key at `parts` is changed."""
    if not parts:
        return change(key)
    child = key.subkeys[parts[0].upper()]
    return key.with_subkey(_changed(child, parts[1:], change))


def _planted(key: Key, parts: Sequence[str], moment: datetime, *, volatile: bool) -> Key:
    """A copy of the tree in which all of `parts` exist."""
    if not parts:
        return key
    child = key.subkey(parts[0])
    if child is None:
        if key.volatile and not volatile:
            raise WindowsError(errors.CHILD_MUST_BE_VOLATILE, parts[0])
        child = Key(parts[0], volatile=volatile, last_write=moment)
        key = replace(key, last_write=moment)
    return key.with_subkey(_planted(child, parts[1:], moment, volatile=volatile))
