"""Reads the .reg files that `reg export` wrote on a host.

The layout is REGEDIT's version 5: UTF-16LE with a byte order mark, `[key]` lines and `"name"=type:data` lines
(support.microsoft.com, "How to add, modify, or delete registry subkeys and values by using a .reg file").
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.windows.registry import long_name

_HEADER = "Windows Registry Editor Version 5.00"
_KEY = re.compile(r"\[(?P<path>HKEY_[^\r\n]*)\]\s*")
_NUMBER = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"=dword:(?P<digits>[0-9a-fA-F]{1,8})\s*')


_NO_REGISTRY_FILE = phrase("registry-file-none")


@dataclass(frozen=True)
class Snapshot:
    """The numeric values (REG_DWORD) of exported keys.

    Attributes:
        keys: By the key's long name in lower case, its numeric values by their names in lower case; a key without
            any is there too.
    """

    keys: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def holds(self, path: str) -> bool:
        return long_name(path).lower() in self.keys

    def number(self, path: str, name: str) -> int | None:
        """A REG_DWORD; None when the key or the value is not in the export."""
        return self.keys.get(long_name(path).lower(), {}).get(name.lower())

    def joined(self, other: Snapshot) -> Snapshot:
        """Both exports together."""
        return Snapshot({**self.keys, **other.keys})


def read(data: bytes) -> Snapshot:
    """Reads one exported file.

    Raises:
        UnexpectedOutput: when it is none.
    """
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    lines = data.decode(encoding, "replace").splitlines()
    if not lines or lines[0].strip() != _HEADER:
        raise UnexpectedOutput(_NO_REGISTRY_FILE(), begins="".join(lines[:1])[:200])
    keys: dict[str, dict[str, int]] = {}
    values: dict[str, int] = {}
    for line in lines[1:]:
        if key := _KEY.fullmatch(line):
            values = keys.setdefault(key["path"].lower(), {})
        elif number := _NUMBER.fullmatch(line):
            name = re.sub(r"\\(.)", r"\1", number["name"])
            values[name.lower()] = int(number["digits"], 16)
    return Snapshot(keys)
