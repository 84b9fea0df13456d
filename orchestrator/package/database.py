"""What lies in an MSI file: tables, the platform of its summary, its signature; in whatever code page its texts are.

pymsi's parts are used one by one. Its whole prints what it misses to the standard output, and opens no package with a
text in a code page that it does not list, though of the summary nothing but ASCII is wanted here.
"""

from __future__ import annotations

import codecs
import io
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import olefile
from pymsi import streamname
from pymsi.column import Column
from pymsi.constants import (
    DIGITAL_SIGNATURE_STREAM_NAME,
    STRING_DATA_TABLE_NAME,
    STRING_POOL_TABLE_NAME,
    SUMMARY_INFO_STREAM_NAME,
)
from pymsi.reader import BinaryReader
from pymsi.stringpool import LONG_STRING_REFS_BIT, StringPool
from pymsi.summary import PROPERTY_TEMPLATE
from pymsi.table import Table
from pymsi.tables import TABLE_COLUMNS, TABLE_TABLES

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table → its rows, each by column; a table that a package lacks is not there."""

_NEUTRAL: Final = 0
_SECTION_AT: Final = 44
_VT_LPSTR: Final = 30
_NAMED_OTHERWISE: Final = {10000: "mac_roman", 20866: "koi8_r", 21866: "koi8_u", 54936: "gb18030", 65000: "utf_7"} | {
    28590 + part: f"iso8859_{part}" for part in (*range(1, 10), 13, 15)
}
"""Code pages that Python does not know by their numbers."""


@dataclass(frozen=True)
class Database:
    """What lies in a file.

    Attributes:
        tables: Those that were asked for.
        platform: First half of the summary's Template property, as in `x64`.
        signature: The PKCS #7 of its Authenticode signature; None where it has none.
    """

    tables: Tables
    platform: str
    signature: bytes | None


def read(content: bytes, wanted: Collection[str]) -> Database:
    """Reads a file's content; raises whatever the libraries raise when it is damaged, or no installation package."""
    with olefile.OleFileIO(io.BytesIO(content)) as ole:
        strings = _Strings(_stream(ole, STRING_POOL_TABLE_NAME), _stream(ole, STRING_DATA_TABLE_NAME))
        names = [row["Name"] for row in _rows(ole, TABLE_TABLES.name, TABLE_TABLES.columns, strings)]
        columns: dict[str, dict[int, Column]] = {name: {} for name in names}
        for row in _rows(ole, TABLE_COLUMNS.name, TABLE_COLUMNS.columns, strings):
            columns[row["Table"]][row["Number"]] = Column(row["Name"], row["Type"])
        tables = {
            name: _rows(ole, name, [columns[name][number] for number in sorted(columns[name])], strings)
            for name in names
            if name in wanted
        }
        template = _template(ole.openstream([SUMMARY_INFO_STREAM_NAME]).read())
        signed = ole.exists([DIGITAL_SIGNATURE_STREAM_NAME])
        return Database(
            tables=tables,
            platform=template.decode("ascii").partition(";")[0].strip(),
            signature=ole.openstream([DIGITAL_SIGNATURE_STREAM_NAME]).read() if signed else None,
        )


def _template(summary: bytes) -> bytes:
    """The Template property of a summary; empty where it has none.

    [MS-OLEPS] 2.20: where a section begins, its length, how many properties it has, and of each number and place there;
    2.15: type, length, text. olefile makes as many values as a property says that it has, four thousand millions if
    need be, and is not asked.
    """
    (section,) = struct.unpack_from("<I", summary, _SECTION_AT)
    (count,) = struct.unpack_from("<I", summary, section + 4)
    for each in range(count):
        number, place = struct.unpack_from("<II", summary, section + 8 + 8 * each)
        if number == PROPERTY_TEMPLATE:
            kind, length = struct.unpack_from("<II", summary, section + place)
            if kind != _VT_LPSTR:
                raise ValueError(f"the Template property is of type {kind}")
            begin = section + place + 8
            return summary[begin : begin + length].partition(b"\0")[0]
    return b""


def _stream(ole: olefile.OleFileIO, table: str) -> bytes:
    return bytes(ole.openstream([streamname.encode_unicode(table, True)]).read())


def _rows(ole: olefile.OleFileIO, name: str, columns: list[Column], strings: StringPool) -> list[dict[str, Any]]:
    """The rows of a table; one without a stream has none."""
    stream = [streamname.encode_unicode(name, True)]
    reader = BinaryReader(ole.openstream(stream)) if ole.exists(stream) else None
    return list(Table(name, columns).read_rows(reader, strings))


class _Strings(StringPool):
    """The texts of all tables. Of a text that is none in the file's code page, or whose page is not known, letters go.

    The pool is a code page, and for each text its length and how often it is used; what is longer than 64 KB has an
    entry without length before it, and its length in 32 bits.
    """

    def __init__(self, pool: bytes, data: bytes) -> None:
        (head,) = struct.unpack_from("<I", pool)
        self.long_string_refs = bool(head & LONG_STRING_REFS_BIT)
        page = head & ~LONG_STRING_REFS_BIT
        entries, place = struct.iter_unpack("<HH", pool[4:]), 0
        self.strings = []
        for length, uses in entries:
            if uses and not length:
                low, high = next(entries)
                length = low | high << 16  # noqa: PLW2901 - the same text's, from the entry behind
            self.strings.append((_text(data[place : place + length], page), uses))
            place += length
        if place > len(data):
            raise ValueError(f"{place - len(data)} bytes of texts are missing")


def _text(text: bytes, page: int) -> str:
    if page == _NEUTRAL:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError:
            return text.decode("cp1252", "replace")
    return text.decode(_codec(page), "replace")


def _codec(page: int) -> str:
    try:
        return codecs.lookup(_NAMED_OTHERWISE.get(page, f"cp{page}")).name
    except LookupError:
        return "ascii"
