"""What a command wrote and no Receive has fetched yet: both streams in the order of writing, with back-pressure."""

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sspr_lab.errors import BROKEN_PIPE, WindowsError
from sspr_lab.streams import Kind

_CAPACITY: Final = 65_536  # bytes that the writers may be ahead of the client


@dataclass(frozen=True)
class Chunk:
    """Consecutive bytes of one stream."""

    stream: str
    data: bytes


class OutputQueue:
    """The queue between the processes of a command and the client's Receives."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._held = 0
        self._closed = False
        self._changed = asyncio.Event()

    def sink(self, stream: str) -> "StreamSink":
        """The writing end of one stream."""
        return StreamSink(self, stream)

    async def put(self, stream: str, data: bytes) -> None:
        """Queue `data`; waits while the client is behind. Raises WindowsError 109 once the queue is closed."""
        while self._held >= _CAPACITY and not self._closed:
            await self.changed()
        if self._closed:
            raise WindowsError(BROKEN_PIPE)
        self._chunks.append(Chunk(stream, data))
        self._held += len(data)
        self.wake()

    def take(self, wanted: Collection[str], limit: int) -> list[Chunk]:
        """Up to `limit` bytes of the wanted streams, oldest first; neighbours of one stream are joined."""
        taken: list[Chunk] = []
        left: deque[Chunk] = deque()
        for chunk in self._chunks:
            if chunk.stream not in wanted or limit == 0:
                left.append(chunk)
                continue
            piece, rest = chunk.data[:limit], chunk.data[limit:]
            limit -= len(piece)
            self._held -= len(piece)
            _append(taken, Chunk(chunk.stream, piece))
            if rest:
                left.append(Chunk(chunk.stream, rest))
        self._chunks = left
        self.wake()
        return taken

    def holds(self, wanted: Collection[str]) -> bool:
        """Whether there is something to take."""
        return any(chunk.stream in wanted for chunk in self._chunks)

    def close(self) -> None:
        """The shell has gone: writers get ERROR_BROKEN_PIPE, what was queued is lost."""
        self._closed = True
        self._chunks.clear()
        self._held = 0
        self.wake()

    async def changed(self) -> None:
        """Return after the next change of the queue or of the command it belongs to."""
        self._changed.clear()
        await self._changed.wait()

    def wake(self) -> None:
        """Tell everyone who waits in `changed`."""
        self._changed.set()


class StreamSink:
    """A Sink that writes into one stream of a queue."""

    kind: Kind = "pipe"

    def __init__(self, queue: OutputQueue, stream: str) -> None:
        self._queue = queue
        self._stream = stream

    async def write(self, data: bytes) -> None:
        await self._queue.put(self._stream, data)


def _append(chunks: list[Chunk], chunk: Chunk) -> None:
    if chunks and chunks[-1].stream == chunk.stream:
        chunk = Chunk(chunk.stream, chunks.pop().data + chunk.data)
    chunks.append(chunk)
