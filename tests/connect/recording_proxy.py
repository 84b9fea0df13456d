"""A TCP proxy in front of a host: records every byte, can hang up, and can answer in the host's place."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Recorded:
    """What passed over one connection."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)


class RecordingProxy:
    """Passes bytes between its own port and another one of 127.0.0.1.

    Attributes:
        connections: What passed, by connection, oldest first.
        interjection: When set, the client gets this for whatever it sends, and the host hears nothing.
    """

    def __init__(self, port: int) -> None:
        self.connections: list[Recorded] = []
        self.interjection: bytes | None = None
        self._host_port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def sent(self) -> bytes:
        """Everything that clients sent, over all connections."""
        return b"".join(connection.sent for connection in self.connections)

    @property
    def received(self) -> bytes:
        """Everything that clients were sent, over all connections."""
        return b"".join(connection.received for connection in self.connections)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def hang_up(self, *, abruptly: bool = False) -> None:
        """Closes all connections, in good order, as a server does with idle ones, or with a reset."""
        for writer in list(self._writers):
            if abruptly:
                reset = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            writer.close()
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self.hang_up()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        recorded = Recorded()
        self.connections.append(recorded)
        host_reader, host_writer = await asyncio.open_connection("127.0.0.1", self._host_port)
        self._writers |= {writer, host_writer}
        try:
            await asyncio.gather(
                self._up(reader, host_writer, writer, recorded), self._down(host_reader, writer, recorded)
            )
        finally:
            self._writers -= {writer, host_writer}

    async def _up(
        self,
        reader: asyncio.StreamReader,
        host_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        recorded: Recorded,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                recorded.sent += data
                if self.interjection is None:
                    host_writer.write(data)
                    await host_writer.drain()
                else:
                    writer.write(self.interjection)
                    self.interjection = b""
        host_writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recorded: Recorded) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                recorded.received += data
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def recording_proxy(port: int) -> AsyncIterator[RecordingProxy]:
    """A proxy that is there inside the block."""
    proxy = RecordingProxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
