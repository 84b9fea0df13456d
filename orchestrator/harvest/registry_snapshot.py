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
from orchestrator.model.registry import DWORD, Value
from orchestrator.windows.registry import long_name

_HEADER = "Windows Registry Editor Version 5.00"
_KEY = re.compile(r"\[(?P<path>HKEY_[^\r\n]*)\]\s*")
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_VALUE = re.compile(r'(?:@|"(?P<name>(?:[^"\\]|\\.)*)")=(?P<data>.*)', re.DOTALL)
_TEXT = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"', re.DOTALL)
_NUMBER = re.compile(r"dword:(?P<digits>[0-9a-fA-F]{1,8})")
_BYTES = re.compile(r"hex(?:\((?P<type>[0-9a-f]{1,8})\))?:(?P<digits>[0-9a-fA-F,\\\s]*)")
_TYPES: Final = {None: "REG_BINARY", "0": "REG_NONE", "1": "REG_SZ", "2": "REG_EXPAND_SZ", "7": "REG_MULTI_SZ"}
_QWORD: Final = "b"
_QWORD_BYTES: Final = 8
_LONGEST_ENTRY: Final = 8192
"""Characters; of longer ones the name alone is kept."""
_MOST_KEPT: Final = 4_000_000
"""Characters of keys and values together, each with what it takes besides: what is exported holds some thousands."""
_BESIDE: Final = 150


_NO_REGISTRY_FILE = phrase("registry-file-none")
_TOO_MANY_NAMES = phrase("registry-file-too-many-names")
CUT_OFF = phrase("registry-file-cut-off")


@dataclass(frozen=True, slots=True)
class Exported:
    """A value of an exported key.

    Attributes:
        name: As it is written; empty for the key's default value.
        value: As reg.exe would show it; None where it is too long, or of a type that is not read.
        line: Where it stands in its file, from 1.
    """

    name: str
    value: Value | None
    line: int


@dataclass(frozen=True)
class ExportedKey:
    """A key, with its values by their names in lower case.

    Attributes:
        path: Its long name, as it is written.
        file: The file that has it, as whoever reads it calls it.
        line: Where it stands there, from 1.
    """

    path: str
    file: str
    line: int
    values: Mapping[str, Exported]


@dataclass(frozen=True)
class Top:
    """A key that was exported with all below it: what is not there was not on the host.

    Attributes:
        whole: Whether the file ends as an exported one does; where it is cut off, nothing is known to be absent.
    """

    path: str
    file: str
    line: int
    whole: bool


