"""Stock registry content as tables, made into keys."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sspr_lab.registry import Data, Key, Value

Entries = Mapping[str, Mapping[str, Data | Value]]  # key path -> value name -> data
DEFAULT: Final = ""  # the name of a key's default value


def expand(text: str) -> Value:
    """A REG_EXPAND_SZ."""
    return Value("REG_EXPAND_SZ", text)


def prefixed(prefix: str, entries: Entries) -> dict[str, Mapping[str, Data | Value]]:
    """The same entries below another key."""
    return {f"{prefix}\\{path}" if path else prefix: values for path, values in entries.items()}


def grow(root: Key, entries: Entries, *, volatile: bool = False) -> Key:
    """The tree with the entries added; values of the same name are replaced. Paths are canonical ones."""
    for path, values in entries.items():
        root = _grow(root, path.split("\\"), values, volatile=volatile)
    return root


def _grow(key: Key, parts: list[str], values: Mapping[str, Data | Value], *, volatile: bool) -> Key:
    if not parts:
        made = {name: data if isinstance(data, Value) else Value.of(data) for name, data in values.items()}
        return replace(key, values={**key.values, **made}) if made else key
    child = key.subkey(parts[0]) or Key(parts[0], volatile=volatile)
    return key.with_subkey(_grow(child, parts[1:], values, volatile=volatile))
