"""Lines that break at any byte, and peers whose answers have no end: an error that may be tried again, soon.

`tests/chaos` has the same at every way of logging on, and far more of it.
"""

import asyncio
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.connect import channel
from orchestrator.connect.channel import ANSWER_LIMIT, AnswerIncomplete, Channel
from orchestrator.model.clock import Clock, Deadline
from orchestrator.model.errors import AnswerDamaged, BrokenAtLogon, ConnectionLost, Retry, TargetError, Unreachable
from orchestrator.model.host import Https
from tests.chaos.peers import ENDLESS, TRICKLES, WHOLE, after_log_on, at_log_on, broken_off, cuts, trickle
from tests.chaos.proxies import Fault, Kind, always, proxy
from tests.connect.peers import Peer, http, listening, log_on, new_context, next_request
from tests.connect.reach import at, connector, reached, soon
from tests.connect.test_deadlines import seconds_until
from tests.saying import with_reason

IN_BUFFERS = 16 * 1024 * 1024
"""What a peer may get rid of although nobody reads it."""
CHALLENGE = http(
    "401 Unauthorized",
    b"",
    "Server: Microsoft-HTTPAPI/2.0",
    "WWW-Authenticate: Negotiate TlRMTVNTUAACAAAAAAAAADgAAAAFgomi",
    "Date: Sun, 29 Nov 2026 01:00:00 GMT",
)


@pytest.mark.parametrize("whole", [CHALLENGE, *WHOLE.values()], ids=["a challenge", *WHOLE])
async def test_an_answer_that_ends_early_is_none(whole: bytes) -> None:
    """Cut at every byte, whatever its framing; whole it is one."""
    answers = [*cuts(whole), whole]
    waiting = iter(answers)

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await at_log_on(broken_off(next(waiting)))(peer, reader, writer)

    def statuses(port: int) -> Iterator[int]:
        for _ in answers:
            made = Channel("127.0.0.1", port, None, Clock())
            try:
                made.open(20)
                yield made.post("/wsman", {}, b"", 20).status
            except AnswerIncomplete:
                yield 0
            finally:
                made.close()

    async with listening(handle) as peer:
        found = await asyncio.to_thread(lambda: list(statuses(peer.port)))
    assert found[:-1] == [0] * len(whole)
    assert found[-1] != 0


async def test_a_log_on_that_ends_early_may_be_tried_again() -> None:
    """Cut somewhere in the challenge: never what the host is, always what befell."""
    answers = [*cuts(CHALLENGE)][::6]
    waiting = iter(answers)

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await at_log_on(broken_off(next(waiting)))(peer, reader, writer)

    async with listening(handle) as peer, connector() as made:
        for answer in answers:
            with pytest.raises(Unreachable, check=with_reason("the connection broke")) as caught:
                await made.connect(at(peer.port), soon())
            assert caught.value.retry is Retry.RECONNECT, answer
    assert peer.connections == len(answers)


@pytest.mark.parametrize("kind", ["fin", "rst", "half-close"])
async def test_an_answer_that_ends_early_in_a_conversation_is_none(kind: Kind) -> None:
    """Each answer of a command, cut somewhere in its headers and in its body: the connection is lost."""
    chance = random.Random(kind)
    for turn in (2, 3, 4):
        async with winrm_host() as host, connector() as made:  # a shell whose name never came counts against its quota
            for place in (0, *chance.sample(range(1, 700), 3)):
                fault = Fault(kind, at=place, turn=turn)
                async with proxy(host.server.port, always(fault)) as line:
                    connection = await made.connect(at(line.port), soon())
                    with pytest.raises(ConnectionLost) as caught:
                        await connection.run("ver", soon())
                    await connection.close()
                assert caught.value.retry is Retry.RECONNECT, fault
                assert [happened.fault for happened in line.happened] == [fault]


@pytest.mark.usefixtures("brisk")
async def test_an_answer_may_come_a_byte_at_a_time() -> None:
    """Slowness alone is no fault."""
    async with (
        winrm_host() as host,
        proxy(host.server.port, always(Fault("dribble", seconds=0), Fault("dribble", "up", seconds=0))) as line,
        reached(line.port) as connection,
    ):
        assert (await connection.run("echo slowly", soon())).stdout == b"slowly\r\n"
        assert len(line.happened) == 2


@pytest.mark.parametrize("speech", ENDLESS)
async def test_answers_without_end_are_not_read_to_the_end(speech: str) -> None:
    """Whatever has no end, at the log-on and after it: read up to a bound, which costs neither time nor memory."""
    async with listening(at_log_on(ENDLESS[speech])) as peer, connector() as made:
        with pytest.raises(Unreachable):
            await made.connect(at(peer.port), soon())
        assert peer.sent < ANSWER_LIMIT + IN_BUFFERS
    async with listening(after_log_on(ENDLESS[speech])) as peer, reached(peer.port) as connection:
        with pytest.raises(TargetError, check=with_reason("does not speak WinRM")) as caught:
            await connection.run("ver", soon())
        assert caught.value.retry in {Retry.NEVER, Retry.ONCE}
        assert peer.sent < ANSWER_LIMIT + IN_BUFFERS


