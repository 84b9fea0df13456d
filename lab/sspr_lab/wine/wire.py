"""Frames between the lab and its programs inside a Wine prefix; the other side is programs/wire.h."""

import asyncio
import struct
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

_HEAD: Final = struct.Struct("<cI")
_NUMBER: Final = struct.Struct("<I")
_TEXT: Final = "utf-16-le"


class Frame(Enum):
    """What a frame says; the comments are in programs/wire.h."""

    LAUNCH = b"L"
    STARTED = b"S"
    TOOL = b"T"
    STDOUT = b"O"
    STDERR = b"E"
    STDIN = b"I"
    EXITED = b"X"


class HungUp(Exception):
    """The program at the other end has gone."""


class Wire:
    """One connection of a program inside a prefix."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> tuple[Frame, bytes]:
        """The next frame. Raises HungUp."""
        try:
            kind, length = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
            return Frame(kind), await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise HungUp from error

    async def send(self, frame: Frame, data: bytes = b"") -> None:
        """Send a frame; waits while the program is behind. Raises HungUp."""
        try:
            self._writer.write(_HEAD.pack(frame.value, len(data)) + data)
            await self._writer.drain()
        except ConnectionError as error:
            raise HungUp from error

    def hang_up(self) -> None:
        """Break the connection: the launcher ends what it started, a stand-in ends itself."""
        self._writer.transport.abort()


def pack_number(number: int) -> bytes:
    return _NUMBER.pack(number & 0xFFFFFFFF)


def unpack_number(data: bytes) -> int:
    (number,) = _NUMBER.unpack(data)
    return int(number)


def pack_texts(texts: Iterable[str], environment: Mapping[str, str]) -> bytes:
    """Strings, then an environment block."""
    block = [f"{name}={value}" for name, value in environment.items()]
    return "\0".join([*texts, *block, "", ""]).encode(_TEXT)


def unpack_texts(data: bytes, count: int) -> tuple[list[str], dict[str, str]]:
    """`count` strings, and the environment block behind them. Names may begin with "="."""
    parts = data.decode(_TEXT, "replace").split("\0")
    environment = {}
    for entry in parts[count:]:
        if entry:
            name, _, value = entry[1:].partition("=")
            environment[entry[0] + name] = value
    return parts[:count], environment
