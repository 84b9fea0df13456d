"""Which records are in an .evtx file, also in one that is damaged or cut off, and each as a file that a parser reads.

A header of 4 KB is followed by chunks of 64 KB, and a chunk's header by records: a signature, the size, the number and
the time, binary XML, and the size again (libyal, "Windows XML Event Log (EVTX) format"). What stands twice makes good
what is damaged of the other. Records refer to names and templates by their offset in the chunk, so a record is looked
at where it is: one other is made of all that is before it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final
from zlib import crc32

FILE_HEADER: Final = 0x1000
CHUNK: Final = 0x10000
_CHUNK_HEADER: Final = 0x200
_TABLES: Final = slice(0x80, _CHUNK_HEADER)
"""Where names and templates are, in the chunk's header; a parser finds them without."""
_FILE_MAGIC: Final = b"ElfFile\0"
_CHUNK_MAGIC: Final = b"ElfChnk\0"
_RECORD_MAGIC: Final = b"**\0\0"
_RECORD_HEADER: Final = struct.Struct("<4sIQ")
_WRITTEN: Final = struct.Struct("<Q")
_SMALLEST: Final = 28
_SIZE: Final = struct.Struct("<I")
_FREE_AT: Final = 0x30
_LAST: Final = 4
"""Chunks at the end of a file that are looked at where not all are."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a record is in its chunk, and its number in the log."""

    start: int
    size: int
    number: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of 64 KB, filled up with zeros where the file ends in it.

    Attributes:
        records: Those whose limits are known, in their order.
        torn: Those that begin and do not end, as the rest was never written or is cut off.
        lost: How many more it had, at least.
        unknown: Whether it may have had any number more.
        sound: Whether a parser finds the records in it as it is.
    """

    data: bytes
    records: tuple[Record, ...]
    torn: tuple[Record, ...]
    lost: int
    unknown: bool
    sound: bool

    def whole(self) -> bytes:
        """A file of this chunk alone."""
        return _FILE + self.data

    def written(self, record: Record) -> int:
        """When a record was written, in units of 100 ns since 1601."""
        moment: int = _WRITTEN.unpack_from(self.data, record.start + _RECORD_HEADER.size)[0]
        return moment

    def alone(self, record: Record) -> bytes:
        """A file whose last record is this one, with its signature and sizes mended."""
        data = bytearray(self.data)
        data[: len(_CHUNK_MAGIC)] = _CHUNK_MAGIC
        data[_TABLES] = bytes(_CHUNK_HEADER - _TABLES.start)
        if record.start > _CHUNK_HEADER:
            _frame(data, _CHUNK_HEADER, record.start)
        end = record.start + record.size
        _frame(data, record.start, end)
        _SIZE.pack_into(data, _FREE_AT, end)
        return _FILE + data


def _frame(data: bytearray, start: int, end: int) -> None:
    data[start : start + len(_RECORD_MAGIC)] = _RECORD_MAGIC
    _SIZE.pack_into(data, start + 4, end - start)
    _SIZE.pack_into(data, end - _SIZE.size, end - start)


def _file_header() -> bytes:
    header = struct.pack("<8sQQQIHHHH76x", _FILE_MAGIC, 0, 0, 1, 128, 1, 3, FILE_HEADER, 1)
    return (header + struct.pack("<II", 0, crc32(header))).ljust(FILE_HEADER, b"\0")


_FILE: Final = _file_header()


def is_log(beginning: bytes) -> bool:
    """Whether a file that begins so is one, by its own signature or that of its first chunk."""
    return beginning.startswith(_FILE_MAGIC) or beginning[FILE_HEADER:].startswith(_CHUNK_MAGIC)


LONGEST_BEGINNING: Final = FILE_HEADER + len(_CHUNK_MAGIC)


def chunks(file: BinaryIO) -> Iterator[Chunk | None]:
    """The chunks of a file from its beginning on; None where any number of them is missing."""
    header = file.read(FILE_HEADER)
    if len(header) < FILE_HEADER:
        yield None
        return
    used = _used(header)
    count = 0
    while data := file.read(CHUNK):
        count += 1
        chunk = _chunk(data)
        if chunk.records or chunk.torn or data.startswith(_CHUNK_MAGIC):
            yield chunk
        elif count <= used:
            yield None  # what is behind may be anything: Windows does not clear what it takes beforehand
        if len(data) < CHUNK:
            yield None
    if count < used:
        yield None


def ends(file: BinaryIO) -> Iterator[bytes]:
    """A file of the first chunk and the last ones of another, for a look at which events it has."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    yield file.read(FILE_HEADER)
    count = max(0, size - FILE_HEADER) // CHUNK
    for number in sorted({0, *range(max(0, count - _LAST), count)}):
        file.seek(FILE_HEADER + number * CHUNK)
        yield file.read(CHUNK)