async def test_interim_answers_are_taken() -> None:
    """A few before the answer are as HTTP has it."""
    continued = b"HTTP/1.1 100 Continue\r\n\r\n" * 5

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context = new_context()
        while request := await next_request(peer, reader):
            writer.write(continued + log_on(context, request))

    async with listening(handle) as peer, reached(peer.port):
        assert peer.requests == 2


@pytest.mark.usefixtures("short_of_grace")
async def test_trickles_end_with_the_deadline() -> None:
    """A byte a second, or none: the exchange ends with its deadline and grace, wherever in the answer it is."""

    async def ends(speech: str, *, logged_on: bool) -> float:
        handler = (after_log_on if logged_on else at_log_on)(TRICKLES[speech])
        async with listening(handler) as peer, connector() as made:
            if logged_on:
                connection = await made.connect(at(peer.port), soon())
                taken = await seconds_until(ConnectionLost, connection.run("ver", Deadline.after(1)))
                await connection.close()
            else:
                taken = await seconds_until(Unreachable, made.connect(at(peer.port), Deadline.after(1)))
            assert peer.sent < 100
            return taken

    taken = await asyncio.gather(*(ends(speech, logged_on=late) for speech in TRICKLES for late in (False, True)))
    assert max(taken) < 15


async def test_a_trickle_ends_by_itself() -> None:
    """The pace is kept by whoever reads, not only by whoever watches the reader."""

    def post(port: int) -> float:
        made = Channel("127.0.0.1", port, None, Clock())
        made.open(20)
        began = time.monotonic()
        try:
            with pytest.raises(TimeoutError):
                made.post("/wsman", {}, b"", 0.5)
        finally:
            made.close()
        return time.monotonic() - began

    async with listening(at_log_on(trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.05))) as peer:
        assert await asyncio.to_thread(post, peer.port) < 15


async def test_bytes_in_portions_of_one_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of which each byte comes for itself is left before it costs seconds of CPU; here sooner.

    It is the line that carries it so, and the host is asked again.
    """
    most = 20_000
    monkeypatch.setattr(channel, "PORTIONS_LIMIT", 100)

    async def speak(peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while peer.sent < most and not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.0005)  # for the reader to come between, whatever else this machine does
            peer.sent += 1

    async with listening(at_log_on(speak)) as peer, connector() as made:
        with pytest.raises(Unreachable):
            await made.connect(at(peer.port), soon())
        assert peer.sent < most
    async with listening(after_log_on(speak)) as peer, connector() as made:
        connection = await made.connect(at(peer.port), soon())
        with pytest.raises(ConnectionLost) as caught:
            await connection.run("ver", soon())
        assert (caught.value.retry, peer.sent < most) == (Retry.RECONNECT, True)
        await connection.close()


async def test_what_comes_unasked_is_no_answer() -> None:
    """Bytes behind an answer would be taken for the next one's; here they come in one piece with it."""
    answers = http("401 Unauthorized", b"") + b"HTTP/1.1 200 OK\r\n\r\n"

    async def twice(peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(answers)
        await asyncio.Event().wait()

    async with listening(at_log_on(twice)) as peer, connector() as made:
        with pytest.raises(Unreachable, check=with_reason("does not speak WinRM")):
            await made.connect(at(peer.port), soon())


async def test_a_broken_seal_ends_the_connection() -> None:
    """A flipped bit in what is sealed: once more on another connection, and nothing is asked on this one."""
    fault = Fault("flip", at=900, turn=3)
    async with winrm_host() as host, proxy(host.server.port, always(fault)) as line, connector() as made:
        connection = await made.connect(at(line.port), soon())
        with pytest.raises(AnswerDamaged, check=with_reason("does not speak WinRM")) as caught:
            await connection.run("ver", soon())
        assert caught.value.retry is Retry.ONCE
        assert line.happened
        with pytest.raises(ConnectionLost):
            await connection.run("ver", soon())
        await connection.close()
        assert host.server.counters.requests == 4, "two to log on, Create, Command"


@pytest.mark.parametrize("https", [None, Https(fingerprint="00" * 32)], ids=["HTTP", "HTTPS"])
async def test_a_line_that_is_reset_before_the_log_on_is_over(https: Https | None) -> None:
    """Be it in the handshake of TLS: the host took the connection, and is tried as one that is there."""

    async def reset(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        line: socket.socket = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with listening(reset) as peer, connector() as made:
        with pytest.raises(BrokenAtLogon, check=with_reason("broke before the log-on was over")) as caught:
            await made.connect(replace(at(peer.port), https=https), soon())
    assert caught.value.answered
