"""Changing the registry with reg.exe: values set and deleted, exactly, and every change knows what it replaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.registry import Value, ValueChange
from orchestrator.windows import quoting, registry
from orchestrator.windows.command import Change, Command, Evidence, Fact, Place, Reply, Sureness
from orchestrator.windows.registry import Key

REG_ADD = Evidence(
    "reg add: learn.microsoft.com/windows-server/administration/windows-commands/reg-add; "
    "/f because without it an existing value is asked about, and nobody is there to answer",
    Sureness.DOCUMENTED,
)
REG_DELETE = Evidence(
    "reg delete: learn.microsoft.com/windows-server/administration/windows-commands/reg-delete", Sureness.DOCUMENTED
)

_NUMBER_BITS: Final[Mapping[str, int]] = {"REG_DWORD": 32, "REG_QWORD": 64}
_TEXTS: Final = frozenset({"REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ"})
WRITABLE_KINDS: Final = (*_NUMBER_BITS, "REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_BINARY")
"""Types that `reg add` takes and whose data `reg query` shows whole."""
LONGEST_WORD: Final = 6000
"""Characters of data as it stands in the command line, which takes 8,191 in all."""


_NOT_HEX = phrase("registry-binary-not-hex")
_EMPTY_STRING = phrase("registry-empty-string")
_CONTROL_CHARACTERS = phrase("registry-control-characters")
_TOO_LONG = phrase("registry-too-long")


@message("registry-kind-not-set")
def _kind_not_set(kind: str) -> None: ...


@message("registry-number-too-large")
def _too_large(kind: str, bits: int) -> None: ...


def unwritable(value: Value) -> Message | None:
    r"""Why `reg add` cannot set exactly this value; None when it can.

    A string of a REG_MULTI_SZ must not be empty, because it would end the list. One that holds the two characters
    `\0` itself is shown, and so taken, for two strings: reg.exe leaves no way to tell.
    """
    if value.kind not in WRITABLE_KINDS:
        return _kind_not_set(value.kind)
    if value.kind in _NUMBER_BITS:
        fits = isinstance(value.data, int) and 0 <= value.data < 1 << _NUMBER_BITS[value.kind]
        return None if fits else _too_large(value.kind, _NUMBER_BITS[value.kind])
    text = str(value.data)
    if value.kind == "REG_BINARY" and not re.fullmatch("([0-9A-Fa-f]{2})*", text):
        return _NOT_HEX()
    if value.kind == "REG_MULTI_SZ" and text and not all(text.split("\\0")):
        return _EMPTY_STRING()
    if not quoting.speakable(text):
        return _CONTROL_CHARACTERS()
    if len(quoting.word(text)) > LONGEST_WORD:
        return _TOO_LONG()
    return None


def set_value(path: str, value_name: str, value: Value) -> Command:
    """Sets a value, making the key where it is missing.

    Raises:
        ValueError: when it is `unwritable`.
    """
    if reason := unwritable(value):
        raise ValueError(f"{path}, {value_name}: {reason.code}")
    data = str(value.data) if value.kind in _NUMBER_BITS else quoting.word(str(value.data))
    place = f"{quoting.word(path)} /v {quoting.word(value_name)}"
    return Command(f"reg add {place} /t {value.kind} /d {data} /f 2>&1", REG_ADD)


def delete_value(path: str, value_name: str) -> Command:
    """Deletes a value; that it is not there is no failure."""
    line = f"reg delete {quoting.word(path)} /v {quoting.word(value_name)} /f 2>&1"
    return Command(line, REG_DELETE, accepts=frozenset({0, 1}))


def delete_key(path: str) -> Command:
    """Deletes a key and all below it; that it is not there is no failure."""
    return Command(f"reg delete {quoting.word(path)} /f 2>&1", REG_DELETE, accepts=frozenset({0, 1}))


def missing_keys(name: str, path: str) -> Fact[tuple[str, ...]]:
    r"""Which of `path` and the keys above it are not there, from the top downwards.

    What stands right below a hive, such as HKLM\SOFTWARE, always is.
    """
    parts = path.split("\\")
    keys = ["\\".join(parts[:depth]) for depth in range(3, len(parts) + 1)]

    def parse(replies: Sequence[Reply]) -> tuple[str, ...]:
        return tuple(key for key, reply in zip(keys, replies, strict=True) if reply.exit_code != 0)

    return Fact(name, tuple(registry.query(Place(key), "/ve") for key in keys), parse)


def values_change(
    summary: Message,
    path: str,
    wanted: Mapping[str, Value | None],
    before: Mapping[str, Value],
    created_keys: Sequence[str] = (),
) -> Change:
    """Sets the values of one key, and deletes those that are wanted to be None.

    Args:
        summary: As of any change.
        path: The key.
        wanted: By name.
        before: What stands there, by lower-case name; values that are not wanted do not matter.
        created_keys: Keys that this makes: `path` and those above it that are missing, from the top downwards.

    Raises:
        ValueError: when a value is `unwritable`.
    """
    commands = tuple(
        delete_value(path, name) if value is None else set_value(path, name, value) for name, value in wanted.items()
    )
    values = tuple(ValueChange(path, name, before.get(name.lower()), value) for name, value in wanted.items())
    return Change(summary, commands, values=values, created_keys=tuple(created_keys))


def numbers_change(
    summary: Message, path: str, wanted: Mapping[str, int], before: Key | None, missing: Sequence[str] = ()
) -> Change:
    """Sets several REG_DWORDs of one key.

    Args:
        summary: As of any change.
        path: The key.
        wanted: Numbers by name.
        before: The key as it stands; None when there is no such key.
        missing: Keys above `path` that are not there either, from the top downwards.
    """
    dwords = {name: Value("REG_DWORD", number) for name, number in wanted.items()}
    return values_change(summary, path, dwords, before.values if before else {}, () if before else (*missing, path))