def _used(header: bytes) -> int:
    """How many chunks there are at least, by the file's header; a log that was copied in use has more."""
    next_number, count = struct.unpack_from("<Q", header, 24)[0], struct.unpack_from("<H", header, 42)[0]
    return int(count) if header.startswith(_FILE_MAGIC) and next_number > 1 else 0


def _chunk(stored: bytes) -> Chunk:
    data = stored.ljust(CHUNK, b"\0")
    free: int = _SIZE.unpack_from(data, _FREE_AT)[0]
    has_free = _CHUNK_HEADER <= free <= CHUNK
    intact = has_free and data.startswith(_CHUNK_MAGIC) and _checksum(data) == _SIZE.unpack_from(data, 0x7C)[0]
    end = min(free if intact else CHUNK, len(stored))
    records: list[Record] = []
    torn: list[Record] = []
    gaps, at = 0, _CHUNK_HEADER
    while at < end:
        record = _record(data, at, end)
        beyond = has_free and at >= free  # what a circular log has left there is older
        if record is None:
            following = _following(data, at, end)
            if not beyond and (begun := _begun(data, at)):
                torn.append(begun)
            else:
                gaps += not beyond and (following < end or intact or any(data[at:following]))
            at = following
        elif beyond and records and record.number <= records[-1].number:
            break
        else:
            records.append(record)
            at += record.size
    sound = intact and not gaps and not torn and end == free and all(_is_framed(data, record) for record in records)
    lost = 0 if sound else max(gaps, _told(data) - len(records) - len(torn))
    return Chunk(data, tuple(records), tuple(torn), lost, bool(lost) and not records, sound)


def _checksum(data: bytes) -> int:
    """What a chunk's header has to have as its own checksum."""
    return crc32(data[_TABLES], crc32(data[:0x78]))


def _told(data: bytes) -> int:
    """How many records its header says that it has; 0 where that cannot be."""
    first, last = struct.unpack_from("<QQ", data, 8)
    count: int = last - first + 1
    return count if first and 0 < count <= (CHUNK - _CHUNK_HEADER) // _SMALLEST else 0


def _record(data: bytes, at: int, end: int) -> Record | None:
    """The record at a place: two of its signature and its sizes have to be right, or the next one has to follow."""
    if at + _SMALLEST > end:
        return None
    magic, size, number = _RECORD_HEADER.unpack_from(data, at)
    marked = magic == _RECORD_MAGIC
    if _ends(data, at, size, end) or (marked and _leads_on(data, at, size, end)):
        return Record(at, size, number)
    if marked and _ends(data, at, length := _following(data, at, end) - at, end):
        return Record(at, length, number)
    return None


def _is_framed(data: bytes, record: Record) -> bool:
    """Whether a record is as it has to be at both ends, so that a parser need not take our word for its size."""
    magic, size, _ = _RECORD_HEADER.unpack_from(data, record.start)
    return magic == _RECORD_MAGIC and size == record.size and _ends(data, record.start, size, len(data))


def _begun(data: bytes, at: int) -> Record | None:
    """The record that begins at a place, as long as it says itself."""
    if at + _RECORD_HEADER.size > CHUNK:
        return None
    magic, size, number = _RECORD_HEADER.unpack_from(data, at)
    return Record(at, size, number) if magic == _RECORD_MAGIC and _SMALLEST <= size <= CHUNK - at else None


def _ends(data: bytes, at: int, size: int, end: int) -> bool:
    """Whether a record of this size ends with it."""
    return _SMALLEST <= size <= end - at and _SIZE.unpack_from(data, at + size - _SIZE.size)[0] == size


def _leads_on(data: bytes, at: int, size: int, end: int) -> bool:
    """Whether another record begins where one of this size ends, or whether that is the end of all."""
    after = at + size
    return _SMALLEST <= size <= end - at and (
        (after == end and end < CHUNK) or data[after : after + len(_RECORD_MAGIC)] == _RECORD_MAGIC
    )


def _following(data: bytes, at: int, end: int) -> int:
    """Where the next record begins whose limits are right, or the end of all."""
    while (at := data.find(_RECORD_MAGIC, at + 1, end)) > 0:
        size = _SIZE.unpack_from(data, at + 4)[0] if at + _SMALLEST <= end else 0
        if _ends(data, at, size, end) or _leads_on(data, at, size, end):
            return at
    return end
