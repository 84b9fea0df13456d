"""Cabinets by [MS-CAB] of any size, made while a test runs; alike blocks are packed once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate

BLOCK = 0x8000


@cache
def _packed(piece: bytes, history: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=history)
    packed = b"CK" + packer.compress(piece) + packer.flush()
    return struct.pack("<IHH", 0, len(packed), len(piece)) + packed


def mszip(pieces: Iterable[bytes]) -> list[bytes]:
    """MSZIP blocks as Windows makes them: each refers back to the content of the one before."""
    blocks, history = [], b""
    for piece in pieces:
        blocks.append(_packed(piece, history))
        history = piece
    return blocks


def header(length: int, place: int, folders: int, files: int, flags: int = 0) -> bytes:
    """CFHEADER."""
    return struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, length, 0, place, 0, 3, 1, folders, files, flags, 0, 0)


def listed(files: Iterable[tuple[bytes, int]]) -> bytes:
    """CFFILE of each name and length, one behind the other in the first folder."""
    files = list(files)
    starts = accumulate((length for _, length in files), initial=0)
    return b"".join(
        struct.pack("<IIHHHH", length, start, 0, 0x4F75, 0x6000, 0x20) + name + b"\0"
        for (name, length), start in zip(files, starts, strict=False)
    )


def repeating(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A cabinet of files that are a block of 32 KB, so and so often."""
    entries = listed((name.encode(), BLOCK * times) for name, (_, times) in files.items())
    assert all(len(block) == BLOCK for block, _ in files.values())
    blocks = mszip(block for block, times in files.values() for _ in range(times))
    place = 36 + 8
    folder = struct.pack("<IHH", place + len(entries), len(blocks), 1)
    data = b"".join(blocks)
    return header(place + len(entries) + len(data), place, 1, len(files)) + folder + entries + data
