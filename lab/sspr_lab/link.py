"""The line to a machine: how long its bytes take, how many pass at a time, and when they stop passing.

A link is a TCP relay between a host's address and its WinRM listeners, so that it bears on everything that is sent:
requests, answers, TLS, and the handshake of TCP, which costs the first round trip of a connection. Its times are the
host's, so the lab's clock makes them shorter with everything else. Slow start and the size of headers below HTTP are
not modelled.

A machine that sleeps keeps its connections as they are: what is sent to it is neither answered nor refused. When it
wakes they go on, or they are of no more use, which whoever sends on them is told by a reset. The boot stays the same.
What its processes do meanwhile is not held up, which Windows would do.
"""

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from sspr_lab.clock import Clock
from sspr_lab.faults import Fault, Faults

_SEGMENT: Final = 1460  # bytes of one packet on Ethernet
_CHANCE_OF_SEGMENT: Final = 0.25  # that a doomed exchange is cut in this packet and not in a later one
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER that has close send RST


@dataclass(frozen=True)
class LinkSettings:
    """What a line is like. Times are host seconds.

    Attributes:
        round_trip: Seconds from one end to the other and back.
        bits_per_second: In each direction, for all connections together; None for no limit.
        drop: The share of exchanges in which the connection is reset, at a byte that chance decides.
        seed: Makes chance the same again.
    """

    round_trip: float = 0.0
    bits_per_second: float | None = None
    drop: float = 0.0
    seed: int = 0

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """As a fault `link` says it."""
        rate = fault.number("bits_per_second", 0)
        return cls(fault.number("round_trip", 0), rate or None, fault.number("drop", 0), int(fault.number("seed", 0)))


@dataclass(frozen=True)
class Exchange:
    """A request that the service answered.

    Attributes:
        purpose: Its action, as `Create` or `Receive`; `Log on` for those that bring a token and no message.
        command: The command line, for the action Command.
        bytes_up: Of the request, headers included.
        bytes_down: Of the answer, likewise.
        answered: The host's time.
    """

    purpose: str
    command: str
    bytes_up: int
    bytes_down: int
    answered: datetime


@dataclass
class Passed:
    """What has passed over a link: connections, bytes each way (TLS included), exchanges in order, resets."""

    connections: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    resets: int = 0
    exchanges: list[Exchange] = field(default_factory=list)


class Link:
    """One machine's line; see `LinkSettings`.

    Args:
        settings: What it is like.
        clock: The machine's.
        name: The machine's; chance is its own.

    Attributes:
        passed: What was counted since the link was made.
    """

    def __init__(self, settings: LinkSettings, clock: Clock, name: str) -> None:
        self.settings = settings
        self.passed = Passed()
        self.dice = random.Random(f"{settings.seed}/{name}/link")
        self._clock = clock
        self._up, self._down = _Lane(self), _Lane(self)
        self._awake = asyncio.Event()
        self._awake.set()
        self._sleeping = False
        self._lines: set[_Line] = set()

    @property
    def speed(self) -> float:
        """Host seconds in a real second."""
        return self._clock.speed

    async def listen(self, address: str, port: int, inner_port: int) -> asyncio.Server:
        """Relays what comes to an address to a port of 127.0.0.1. Raises OSError when the address is taken."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.passed.connections += 1
            line = _Line(self, reader, writer)
            self._lines.add(line)
            try:
                with suppress(asyncio.CancelledError, OSError):
                    await line.relay(inner_port, self._up, self._down)
            finally:
                self._lines.discard(line)

        return await asyncio.start_server(accept, address, port, limit=_SEGMENT)

    async def close(self) -> None:
        """Ends all connections."""
        tasks = [line.end() for line in list(self._lines)]
        if tasks:
            await asyncio.wait(tasks)

    def sleep(self, seconds: float, *, connections_survive: bool) -> None:
        """The machine sleeps for so many host seconds."""
        self._awake.clear()
        if not connections_survive:
            for line in self._lines:
                line.stale = True
        self._clock.call_later(seconds, self._wake)

    async def passable(self) -> None:
        """Returns when the machine is awake."""
        await self._awake.wait()

    def answered(self, exchange: Exchange, faults: Faults) -> None:
        """Counts an exchange whose answer is about to leave; before that the machine may fall asleep."""
        self.passed.exchanges.append(exchange)
        nap = faults.find("sleeps")
        if nap is not None and len(self.passed.exchanges) >= nap.number("nth", 1):
            faults.take("sleeps")
            self.sleep(nap.number("seconds", 600), connections_survive=not nap.params.get("connections_end", False))

    async def _wake(self) -> None:
        self._awake.set()


class _Lane:
    """One direction of a link: bytes of all connections go one after the other."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._free = 0.0

    async def carry(self, size: int) -> float:
        """Returns when so many bytes have left, and says at which moment of the loop they arrive."""
        rate = self._link.settings.bits_per_second
        now = asyncio.get_running_loop().time()
        if rate is not None:
            self._free = max(now, self._free) + size * 8 / rate / self._link.speed
            await asyncio.sleep(self._free - now)
            now = self._free
        return now + self._link.settings.round_trip / 2 / self._link.speed


