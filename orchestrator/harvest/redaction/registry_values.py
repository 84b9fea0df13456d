"""Values in exports of the registry that are written as numbers: texts of several kinds, and binary data.

A text that has names (`hex(1)`, `hex(2)`, `hex(7)`: REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ in UTF-16LE) is written anew
with their pseudonyms. Binary data may count its letters, so that a value which has names or SIDs is left empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from orchestrator.harvest.redaction.texts import NotRewritten
from orchestrator.model.message import phrase

_TOO_LONG: Final = phrase("redaction-value-too-long")
_MOST: Final = 8 * 1024 * 1024
"""Characters of a value, three or four for each of its bytes."""
_BEGINS: Final = re.compile(
    rb"(?P<head>[ \t]*(?:\"(?:[^\"\\]|\\.)*\"|@)=hex(?:\((?P<type>[0-9a-f]+)\))?:)", re.IGNORECASE
)
_TEXTS: Final = frozenset({b"1", b"2", b"7"})
_SID: Final = re.compile(rb"\x01[\x04-\x0f]\0{5}(?:\x05\x15|\x0c\x01)\0{3}", re.DOTALL)
"""How the SID of a domain's account begins, or of one of Microsoft Entra ID, in binary ([MS-DTYP] 2.4.2.2)."""
_BYTE: Final = re.compile(rb"[0-9a-fA-F]{2}")
_PER_LINE: Final = 25

Rewrite = Callable[[bytes], bytes]
"""Gives a text in UTF-8 with names replaced."""


def rewritten(portions: Iterable[bytes], rewrite: Rewrite) -> Iterator[bytes]:
    """An export with such values rewritten, and all else as it is.

    Raises:
        NotRewritten: A value is too long to be looked into.
    """
    for line, value in _values(portions):
        yield line if value is None else _value(line, value, rewrite)


def texts(portions: Iterable[bytes]) -> Iterator[bytes]:
    """What such values say, in UTF-8, a line each. Raises NotRewritten."""
    for line, value in _values(portions):
        if value is not None:
            yield from (each + b"\n" for each in _said(_bytes(line, value), value))


def _values(portions: Iterable[bytes]) -> Iterator[tuple[bytes, re.Match[bytes] | None]]:
    """The lines; all those of a value in numbers together, with how it begins."""
    gathered, begins = b"", None
    for line in _lines(portions):
        if begins is None:
            begins = _BEGINS.match(line)
            if begins is None:
                yield line, None
                continue
        gathered += line
        if len(gathered) > _MOST:
            raise NotRewritten(_TOO_LONG())
        if not line.rstrip(b"\r\n").endswith(b"\\"):
            yield gathered, begins
            gathered, begins = b"", None
    if begins is not None:
        yield gathered, begins


def _lines(portions: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends; of one that is too long for a value, its parts."""
    rest = b""
    for portion in portions:
        *ended, rest = (rest + portion).split(b"\n")
        yield from (line + b"\n" for line in ended)
        if len(rest) > _MOST:
            raise NotRewritten(_TOO_LONG())
    if rest:
        yield rest


def _bytes(line: bytes, begins: re.Match[bytes]) -> bytes:
    return bytes(int(each[0], 16) for each in _BYTE.finditer(line, begins.end()))


def _said(content: bytes, begins: re.Match[bytes]) -> Iterator[bytes]:
    """The texts that the bytes may be: of UTF-16 from the first or the second on, or in a code page."""
    wide = content.decode("utf-16-le", "replace").encode("utf-8", "replace").replace(b"\0", b"\n")
    yield wide
    if begins["type"] not in _TEXTS:
        yield content[1:].decode("utf-16-le", "replace").encode("utf-8", "replace").replace(b"\0", b"\n")
        yield content.replace(b"\0", b"\n")


def _value(line: bytes, begins: re.Match[bytes], rewrite: Rewrite) -> bytes:
    content = _bytes(line, begins)
    if all(rewrite(said) == said for said in _said(content, begins)) and not _SID.search(content):
        return line
    end = line[len(line.rstrip(b"\r\n")) :]
    if begins["type"] not in _TEXTS:
        return begins["head"] + end
    said = content.decode("utf-16-le", "replace").split("\0")
    anew = "\0".join(rewrite(each.encode("utf-8", "replace")).decode("utf-8", "replace") for each in said)
    digits = [f"{byte:02x}".encode() for byte in anew.encode("utf-16-le", "replace")]
    lines = [b",".join(digits[start : start + _PER_LINE]) for start in range(0, len(digits), _PER_LINE)]
    return begins["head"] + (b",\\" + (end or b"\r\n") + b"  ").join(lines) + end
