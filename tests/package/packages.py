"""The stand-in, changed in places where packages of other makers differ."""

import io
import struct
from typing import Final

import olefile
from pymsi import streamname

from sspr_lab.packages import standin

SUMMARY: Final = "\x05SummaryInformation"
SIGNATURE: Final = "\x05DigitalSignature"
POOL: Final = streamname.encode_unicode("_StringPool", True)
DATA: Final = streamname.encode_unicode("_StringData", True)
_MANUFACTURER: Final = b"SSPR orchestrator lab (not Microsoft)"
_CODE_PAGE, _TITLE = 1, 2


def stream(content: bytes, name: str) -> bytes:
    with olefile.OleFileIO(io.BytesIO(content)) as ole:
        return bytes(ole.openstream([name]).read())


def with_stream(content: bytes, name: str, data: bytes) -> bytes:
    """The package with another content of a stream, of the same length."""
    file = io.BytesIO(content)
    with olefile.OleFileIO(file, write_mode=True) as ole:
        ole.write_stream([name], data)
        return file.getvalue()


def other_text(content: bytes) -> bytes:
    """The package with another version in its tables."""
    return with_stream(content, DATA, stream(content, DATA).replace(b"1.0.10.0", b"1.0.11.0"))


def with_summary(page: int, title: bytes) -> bytes:
    """The stand-in with a summary in this code page, whose title begins like this ([MS-OLEPS] 2.20)."""
    whole = standin("x64").read_bytes()
    summary = bytearray(stream(whole, SUMMARY))
    (section,) = struct.unpack_from("<I", summary, 44)
    (count,) = struct.unpack_from("<I", summary, section + 4)
    places = dict(struct.unpack_from("<II", summary, section + 8 + 8 * each) for each in range(count))
    struct.pack_into("<H", summary, section + places[_CODE_PAGE] + 4, page)
    begins = section + places[_TITLE] + 8
    (length,) = struct.unpack_from("<I", summary, begins - 4)
    summary[begins : begins + length - 1] = title.ljust(length - 1)[: length - 1]
    return with_stream(whole, SUMMARY, bytes(summary))


def with_texts(page: int, manufacturer: bytes) -> bytes:
    """The stand-in with its tables' texts in this code page, and another manufacturer."""
    whole = standin("x64").read_bytes()
    pool = bytearray(stream(whole, POOL))
    struct.pack_into("<I", pool, 0, page)
    data = stream(whole, DATA).replace(_MANUFACTURER, manufacturer.ljust(len(_MANUFACTURER)))
    return with_stream(with_stream(whole, POOL, bytes(pool)), DATA, data)
