"""The line in front of a host: what its bytes take, when it breaks, and a machine that sleeps behind it."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sspr_lab.clock import Clock
from sspr_lab.link import Link, LinkSettings

SPEED = 10.0
TRIES = 12
"""Of which one has to be undisturbed by whatever else the computer does."""


@asynccontextmanager
async def echoing(settings: LinkSettings) -> AsyncIterator[tuple[Link, int]]:
    """A link to a server that says a length and gets so many bytes for it; with the port in front of the link."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.read(8):
                up, down = struct.unpack("!II", head)
                await reader.readexactly(up)
                writer.write(bytes(down))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    clock = Clock(speed=SPEED)
    inner = await asyncio.start_server(serve, "127.0.0.1", 0)
    link = Link(settings, clock, "PC-01")
    outer = await link.listen("127.0.0.1", 0, inner.sockets[0].getsockname()[1])
    try:
        yield link, outer.sockets[0].getsockname()[1]
    finally:
        outer.close()
        inner.close()
        await link.close()
        await clock.close()


async def ask(port: int, *exchanges: tuple[int, int]) -> float:
    """Host seconds that a connection with some exchanges takes, each with its bytes up and down."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for up, down in exchanges:
            writer.write(struct.pack("!II", up, down) + bytes(up))
            await reader.readexactly(down)
    finally:
        writer.close()
    return (time.monotonic() - began) * SPEED


@pytest.mark.parametrize(
    ("settings", "exchanges", "seconds"),
    [
        (LinkSettings(round_trip=1.0), [(0, 1)], 2.0),
        (LinkSettings(round_trip=1.0), [(0, 1)] * 4, 5.0),
        (LinkSettings(bits_per_second=64_000), [(16_000 - 8, 1)], 2.0),
        (LinkSettings(bits_per_second=64_000), [(0, 16_000)], 2.0),
        (LinkSettings(round_trip=1.0, bits_per_second=64_000), [(8_000 - 8, 8_000)], 4.0),
    ],
    ids=["handshake and exchange", "four exchanges", "up", "down", "all of it"],
)
async def test_bytes_take_their_time(settings: LinkSettings, exchanges: list[tuple[int, int]], seconds: float) -> None:
    """A connection costs a round trip and each exchange another; bytes come on top, in each direction for itself."""
    async with echoing(settings) as (link, port):
        took: list[float] = []
        while len(took) < TRIES and (not took or min(took) >= seconds + 1.0):
            took.append(await ask(port, *exchanges))
        assert seconds <= min(took) < seconds + 1.0
        assert link.passed.connections == len(took)
        assert link.passed.bytes_up == len(took) * sum(8 + up for up, _ in exchanges)
        assert link.passed.bytes_down == len(took) * sum(down for _, down in exchanges)


async def test_connections_share_the_line() -> None:
    """Two at the same time take as long as one after the other."""
    async with echoing(LinkSettings(bits_per_second=64_000)) as (_, port):
        assert max(await asyncio.gather(*(ask(port, (0, 8_000)) for _ in range(2)))) >= 2.0


async def resets(settings: LinkSettings, exchanges: int) -> list[int]:
    """How many exchanges go well on each of the connections that so many exchanges take."""
    lengths, left = [], exchanges
    async with echoing(settings) as (link, port):
        while left > 0:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            done = 0
            try:
                while left > 0:
                    left -= 1
                    writer.write(struct.pack("!II", 3_000, 3_000) + bytes(3_000))
                    await reader.readexactly(3_000)
                    done += 1
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()
            lengths.append(done)
        assert link.passed.resets == len(lengths) - 1 or lengths[-1] == 0
    return lengths


async def test_a_line_breaks_as_often_as_it_is_told() -> None:
    """About one exchange in ten, in the same places every time for the same seed, and elsewhere for another."""
    first = await resets(LinkSettings(drop=0.1, seed=1), 300)
    assert 15 <= len(first) <= 50
    assert first == await resets(LinkSettings(drop=0.1, seed=1), 300)
    assert first != await resets(LinkSettings(drop=0.1, seed=2), 300)
    assert await resets(LinkSettings(), 300) == [300]


@pytest.mark.parametrize("survive", [True, False])
async def test_a_machine_that_sleeps_is_silent(survive: bool) -> None:
    """Nothing is answered or refused until it wakes; then connections go on, or are reset when they are used."""
    async with echoing(LinkSettings()) as (link, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(struct.pack("!II", 0, 1))
        await reader.readexactly(1)
        link.sleep(5, connections_survive=survive)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(port, (0, 1)), 0.2)
        if survive:
            writer.write(struct.pack("!II", 0, 1))
            await asyncio.wait_for(reader.readexactly(1), 2)
        else:
            await asyncio.sleep(0.5)
            writer.write(struct.pack("!II", 0, 1))
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(1), 2)
        writer.close()
        assert await ask(port, (0, 1)) < 2
