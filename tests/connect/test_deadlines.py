"""Deadlines: nothing that a host does, or fails to do, makes anybody wait much longer than was agreed."""

import asyncio
import time
from collections.abc import Awaitable

import pytest

from lab.tests.winrm_hosts import until, winrm_host
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import ConnectionLost, DeadlineExceeded, TargetError, Unreachable
from sspr_lab.winrm import namespaces as ns
from tests.connect.peers import Handler, Peer, http, listening, sealing
from tests.connect.reach import assert_nothing_stays, at, connector, reached, soon
from tests.connect.recording_proxy import recording_proxy


async def seconds_until(error: type[TargetError], work: Awaitable[object]) -> float:
    """How long it took to fail."""
    began = time.monotonic()
    with pytest.raises(error):
        await work
    return time.monotonic() - began


async def test_a_command_that_never_ends_is_ended() -> None:
    """In about the deadline's time: the command is terminated on the host, and the shell goes on."""
    async with winrm_host(speed=1) as host:
        async with reached(host.server.port) as connection:
            work = connection.run("echo begun&ping -n 100 127.0.0.1 >nul", Deadline.after(1.5))
            assert 1.0 < await seconds_until(DeadlineExceeded, work) < 10
            assert len(host.envelopes(ns.SIGNAL)) == 1
            assert (await connection.run("echo more", soon())).stdout == b"more\r\n"
        await assert_nothing_stays(host)


async def test_output_that_never_ends_is_ended() -> None:
    """A command that chatters all the time is stopped at its deadline as well."""
    async with winrm_host(speed=1) as host:
        async with reached(host.server.port) as connection:
            work = connection.run("for /l %i in (1,0,2) do @echo x", Deadline.after(0.5))
            assert await seconds_until(DeadlineExceeded, work) < 10
        await assert_nothing_stays(host)


async def test_input_that_nobody_takes_is_given_up() -> None:
    """A command that leaves its input unread stops the sending at the deadline."""
    async with winrm_host(speed=1) as host:
        async with reached(host.server.port) as connection:
            work = connection.run("ping -n 100 127.0.0.1 >nul", Deadline.after(1), stdin=[b"x" * 3_000_000])
            assert await seconds_until(DeadlineExceeded, work) < 10
        await assert_nothing_stays(host)


async def test_without_time_nothing_is_begun() -> None:
    """A deadline that has passed costs no request."""
    async with winrm_host() as host, reached(host.server.port) as connection:
        with pytest.raises(DeadlineExceeded):
            await connection.run("ver", Deadline.after(0))
        assert host.server.counters.requests == 2


async def test_no_deadline_is_a_deadline_too() -> None:
    """`Deadline.never` is what a step without a limit has."""
    async with winrm_host() as host, connector() as made:
        connection = await made.connect(at(host.server.port), Deadline.never())
        assert (await connection.run("echo ever", Deadline.never(), stdin=[b"\r\n"])).stdout == b"ever\r\n"
        await connection.close()


async def silent(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and says nothing."""
    await asyncio.sleep(60)


async def trickling_head(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends a header without end, a byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.1)


async def trickling_body(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announces the end of the connection and a body, and sends it a byte now and then."""
    writer.write(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.1)


@pytest.mark.usefixtures("short_of_grace")
@pytest.mark.parametrize("handler", [silent, trickling_head, trickling_body])
async def test_log_ons_end_whatever_the_peer_does(handler: Handler) -> None:
    """Silence, and bytes that come so slowly that no read ever times out."""
    async with listening(handler) as peer, connector() as made:
        assert await seconds_until(Unreachable, made.connect(at(peer.port), Deadline.after(0.8))) < 10
        assert peer.connections == 1


@pytest.mark.usefixtures("short_of_grace")
async def test_a_host_that_falls_silent_is_lost() -> None:
    """The line is up, the service does not answer any more; closing then waits for nothing either."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy, connector() as made:
        connection = await made.connect(at(proxy.port), soon())
        proxy.interjection = b""
        assert await seconds_until(ConnectionLost, connection.run("ver", Deadline.after(0.8))) < 10
        began = time.monotonic()
        await connection.close()
        assert time.monotonic() - began < 5


@pytest.mark.usefixtures("short_of_grace")
async def test_a_sealed_answer_that_trickles_is_broken_off() -> None:
    """In the middle of a conversation as well, by breaking the line under the waiting thread."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def trickle() -> None:
            while True:
                await asyncio.sleep(0.1)
                writer.write(b"x")

        head = http("200 OK", b"").replace(b"Content-Length: 0", b"Content-Length: 100000")
        trickling: list[asyncio.Task[None]] = []

        def answer(envelope: str) -> bytes:
            trickling.append(asyncio.get_running_loop().create_task(trickle()))
            return head

        try:
            await sealing(answer)(peer, reader, writer)
        finally:
            for task in trickling:
                task.cancel()

    async with listening(handle) as peer, connector() as made:
        connection = await made.connect(at(peer.port), soon())
        assert await seconds_until(ConnectionLost, connection.run("ver", Deadline.after(0.8))) < 10
        await connection.close()


@pytest.mark.usefixtures("short_of_grace")
async def test_a_deadline_that_was_kept_is_forgotten() -> None:
    """Nothing breaks the line when the time of an earlier command comes."""
    async with winrm_host() as host, reached(host.server.port) as connection:
        await connection.run("ver", Deadline.after(2))
        await asyncio.sleep(2.3)
        assert (await connection.run("echo still here", soon())).stdout == b"still here\r\n"


async def test_closing_a_carrier_waits_for_its_command() -> None:
    """A connection that is closed while a command runs lets it end first: an exchange is never cut in two."""
    async with winrm_host(speed=1) as host, connector() as made:
        connection = await made.connect(at(host.server.port), soon())
        running = asyncio.create_task(connection.run("ping -n 2 127.0.0.1 >nul&echo whole", soon()))
        await until(lambda: bool(host.envelopes(ns.COMMAND)))
        await connection.close()
        assert (await running).stdout == b"whole\r\n"
        await assert_nothing_stays(host)
