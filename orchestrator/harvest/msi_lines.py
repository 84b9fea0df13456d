"""The lines of a log of Windows Installer, read once from beginning to end: what is held is a portion.

`msiexec /l` writes UTF-16LE with a byte order mark; older ways, and people who send logs on, leave UTF-16 without a
mark, big-endian, UTF-8 or a code page. Bytes that are no UTF-8 go through as Python's surrogate escapes, so that
nothing has to be known of the code page while a log is read, and the few lines that are shown get their letters back.
Zeros are left out: after a power failure a file ends in them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

PORTION: Final = 128 * 1024
"""Bytes that are read at a time."""
LONGEST: Final = 2_000
"""Letters of a line that are looked at."""
SAMPLE: Final = 4096
"""Bytes of the beginning by which the encoding is told."""
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_CODE_PAGES: Final = {
    "cp874": (1054,),
    "cp932": (1041,),
    "gb18030": (2052, 4100),
    "cp949": (1042,),
    "cp950": (1028, 3076, 5124),
    "cp1250": (1029, 1038, 1045, 1048, 1050, 1051, 1052, 1060),
    "cp1251": (1026, 1049, 1058, 1059, 1071),
    "cp1253": (1032,),
    "cp1254": (1055,),
    "cp1255": (1037,),
    "cp1256": (1025, 1065),
    "cp1257": (1061, 1062, 1063),
    "cp1258": (1066,),
}
_BY_LANGUAGE: Final = {language: page for page, languages in _CODE_PAGES.items() for language in languages}
_STOPS: Final = ("。", "\udc81B", "\udca1\udca3", "\udca1C", "\uff0e")
"""The full stop of Chinese and Japanese: in Unicode, and as code pages 932, 936 and 950 have it."""


def blocks(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The lines in blocks, each with the number of its first line, from 1.

    Of a line that is longer than a portion, the first letters are given. Lines end with a line feed, as editors count
    them; a carriage return before it stays.
    """
    number, rest = 1, ""
    for text in _portions(file):
        lines = text.split("\n")
        lines[0] = (rest + lines[0])[: LONGEST + 1]
        rest = lines.pop()
        if lines:
            yield number, lines
            number += len(lines)
    if rest:
        yield number, [rest]


def _portions(file: BinaryIO) -> Iterator[str]:
    file.seek(0)
    encoding = _encoding(file.read(SAMPLE))
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    file.seek(0)
    while portion := file.read(PORTION):
        yield _clean(decoder.decode(portion))
    yield _clean(decoder.decode(b"", final=True))


def _clean(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", "")
    return text.replace("\ufeff", "") if "\ufeff" in text else text


def _encoding(sample: bytes) -> str:
    """By the byte order mark, or by where the zeros are: every other byte of UTF-16 is one where text is English."""
    if sample.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if sample.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    high, low = sample[::2].count(0), sample[1::2].count(0)
    if abs(high - low) * 6 < len(sample):
        return "utf-8"
    return "utf-16-be" if high > low else "utf-16-le"


def code_page(language: int | None) -> str:
    """The code page of a Windows with this language identifier; Western Europe's where it is not known."""
    return _BY_LANGUAGE.get(language or 0, "cp1252")


def lettered(text: str, page: str) -> str:
    """The text with the letters of a code page in the place of its bytes."""
    if not _ESCAPED.search(text):
        return text
    return text.encode("utf-8", "surrogateescape").decode(page, "replace")


def stopped(text: str) -> str:
    """The text with the full stops of all languages as English ones."""
    if text.isascii():
        return text
    for stop in _STOPS:
        text = text.replace(stop, ".")
    return text
