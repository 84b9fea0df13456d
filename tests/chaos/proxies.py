"""TCP proxies in front of hosts that do harm to bytes: cut, stall, half-close, flip, dribble, delay, or say others.

A fault stands at a byte, and happens in the moment in which that byte would have passed. So a cut is always one in the
middle of something, and `Proxy.happened` tells faults that took place from those whose byte never came.
"""

import asyncio
import random
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tests.connect.peers import Peer

T = TypeVar("T")

Kind = Literal["fin", "rst", "stall", "half-close", "flip", "dribble", "delay", "say"]
KINDS: tuple[Kind, ...] = ("fin", "rst", "stall", "half-close", "flip", "dribble", "delay")
Direction = Literal["up", "down"]
"""Up is from the client to the host, down is what the host answers."""
Speech = Callable[[Peer, asyncio.StreamWriter], Awaitable[None]]
_PORTION = 65_536


async def _silence(peer: Peer, writer: asyncio.StreamWriter) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Fault:
    """What happens to one connection, once.

    Attributes:
        kind: `fin` ends both directions in good order and `rst` with a reset; `half-close` ends this direction alone;
            `stall` holds back everything from here on; `flip` changes one bit; `dribble` sends what follows a byte at
            a time; `delay` lets this direction wait once; `say` has a peer speak instead of the host from here on.
        direction: Whose bytes are counted, and harmed.
        at: The byte at which it happens, from 0: so many pass unharmed before.
        turn: Bytes are counted from the beginning of this turn, from 0; one begins with the first byte that comes after
            one of the other direction, so that the second answer of a host is turn 1 down. None: from the beginning
            of the connection.
        seconds: How long a delay lasts, and the pause after each byte of a dribble.
        bit: Which of a byte is flipped.
        speech: What that peer says.
    """

    kind: Kind
    direction: Direction = "down"
    at: int = 0
    turn: int | None = None
    seconds: float = 0.01
    bit: int = 0
    speech: Speech = _silence


Choose = Callable[[int], Sequence[Fault]]
"""The faults of a connection, by its number from 0."""


@dataclass(frozen=True)
class Happened:
    """A fault that took place.

    Attributes:
        fault: Which.
        connection: The number of its connection, from 0.
        passed: How many bytes had passed in its direction over this connection.
    """

    fault: Fault
    connection: int
    passed: int


def harmless(_: int) -> Sequence[Fault]:
    """No fault at all."""
    return ()


def on_connection(number: int, *faults: Fault) -> Choose:
    """Faults of one connection; the others are left alone."""
    return lambda connection: faults if connection == number else ()


def always(*faults: Fault) -> Choose:
    """The same faults on every connection."""
    return lambda _: faults


def seeded(
    seed: int, *, share: float = 0.5, kinds: Sequence[Kind] = KINDS, at_most: int = 6_000, turns: int = 12
) -> Choose:
    """Random faults, the same for the same seed and number of connection.

    Args:
        seed: Of this proxy.
        share: Of the connections that get one.
        kinds: What may happen.
        at_most: The farthest byte of a turn.
        turns: How many turns of a connection may be hit.
    """

    def choose(connection: int) -> Sequence[Fault]:
        chance = random.Random(f"{seed}/{connection}")
        if chance.random() >= share:
            return ()
        kind, direction = chance.choice(kinds), chance.choice(("down", "up"))
        # many faults are wanted near the beginning of an answer, where its headers are
        at = chance.choice((chance.randrange(200), chance.randrange(at_most)))
        return [Fault(kind, direction, at, chance.randrange(turns), bit=chance.randrange(8))]  # type: ignore[arg-type]

    return choose


@dataclass(eq=False)
class _Connection:
    """One client's, with what has passed."""

    number: int
    faults: list[Fault]
    passed: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    in_turn: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    turns: dict[Direction, int] = field(default_factory=lambda: {"up": -1, "down": -1})
    speaking: Direction | None = None
    dribbling: dict[Direction, float] = field(default_factory=dict)

    def position(self, fault: Fault) -> int | None:
        """How many bytes there are before the fault's; None when it cannot be in what comes now."""
        if fault.turn is None:
            away = fault.at - self.passed[fault.direction]
        elif fault.turn == self.turns[fault.direction]:
            away = fault.at - self.in_turn[fault.direction]
        else:
            return None
        return away if away >= 0 else None


