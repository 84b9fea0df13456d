"""The three standard handles of a process: pipes, files and NUL, with back-pressure and end of file."""

import asyncio
from collections import deque
from typing import Final, Literal, Protocol

from sspr_lab.errors import BROKEN_PIPE, WindowsError

Kind = Literal["pipe", "file", "nul", "console", "remote console"]
"""A remote console is typed into by a remote shell (WINRS_CONSOLEMODE_STDIN)."""

_PIPE_BYTES: Final = 65_536  # what a writer may be ahead of its reader


def codec_of(code_page: int) -> str:
    """Python's codec of a Windows code page (65001 is UTF-8)."""
    return "utf-8" if code_page == 65001 else f"cp{code_page}"


class Console:
    """What the processes of one console share: chcp in a child changes it for its parent too."""

    def __init__(self, code_page: int) -> None:
        self.code_page = code_page


class InputStream(Protocol):
    """A standard input. Tools that behave differently on a redirected handle look at `kind`."""

    kind: Kind

    async def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, at least one unless the end is reached (b""); everything to the end when negative."""
        ...

    async def readline(self) -> bytes:
        r"""The next line with its "\n", or what is left before the end."""
        ...


class Sink(Protocol):
    """Where written bytes go."""

    kind: Kind

    async def write(self, data: bytes) -> None:
        """Take `data`; waits while the reader is behind. Raises WindowsError (109, 112) as WriteFile fails."""
        ...


class OutputStream:
    """A standard output: bytes to a sink, and text in the console's code page."""

    def __init__(self, sink: Sink, console: Console) -> None:
        self.sink = sink
        self.console = console

    @property
    def kind(self) -> Kind:
        return self.sink.kind

    async def write(self, data: bytes) -> None:
        if data:
            await self.sink.write(data)

    async def write_text(self, text: str) -> None:
        r"""Write `text` with "\n" as "\r\n", in the code page, "?" for what that lacks."""
        encoded = text.replace("\n", "\r\n").encode(codec_of(self.console.code_page), "replace")
        await self.write(encoded)

    def on(self, console: Console) -> "OutputStream":
        """The same sink, seen by a process of another console."""
        return OutputStream(self.sink, console)


class Pipe:
    """An anonymous pipe: a Sink at one end and an InputStream at the other."""

    kind: Kind = "pipe"

    def __init__(self, capacity: int = _PIPE_BYTES) -> None:
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._capacity = capacity
        self._changed = asyncio.Event()
        self._ended = False
        self._broken = False

    async def write(self, data: bytes) -> None:
        while self._held >= self._capacity and not self._broken:
            await self._wait()
        self.feed(data)

    def feed(self, data: bytes) -> None:
        """Put `data` in without waiting; for a writer that has its own limit on what is under way."""
        if self._broken or self._ended:
            raise WindowsError(BROKEN_PIPE)
        if data:
            self._chunks.append(data)
            self._held += len(data)
            self._wake()

    def end(self) -> None:
        """The writing end was closed: the reader finds the end after what is still in the pipe."""
        self._ended = True
        self._wake()

    def break_off(self) -> None:
        """The reading end was closed: writers get ERROR_BROKEN_PIPE."""
        self._broken = True
        self._chunks.clear()
        self._held = 0
        self._wake()

    async def read(self, size: int = -1) -> bytes:
        if size < 0:
            return await self._read_all()
        while not self._chunks and not self._ended:
            await self._wait()
        return self._take(size)

    async def readline(self) -> bytes:
        parts: list[bytes] = []
        while True:
            while not self._chunks and not self._ended:
                await self._wait()
            if not self._chunks:
                break
            at = self._chunks[0].find(b"\n")
            parts.append(self._take(at + 1 if at >= 0 else len(self._chunks[0])))
            if at >= 0:
                break
        return b"".join(parts)

    async def _read_all(self) -> bytes:
        parts: list[bytes] = []
        while piece := await self.read(_PIPE_BYTES):
            parts.append(piece)
        return b"".join(parts)

    def _take(self, size: int) -> bytes:
        if not self._chunks:
            return b""
        chunk = self._chunks.popleft()
        if len(chunk) > size:
            self._chunks.appendleft(chunk[size:])
            chunk = chunk[:size]
        self._held -= len(chunk)
        self._wake()
        return chunk

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()


class BytesInput:
    """A standard input redirected from a file (or anything whose bytes are known beforehand)."""

    def __init__(self, data: bytes, kind: Kind = "file") -> None:
        self.kind: Kind = kind
        self._data = data
        self._at = 0

    async def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else self._at + size
        return self._advance(end)

    async def readline(self) -> bytes:
        at = self._data.find(b"\n", self._at)
        return self._advance(len(self._data) if at < 0 else at + 1)

    def _advance(self, end: int) -> bytes:
        piece = self._data[self._at : end]
        self._at += len(piece)
        return piece


class Collector:
    """A sink that keeps what it is given."""

    kind: Kind = "pipe"

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, data: bytes) -> None:
        self.data += data


class Nul:
    """The NUL device as a sink."""

    kind: Kind = "nul"

    async def write(self, data: bytes) -> None:
        del data


class IdleConsole:
    """The input of a console that nobody sits in front of: a read waits until the process is ended."""

    kind: Kind = "console"

    async def read(self, size: int = -1) -> bytes:
        del size
        return await self.readline()

    async def readline(self) -> bytes:
        await asyncio.Event().wait()
        return b""


def nul_input() -> BytesInput:
    """The NUL device as an input: at its end at once."""
    return BytesInput(b"", kind="nul")
