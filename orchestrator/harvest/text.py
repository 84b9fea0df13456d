"""Text files of a host, decoded in portions: what is held is one of them, whatever the file is like."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

PORTION: Final = 32 * 1024
"""Bytes that are read at a time."""


def encoding_of(file: BinaryIO) -> str:
    """UTF-16 by its byte order mark or its first letter, and UTF-8 otherwise. Reads the file's beginning."""
    file.seek(0)
    beginning = file.read(2)
    if beginning == codecs.BOM_UTF16_BE:
        return "utf-16-be"
    return "utf-16-le" if beginning == codecs.BOM_UTF16_LE or beginning[1:] == b"\0" else "utf-8"


def pieces(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The text in portions and without a byte order mark; what cannot be decoded is marked as such."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    first = True
    while portion := file.read(PORTION):
        text = decoder.decode(portion)
        yield text.removeprefix("\ufeff") if first else text
        first = False
    yield decoder.decode(b"", final=True)
