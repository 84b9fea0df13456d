"""Reads a cabinet that a host made (makecab), as untrusted input and as a stream.

The layout is [MS-CAB]'s. Content comes in blocks of at most 32 KB, and a block of MSZIP refers to nothing but the 32 KB
before it ([MS-MCI] 2.1), so that no more than two blocks are held, whatever a cabinet unpacks to. makecab writes MSZIP;
Quantum and LZX, which it writes only when told to, are refused.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from orchestrator.harvest import names
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase

_HEADER: Final = struct.Struct("<4s4xI4xI4xBBHHHHH")
"""CFHEADER: signature, length, place of the files, version (minor, major), folders, files, flags, set, number in it."""
_RESERVE: Final = struct.Struct("<HBB")
"""Bytes kept for others: in the header, in each folder, in each block."""
_FOLDER: Final = struct.Struct("<IHH")
"""CFFOLDER: place of its first block, number of blocks, compression."""
_FILE: Final = struct.Struct("<IIH6x")
"""CFFILE: length, place in its folder, folder."""
_BLOCK: Final = struct.Struct("<IHH")
"""CFDATA: checksum, bytes packed, bytes unpacked."""
_VERSION: Final = (3, 1)
_PREVIOUS_OR_NEXT: Final = 0x0003
_RESERVES: Final = 0x0004
_STORED, _MSZIP = 0, 1
_COMPRESSION: Final = 0x000F
_MSZIP_MARK: Final = b"CK"
BLOCK_BYTES: Final = 32 * 1024
_WORD: Final = 32
"""Bits."""
_LONGEST_NAME: Final = 255


_PART_OF_A_SET = phrase("cabinet-part-of-a-set")
_NO_CABINET = phrase("cabinet-none")
_DAMAGED = phrase("cabinet-damaged")
_SAME_NAME = phrase("cabinet-same-name")


@message("cabinet-too-large")
def _too_large(megabytes: int) -> None: ...


@message("cabinet-too-many-files")
def _too_many_files(most: int) -> None: ...


@message("cabinet-name-not-accepted")
def _name_not_accepted(objection: Message) -> None: ...


@dataclass(frozen=True)
class Limits:
    """What a cabinet may unpack to: bytes in all, number of files."""

    total: int = 512 * 1024 * 1024
    count: int = 200


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class _Folder:
    first: int
    blocks: int
    compression: int


@dataclass(frozen=True)
class _File:
    name: str
    length: int
    start: int
    folder: int


class Cabinet:
    """A cabinet whose list of files has been read, and found sound.

    Args:
        file: The cabinet, which can be read from any place of it.
        limits: What it may unpack to.

    Attributes:
        excess: How it goes beyond the limits; it is not to be unpacked then. None when it keeps to them.

    Raises:
        UnexpectedOutput: when it is no cabinet, is damaged, is part of a split set, or holds a name that is not a plain
            file name or that differs from another only in case.
    """

    def __init__(self, file: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> None:
        self._file = file
        self._folders: list[_Folder] = []
        self._files: list[_File] = []
        self._block_reserve = 0
        self.excess = self._read_lists(limits)

    def contents(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file's name, and its content in pieces, all of which are to be taken before the next file.

        Raises:
            UnexpectedOutput: when the cabinet is damaged.
        """
        for number in range(len(self._folders)):
            stored = [file for file in self._files if file.folder == number]
            content = _Stretch(self._blocks(self._folders[number]))
            for file in sorted(stored, key=lambda file: (file.start, file.length)):
                yield file.name, content.take(file.start, file.length)

    def _read_lists(self, limits: Limits) -> Message | None:
        """Header, folders and files; gives what is beyond the limits, before more is read than they allow."""
        head = self._file.read(_HEADER.size)
        if not head.startswith(b"MSCF"):
            raise UnexpectedOutput(_NO_CABINET())
        _, length, place, minor, major, folders, files, flags, _, number = _fields(_HEADER, head)
        if (minor, major) != _VERSION:
            raise UnexpectedOutput(_NO_CABINET(), version=f"{major}.{minor}")
        if flags & _PREVIOUS_OR_NEXT or number:
            raise UnexpectedOutput(_PART_OF_A_SET())
        if length > self._file.seek(0, 2) or not files:
            raise _damaged("it is cut off, or empty")
        if max(files, folders) > limits.count:
            return _too_many_files(limits.count)
        self._file.seek(_HEADER.size)
        folder_reserve = 0
        if flags & _RESERVES:
            header_reserve, folder_reserve, self._block_reserve = self._next(_RESERVE)
            self._file.seek(header_reserve, 1)
        for _ in range(folders):
            self._folders.append(_folder(*self._next(_FOLDER)))
            self._file.seek(folder_reserve, 1)
        self._file.seek(place)
        for _ in range(files):
            size, start, folder = self._next(_FILE)
            self._add(_File(self._name(), size, start, folder))
        total = sum(file.length for file in self._files)
        return _too_large(limits.total // 1024 // 1024) if total > limits.total else None

    def _add(self, file: _File) -> None:
        if problem := names.objection(file.name):
            raise UnexpectedOutput(_name_not_accepted(problem), name=file.name[:200])
        if any(other.name.casefold() == file.name.casefold() for other in self._files):
            raise UnexpectedOutput(_SAME_NAME(), name=file.name)
        if file.folder >= len(self._folders):
            raise _damaged("a file is in no folder")
        self._files.append(file)

    def _name(self) -> str:
        here = self._file.tell()
        name, end, _ = self._file.read(_LONGEST_NAME + 1).partition(b"\0")
        if not end:
            raise _damaged("a name has no end")
        self._file.seek(here + len(name) + 1)
        try:
            return name.decode()
        except UnicodeDecodeError as error:
            raise _damaged("a name is no text") from error

    def _next(self, layout: struct.Struct) -> tuple[int, ...]:
        return _fields(layout, self._file.read(layout.size))

    def _blocks(self, folder: _Folder) -> Iterator[bytes]:
        """What the folder's blocks unpack to, one after the other."""
        history = b""
        place = folder.first
        for left in range(folder.blocks, 0, -1):
            self._file.seek(place)
            checksum, packed, unpacked = self._next(_BLOCK)
            self._file.seek(self._block_reserve, 1)
            block = self._file.read(packed)
            place = self._file.tell()
            # A whole block is 32 KB; were short ones taken, a cabinet could keep us busy with millions.
            if len(block) != packed or unpacked > BLOCK_BYTES or (left > 1 and unpacked != BLOCK_BYTES):
                raise _damaged("a block has a length that it cannot have")
            if checksum and checksum != _checksum(block) ^ (packed | unpacked << 16):
                raise _damaged("a block differs from its checksum")
            content = block if folder.compression == _STORED else _inflated(block, history, unpacked)
            if len(content) != unpacked:
                raise _damaged("a block has another length than it says")
            history = content
            yield content


class _Stretch:
    """Reads along the content of a folder; files stand there one behind the other."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._at = 0
        self._rest = b""

    def take(self, start: int, length: int) -> Iterator[bytes]:
        if start < self._at:
            raise _damaged("two files share their content")
        for _ in self._pieces(start - self._at):
            pass
        yield from self._pieces(length)

    def _pieces(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._rest:
                self._rest = next(self._blocks, b"")
                if not self._rest:
                    raise _damaged("a file is longer than its folder")
            piece, self._rest = self._rest[:length], self._rest[length:]
            self._at += len(piece)
            length -= len(piece)
            yield piece


def _folder(first: int, blocks: int, compression: int) -> _Folder:
    kind = compression & _COMPRESSION
    if kind not in {_STORED, _MSZIP}:
        raise UnexpectedOutput(_NO_CABINET(), compression=kind)
    return _Folder(first, blocks, kind)


def _inflated(block: bytes, history: bytes, unpacked: int) -> bytes:
    """One block of MSZIP, with the one before it as its history; no more than one byte too many."""
    if not block.startswith(_MSZIP_MARK):
        raise _damaged("a block is not MSZIP")
    try:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=history)
        return unpacker.decompress(memoryview(block)[len(_MSZIP_MARK) :], unpacked + 1)
    except zlib.error as error:
        raise _damaged(str(error)) from error


def _checksum(block: bytes) -> int:
    """As [MS-CAB] 3.1 has it: the exclusive or of its words; in what is left of one, the first byte is the highest."""
    end = len(block) // 4 * 4
    words, bits = int.from_bytes(block[:end], "little"), end * 8
    while bits > _WORD:  # all words as one number, of which one half is laid upon the other
        half = -(-bits // _WORD // 2) * _WORD
        words = words >> half ^ words & (1 << half) - 1
        bits = half
    return words ^ int.from_bytes(block[end:], "big")


def _fields(layout: struct.Struct, data: bytes) -> tuple[int, ...]:
    try:
        return layout.unpack(data)
    except struct.error as error:
        raise _damaged("it is cut off") from error


def _damaged(why: str) -> UnexpectedOutput:
    return UnexpectedOutput(_DAMAGED(), why=why)