@dataclass(frozen=True)
class Snapshot:
    """Exported keys, by their long names in lower case, and which of them were exported with all below them."""

    keys: Mapping[str, ExportedKey] = field(default_factory=dict)
    tops: tuple[Top, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every file of it ends as an exported one does."""
        return all(top.whole for top in self.tops)

    def key(self, path: str) -> ExportedKey | None:
        """A key; None where no export has it."""
        return self.keys.get(long_name(path).lower())

    def holds(self, path: str) -> bool:
        return self.key(path) is not None

    def top(self, path: str) -> Top | None:
        """The export that has a key, or proves that the host has not; None where nothing is known of it."""
        wanted = long_name(path).lower() + "\\"
        found = (top for top in self.tops if wanted.startswith(top.path.lower() + "\\"))
        return next((top for top in found if top.whole), None)

    def number(self, path: str, name: str) -> int | None:
        """A REG_DWORD; None when the key or the value is not in the export, or of another type."""
        found = self._value(path, name)
        return found.value.number if found and found.value else None

    def mistyped(self, path: str, name: str) -> bool:
        """Whether a value is there that is no REG_DWORD."""
        return self._value(path, name) is not None and self.number(path, name) is None

    def joined(self, other: Snapshot) -> Snapshot:
        """Both exports together."""
        return Snapshot({**self.keys, **other.keys}, (*self.tops, *other.tops))

    def _value(self, path: str, name: str) -> Exported | None:
        key = self.key(path)
        return key.values.get(name.lower()) if key else None


def read(file: BinaryIO, name: str = "") -> Snapshot:
    """Reads one exported file, which is called by this name.

    Raises:
        UnexpectedOutput: when it is none, or holds more keys and values than we read.
    """
    entries = _entries(text.pieces(file, text.encoding_of(file)))
    _, first = next(entries, (1, ""))
    if first.strip() != _HEADER:
        raise UnexpectedOutput(_NO_REGISTRY_FILE(), begins=first[:200])
    keys: dict[str, ExportedKey] = {}
    tops: list[tuple[str, int]] = []
    values: dict[str, Exported] = {}
    kept, ended = 0, False
    for line, entry in entries:
        ended = not entry
        if key := _KEY.fullmatch(entry):
            path = key["path"]
            found = keys.setdefault(path.lower(), ExportedKey(path, name, line, {}))
            assert isinstance(found.values, dict), "made above"
            values = found.values
            if not tops or not path.lower().startswith(tops[-1][0].lower() + "\\"):
                tops.append((path, line))
            kept += len(entry) + _BESIDE
        elif tops and (told := _told(entry, line)):
            values[told.name.lower()] = told
            kept += len(entry) + _BESIDE
        if kept > _MOST_KEPT:
            raise UnexpectedOutput(_TOO_MANY_NAMES())
    return Snapshot(keys, tuple(Top(path, name, line, ended) for path, line in tops))


def _told(entry: str, line: int) -> Exported | None:
    """The value that a line tells of."""
    match = _VALUE.match(entry)
    if match is None:
        return None
    name = _unescaped(match["name"] or "")
    return Exported(name, None if len(entry) >= _LONGEST_ENTRY else _value(match["data"].strip()), line)


def _value(data: str) -> Value | None:
    if number := _NUMBER.fullmatch(data):
        return Value(DWORD, int(number["digits"], 16))
    if quoted := _TEXT.fullmatch(data):
        return Value("REG_SZ", _unescaped(quoted["text"]).replace("\r\n", "\n"))
    if listed := _BYTES.fullmatch(data):
        try:
            return _of_bytes(listed["type"], bytes.fromhex(re.sub(r"[,\\\s]", "", listed["digits"])))
        except ValueError:
            return None
    return None


def _of_bytes(kind: str | None, content: bytes) -> Value | None:
    """The data as reg.exe shows it: hex digits, or the text that the bytes are."""
    if kind == _QWORD and len(content) == _QWORD_BYTES:
        return Value("REG_QWORD", int.from_bytes(content, "little"))
    if kind not in _TYPES:
        return None
    if kind in {None, "0"}:
        return Value(_TYPES[kind], content.hex().upper())
    letters = content.decode("utf-16-le", "replace")
    shown = letters.rstrip("\0").replace("\0", r"\0") if kind == "7" else letters.partition("\0")[0]
    return Value(_TYPES[kind], shown.replace("\r\n", "\n"))


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _entries(parts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """What the file says, an entry each with the number of its first line, cut at the longest that is wanted.

    An entry ends with its line, unless that is in the middle of a quoted text: a REG_SZ of several lines is written as
    it is, and may look like keys and values; or unless bytes go on behind a backslash. Names of keys may hold quotes
    that mean nothing, and any of the characters at which other readers end lines.
    """
    entry, rest, quoted, number, begun = "", "", False, 0, 1
    for part in chain(parts, "\n"):
        *ended, rest = (rest + part).split("\n")
        for line in ended:
            number += 1
            entry, quoted = _with(entry, f"{line}\n", quoted=quoted)
            if not quoted and not (line.rstrip("\r").endswith("\\") and _is_value(entry)):
                yield begun, entry.rstrip("\r\n")
                entry, begun = "", number + 1
        if len(rest) > _LONGEST_ENTRY:
            safe = len(rest) - (len(rest) - len(rest.rstrip("\\"))) % 2  # no escape is torn apart
            entry, quoted = _with(entry, rest[:safe], quoted=quoted)
            rest = rest[safe:]


def _is_value(entry: str) -> bool:
    return entry.startswith(('"', "@"))


def _with(entry: str, more: str, *, quoted: bool) -> tuple[str, bool]:
    """An entry with more of it, and whether that ends within a quoted text."""
    entry += more[: _LONGEST_ENTRY - len(entry)]
    if _is_value(entry):
        quoted ^= sum(1 for found in _QUOTE.finditer(more) if found[0] == '"') % 2 == 1
    return entry, quoted
