"""The proxies of this suite do what they say, to the byte, and tell what took place."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxies import Fault, Proxy, background, on_connection, proxy, seeded
from tests.connect.peers import Peer, listening

QUESTION, ANSWER = b"how are you?", b"fine, and you? " * 4


@pytest.fixture
async def host() -> AsyncIterator[Peer]:
    """Answers whatever it is asked, until it is asked no more, and then says good-bye."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while question := await reader.read(100):
            peer.requests += len(question)
            writer.write(ANSWER)
        writer.write(b"bye")

    async with listening(handle) as peer:
        yield peer


async def heard(made: Proxy, *, turns: int = 2) -> tuple[bytes, str]:
    """What a client gets for so many questions, and how it ended: `end`, `reset`, or `open` when it went on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
    got = b""
    try:
        for turn in range(1, turns + 1):
            writer.write(QUESTION)
            while len(got) < turn * len(ANSWER):
                part = await asyncio.wait_for(reader.read(1000), 3)
                if not part:
                    return got, "end"
                got += part
    except ConnectionError:
        return got, "reset"
    except TimeoutError:
        return got, "open"
    finally:
        writer.close()
    return got, "open"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("fin", at=7), (ANSWER[:7], "end")),
        (Fault("fin", at=0), (b"", "end")),
        (Fault("rst", at=0), (b"", "reset")),
        (Fault("stall", at=7), (ANSWER[:7], "open")),
        (Fault("half-close", at=7), (ANSWER[:7], "end")),
        (Fault("half-close", "up", at=3), (ANSWER + b"bye", "end")),
        (Fault("fin", "up", at=3), (b"", "end")),
        (Fault("flip", at=0, bit=0), (b"g" + ANSWER[1:] + ANSWER, "open")),
        (Fault("dribble", at=3, seconds=0.0001), (ANSWER * 2, "open")),
        (Fault("delay", at=3), (ANSWER * 2, "open")),
        (Fault("fin", at=len(ANSWER) + 2), (ANSWER + ANSWER[:2], "end")),
        (Fault("fin", at=3, turn=1), (ANSWER + ANSWER[:3], "end")),
    ],
    ids=lambda value: f"{value.kind} {value.direction} {value.at} {value.turn}" if isinstance(value, Fault) else "",
)
async def test_what_a_client_gets(host: Peer, fault: Fault, expected: tuple[bytes, str]) -> None:
    """The bytes before the fault, and then what it is; no fault is counted that did not take place."""
    async with proxy(host.port, on_connection(0, fault)) as made:
        assert await heard(made) == expected
        assert [one.fault for one in made.happened] == [fault]
        assert (await heard(made))[0] == ANSWER * 2, "the next connection is left alone"


async def test_what_never_came_did_not_happen(host: Peer) -> None:
    """A fault behind the last byte is none."""
    async with proxy(host.port, on_connection(0, Fault("rst", at=1_000))) as made:
        assert await heard(made) == (ANSWER * 2, "open")
        assert made.happened == []


def test_a_seed_tells_everything() -> None:
    """The same faults for the same seed, others for another."""
    first, again, another = ([seeded(seed)(number) for number in range(50)] for seed in (1, 1, 2))
    assert first == again != another
    assert any(first)
    assert not all(first)


def test_proxies_for_those_who_block() -> None:
    """On a loop of their own; nothing is left of it."""
    with background() as loop:
        made = loop.enter(proxy(1))
        assert made.port