class _Line:
    """One connection over a link.

    Attributes:
        stale: Whether the machine has forgotten it in its sleep.
    """

    def __init__(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.stale = False
        self._link = link
        self._reader, self._writer = reader, writer
        self._inner: asyncio.StreamWriter | None = None
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._asking = False
        self._doomed = False

    async def relay(self, inner_port: int, up: _Lane, down: _Lane) -> None:
        """Passes bytes both ways until both ends are through, or the line is cut."""
        try:
            await self._link.passable()
            await asyncio.sleep(self._link.settings.round_trip / self._link.speed)
            reader, self._inner = await asyncio.open_connection("127.0.0.1", inner_port, limit=_SEGMENT)
            for writer in (self._writer, self._inner):
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(self._reader, self._inner, up, to_host=True))
                group.create_task(self._pass(reader, self._writer, down, to_host=False))
        except* _Cut:
            self._reset()
        finally:
            for end in (self._writer, self._inner):
                if end is not None:
                    end.close()
                    with suppress(OSError):
                        await end.wait_closed()

    def end(self) -> asyncio.Task[None]:
        """Ends the connection; the task that serves it is through soon, and no socket of it is left then."""
        self._reset()
        self._task.cancel()
        return self._task

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lane: _Lane, *, to_host: bool
    ) -> None:
        arriving: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(arriving, sink))
            while data := await _segment(source):
                await self._link.passable()
                if self.stale and to_host:
                    raise _Cut
                if self.stale:
                    continue
                whole = len(data)
                if self._cuts(to_host=to_host):
                    data = data[: self._link.dice.randrange(whole)]
                if to_host:
                    self._link.passed.bytes_up += len(data)
                else:
                    self._link.passed.bytes_down += len(data)
                arriving.put_nowait((await lane.carry(len(data)), data))
                if len(data) < whole:
                    self._link.passed.resets += 1
                    await arriving.join()
                    raise _Cut
            arriving.put_nowait((await lane.carry(0), None))

    async def _deliver(self, arriving: "asyncio.Queue[tuple[float, bytes | None]]", sink: asyncio.StreamWriter) -> None:
        while True:
            moment, data = await arriving.get()
            await asyncio.sleep(moment - asyncio.get_running_loop().time())
            await self._link.passable()
            if data is None:
                with suppress(OSError):
                    sink.write_eof()
                return
            with suppress(ConnectionError):
                sink.write(data)
                await sink.drain()
            arriving.task_done()

    def _cuts(self, *, to_host: bool) -> bool:
        """Whether the line breaks in the segment that passes now.

        A doomed exchange is cut in one of its segments, or with the first of the next one; where all are doomed, in the
        first, so that no request arrives.
        """
        if not self._link.settings.drop:
            return False
        dice = self._link.dice
        if to_host and not self._asking:
            if self._doomed:
                return True
            self._doomed = dice.random() < self._link.settings.drop
        self._asking = to_host
        return self._doomed and dice.random() < max(_CHANCE_OF_SEGMENT, self._link.settings.drop)

    def _reset(self) -> None:
        for end in (self._writer, self._inner):
            if end is not None:
                sock: socket.socket = end.get_extra_info("socket")
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.transport.abort()


class _Cut(Exception):
    """The connection is reset here."""


async def _segment(source: asyncio.StreamReader) -> bytes:
    """The next bytes; none when the other end has closed or reset the connection."""
    try:
        return await source.read(_SEGMENT)
    except ConnectionError:
        return b""