class Proxy:
    """Passes bytes between a port of its own on 127.0.0.1 and a host, with faults.

    Args:
        port: The host's.
        choose: Which faults connections get.
        shown: How TLS is spoken with the client, for faults in what is inside; None for bytes as they come.
        spoken: How TLS is spoken with the host then.
        address: The host's.

    Attributes:
        happened: The faults that took place, in order.
        connections: How many there have been.
        passed: Bytes that have passed, by direction.
        peer: Who speaks instead of the host where a fault says so.
    """

    def __init__(
        self,
        port: int,
        choose: Choose = harmless,
        *,
        address: str = "127.0.0.1",
        shown: ssl.SSLContext | None = None,
        spoken: ssl.SSLContext | None = None,
    ) -> None:
        self.choose = choose
        self.happened: list[Happened] = []
        self.connections = 0
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.peer = Peer()
        self._host = address, port
        self._shown, self._spoken = shown, spoken
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None, "it was started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self, port: int = 0) -> None:
        """Begins to listen, on a free port unless one is named."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=self._shown)

    async def stop(self) -> None:
        """Ends all connections; none is left afterwards."""
        assert self._server is not None, "it was started"
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        number = self.connections
        self.connections += 1
        connection = _Connection(number, list(self.choose(number)))
        host_writer = None
        try:
            try:
                host_reader, host_writer = await asyncio.open_connection(*self._host, ssl=self._spoken)
            except OSError:
                _reset(writer)  # the nearest to how a port that is closed refuses
                raise
            both = (writer, host_writer)
            streams = [
                asyncio.ensure_future(self._pass("up", reader, host_writer, connection, both)),
                asyncio.ensure_future(self._pass("down", host_reader, writer, connection, both)),
            ]
            try:
                await asyncio.gather(*streams)
            finally:
                for stream in streams:
                    stream.cancel()
                await asyncio.gather(*streams, return_exceptions=True)
        except (OSError, _Ended, asyncio.CancelledError):
            pass  # whichever side is gone, the other one is closed below
        finally:
            writer.close()
            if host_writer is not None:
                host_writer.close()

    async def _pass(
        self,
        direction: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: _Connection,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        while data := await reader.read(_PORTION):
            if connection.speaking != direction:
                connection.speaking = direction
                connection.turns[direction] += 1
                connection.in_turn[direction] = 0
            while data:
                fault, before = self._next(direction, connection, len(data))
                await self._send(data[:before], writer, connection, direction)
                data = data[before:]
                if fault is not None:
                    connection.faults.remove(fault)
                    self.happened.append(Happened(fault, connection.number, connection.passed[direction]))
                    data = await self._harm(fault, data, reader, writer, connection, both)
        _end(writer)

    @staticmethod
    def _next(direction: Direction, connection: _Connection, length: int) -> tuple[Fault | None, int]:
        """The first fault that is in the next bytes, and how many pass before it."""
        near = [
            (position, fault)
            for fault in connection.faults
            if fault.direction == direction and (position := connection.position(fault)) is not None
        ]
        position, fault = min(near, key=lambda one: one[0], default=(length, None))
        return (fault, position) if position < length else (None, length)

    async def _send(
        self, data: bytes, writer: asyncio.StreamWriter, connection: _Connection, direction: Direction
    ) -> None:
        pause = connection.dribbling.get(direction)
        for part in [data] if pause is None else (data[index : index + 1] for index in range(len(data))):
            writer.write(part)
            await writer.drain()
            connection.passed[direction] += len(part)
            connection.in_turn[direction] += len(part)
            self.passed[direction] += len(part)
            if pause:
                await asyncio.sleep(pause)

    async def _harm(
        self,
        fault: Fault,
        data: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: _Connection,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> bytes:
        """Does what a fault says, and gives the bytes that go on."""
        match fault.kind:
            case "fin":
                raise _Ended
            case "say":
                await fault.speech(self.peer, writer)
                raise _Ended
            case "rst":
                for one in both:
                    _reset(one)
                raise _Ended
            case "half-close" | "stall":
                if fault.kind == "half-close":
                    _end(writer)
                await self._swallow(reader)
                return b""
            case "flip":
                return bytes([data[0] ^ 1 << fault.bit]) + data[1:]
            case "dribble":
                connection.dribbling[fault.direction] = fault.seconds
            case "delay":
                await asyncio.sleep(fault.seconds)
        return data

    @staticmethod
    async def _swallow(reader: asyncio.StreamReader) -> None:
        """Reads on without passing anything, until the sender or the receiver has enough of it."""
        while await reader.read(_PORTION):
            pass
        await asyncio.Event().wait()


class _Ended(Exception):
    """A connection is over."""


def _end(writer: asyncio.StreamWriter) -> None:
    """Ends one direction, or the connection where there is no such thing."""
    if not writer.can_write_eof():
        raise _Ended  # TLS knows no half
    writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST."""
    with suppress(OSError):
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def proxy(
    port: int,
    choose: Choose = harmless,
    *,
    address: str = "127.0.0.1",
    shown: ssl.SSLContext | None = None,
    spoken: ssl.SSLContext | None = None,
) -> AsyncIterator[Proxy]:
    """A proxy that is there inside the block, on the event loop of the caller."""
    made = Proxy(port, choose, address=address, shown=shown, spoken=spoken)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


class Background:
    """An event loop on a thread of its own, for proxies and peers of runs that block or live in another process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos")
        self._blocks = AsyncExitStack()

    def start(self) -> None:
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something on that loop, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def enter(self, block: AbstractAsyncContextManager[T]) -> T:
        """Enters a block on that loop, such as `proxy(…)` or `listening(at_log_on(…))`; it is left with the loop."""
        return self.do(self._blocks.enter_async_context(block))

    def close(self) -> None:
        """Leaves the blocks, last first, and ends the loop."""
        self.do(self._blocks.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def background() -> Iterator[Background]:
    """A loop that runs inside the block."""
    made = Background()
    made.start()
    try:
        yield made
    finally:
        made.close()
