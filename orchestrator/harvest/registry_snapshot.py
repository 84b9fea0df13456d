"""Reads the .reg files that `reg export` wrote on a host.

The layout is REGEDIT's version 5: UTF-16LE with a byte order mark, `[key]` lines and `"name"=type:data` lines
(support.microsoft.com, "How to add, modify, or delete registry subkeys and values by using a .reg file").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, Final

from orchestrator.harvest import text
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.windows.registry import long_name

_HEADER = "Windows Registry Editor Version 5.00"
_KEY = re.compile(r"\[(?P<path>HKEY_[^\r\n]*)\]\s*")
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_VALUE = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"=(?:dword:(?P<digits>[0-9a-fA-F]{1,8})\s*$)?')
_LONGEST_LINE: Final = 4096
"""Characters; of longer ones, which are texts and lists of bytes, nothing is wanted."""
_MOST_NAMES: Final = 1_000_000
"""Characters of keys and values together: what is exported holds some thousands."""


_NO_REGISTRY_FILE = phrase("registry-file-none")
_TOO_MANY_NAMES = phrase("registry-file-too-many-names")


@dataclass(frozen=True)
class Snapshot:
    """The numeric values (REG_DWORD) of exported keys, and which others there are.

    Attributes:
        keys: By the key's long name in lower case, its values by their names in lower case: the number of a REG_DWORD,
            None for any other type; a key without any is there too.
    """

    keys: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)

    def holds(self, path: str) -> bool:
        return long_name(path).lower() in self.keys

    def number(self, path: str, name: str) -> int | None:
        """A REG_DWORD; None when the key or the value is not in the export, or of another type."""
        return self.keys.get(long_name(path).lower(), {}).get(name.lower())

    def mistyped(self, path: str, name: str) -> bool:
        """Whether a value is there that is no REG_DWORD."""
        return self.keys.get(long_name(path).lower(), {}).get(name.lower(), 0) is None

    def joined(self, other: Snapshot) -> Snapshot:
        """Both exports together."""
        return Snapshot({**self.keys, **other.keys})


def read(file: BinaryIO) -> Snapshot:
    """Reads one exported file.

    Raises:
        UnexpectedOutput: when it is none, or holds more keys and values than we read.
    """
    entries = _entries(text.pieces(file, text.encoding_of(file)))
    first = next(entries, "")
    if first.strip() != _HEADER:
        raise UnexpectedOutput(_NO_REGISTRY_FILE(), begins=first[:200])
    keys: dict[str, dict[str, int | None]] = {}
    values: dict[str, int | None] = {}
    names = 0
    for entry in entries:
        if key := _KEY.fullmatch(entry):
            values = keys.setdefault(key["path"].lower(), {})
            names += len(entry)
        elif value := _VALUE.match(entry):
            name = re.sub(r"\\(.)", r"\1", value["name"])
            values[name.lower()] = int(value["digits"], 16) if value["digits"] else None
            names += len(value[0])
        if names > _MOST_NAMES:
            raise UnexpectedOutput(_TOO_MANY_NAMES())
    return Snapshot(keys)


def _entries(parts: Iterable[str]) -> Iterator[str]:
    """What the file says, an entry each, cut at the longest that is wanted.

    An entry ends with its line, unless that is in the middle of a quoted text: a REG_SZ of several lines is written as
    it is, and may look like keys and values. Names of keys may hold quotes that mean nothing, and any of the characters
    at which other readers end lines.
    """
    entry, rest, quoted = "", "", False
    for part in chain(parts, "\n"):
        *ended, rest = (rest + part).split("\n")
        for line in ended:
            entry, quoted = _with(entry, f"{line}\n", quoted=quoted)
            if not quoted:
                yield entry.rstrip("\r\n")
                entry = ""
        if len(rest) > _LONGEST_LINE:
            safe = len(rest) - (len(rest) - len(rest.rstrip("\\"))) % 2  # no escape is torn apart
            entry, quoted = _with(entry, rest[:safe], quoted=quoted)
            rest = rest[safe:]


def _with(entry: str, more: str, *, quoted: bool) -> tuple[str, bool]:
    """An entry with more of it, and whether that ends within a quoted text."""
    entry += more[: _LONGEST_LINE - len(entry)]
    if entry.startswith(('"', "@")):
        quoted ^= sum(1 for found in _QUOTE.finditer(more) if found[0] == '"') % 2 == 1
    return entry, quoted
