"""Tables for spreadsheets: files that a double click opens in columns, and in which no text can act.

A CSV file does not say what separates its cells. Excel goes by the list separator of its own machine's regional
settings: a semicolon wherever decimals have a comma, as in most of Europe and South America, and a comma elsewhere. So
it is somebody's choice. Which letters a file has, its first three bytes say: without them Excel takes it for the ANSI
code page of its machine; other programs skip them (`utf-8-sig` in Python). A first line `sep=;`, which would tell Excel
the separator, makes it forget these bytes, and spoils all letters but those of ASCII
(github.com/alexcaza/export-to-csv/issues/119, github.com/ag-grid/ag-grid/pull/655): there is none.

Text that a spreadsheet would compute gets an apostrophe (owasp.org/www-community/attacks/CSV_Injection): what hosts say
of themselves is not to be trusted. So does what would be at the beginning of a cell for a program that takes another
separator than ours.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, cast

BYTE_ORDER_MARK: Final = "\ufeff"
_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""What formulas begin with, also in full width, as East Asian spreadsheets take it."""
_AT_THE_BEGINNING: Final = re.compile(rf"\s*[{_SIGNS}|%]|[\t\r\n]")
_INSIDE: Final = re.compile(rf"([;,\t\r\n][\s\"']*)(?=[{_SIGNS}])")


class Delimiter(StrEnum):
    """What separates cells: by its name, as people choose it."""

    SEMICOLON = "semicolon"
    COMMA = "comma"
    TAB = "tab"

    @property
    def sign(self) -> str:
        return {Delimiter.SEMICOLON: ";", Delimiter.COMMA: ",", Delimiter.TAB: "\t"}[self]

    def number(self, value: float) -> str:
        """A number as it is written where this separates cells: 3.75 is a date to a German Excel, and 3,75 a number."""
        return str(value).replace(".", ",") if self is Delimiter.SEMICOLON else str(value)


USUAL: Final = Delimiter.SEMICOLON


def harmless(text: str) -> str:
    """The text with an apostrophe before what spreadsheets would compute."""
    inside = _INSIDE.sub(r"\1'", text) if _INSIDE.search(text) else text  # a search costs less than to replace nothing
    return f"'{inside}" if _AT_THE_BEGINNING.match(text) else inside


def table_bytes(rows: Iterable[Sequence[str]], delimiter: Delimiter = USUAL) -> Iterator[bytes]:
    """A file, row by row, as RFC 4180 has it but for the delimiter: CRLF, and quotes where they are needed. UTF-8."""
    yield BYTE_ORDER_MARK.encode()
    sign = delimiter.sign
    writer = csv.writer(_Line(), delimiter=sign)
    for row in rows:
        line = sign.join(row)
        if len(row) > 1 and line.count(sign) == len(row) - 1 and not _wants_quotes(line):
            line += "\r\n"
        else:
            line = cast(str, writer.writerow(row))
        yield line.encode("utf-8", "replace")


def _wants_quotes(line: str) -> bool:
    """Beside another cell's end; a row without any needs no looking at each letter."""
    return '"' in line or "\r" in line or "\n" in line


class _Line:
    """What a writer of tables writes to: it gives the line back, which the writer passes on."""

    write = str
