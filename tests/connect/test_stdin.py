"""Standard input of commands: as few messages as the host's envelope allows, none larger, all of it in order."""

import random
from collections.abc import Iterator

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.windows.branches import WINRM_2, WINRM_3, Quotas
from sspr_lab.profile import Branch, Profile
from sspr_lab.winrm import namespaces as ns
from tests.connect.reach import assert_nothing_stays, reached, soon

RECEIVE = 'findstr "^" >C:\\arrived.txt'


def lines_of(size: int) -> bytes:
    """Text of that many bytes in lines of 64 characters, different in each."""
    chance = random.Random(size)
    count = size // 66 + 1
    return b"".join(b"%064x\r\n" % chance.getrandbits(256) for _ in range(count))[: size - 2] + b"\r\n"


@pytest.mark.parametrize(("branch", "quotas"), [("windows7", WINRM_2), ("windows8.1", WINRM_3)])
async def test_envelopes_are_filled_and_never_overflow(branch: Branch, quotas: Quotas) -> None:
    """3 MB arrive whole; all messages but the first and the last are within 5 % below MaxEnvelopeSize."""
    content = lines_of(3 * 1024 * 1024)
    async with winrm_host(Profile(branch=branch)) as host:
        async with reached(host.server.port) as connection:
            connection.learn_quotas(quotas)
            completed = await connection.run(RECEIVE, soon(), stdin=[content])
        assert completed.exit_code == 0
        assert host.machine.files.read("C:\\arrived.txt") == content
        sizes = [len(envelope.encode()) for envelope in host.envelopes(ns.SEND)]
        limit = host.machine.profile.quotas.max_envelope_size_kb * 1024
        assert max(sizes) <= limit
        assert min(sizes[1:-1]) >= 0.95 * limit
        await assert_nothing_stays(host)


async def test_pieces_of_any_size_are_packed_anew() -> None:
    """How the input was cut here does not matter there; it is asked for piece by piece, not all at once."""
    content = lines_of(400_000)
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        place = 0
        for size in random.Random(7).choices([1, 7, 0, 5_000, 90_000], k=1000):
            yield content[place : place + size]
            place += size
            taken = place

    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            await connection.run(RECEIVE, soon(), stdin=pieces())
        assert taken >= len(content)
        assert host.machine.files.read("C:\\arrived.txt") == content
        assert len(host.envelopes(ns.SEND)) == 5


async def test_empty_input_is_an_end_at_once() -> None:
    """A command that reads to the end of nothing ends."""
    async with winrm_host() as host, reached(host.server.port) as connection:
        assert (await connection.run('findstr "^"', soon(), stdin=[])).exit_code == 1


async def test_a_command_that_ends_without_reading_tells_its_own_end() -> None:
    """What the command said and left matters, not that its input was not wanted."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run("echo no disk&exit 112", soon(), stdin=[lines_of(1_000_000)])
        assert (completed.exit_code, completed.stdout) == (112, b"no disk\r\n")
        await assert_nothing_stays(host)
