"""Commands through the connection: what they leave comes home whole, on one connection and few shells."""

import asyncio

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.model.errors import TargetError
from orchestrator.windows.branches import WINRM_3
from sspr_lab.profile import Branch, Profile
from tests.connect.reach import assert_nothing_stays, at, connector, reached, soon
from tests.saying import with_reason


@pytest.mark.parametrize("exit_code", [0, 1, 3010, 0x80070005, 0xC0000005])
async def test_exit_codes_come_home_unsigned(exit_code: int) -> None:
    """What msiexec and crashed programs leave arrives as Windows' own unsigned 32 bits."""
    signed = exit_code - 2**32 if exit_code >= 2**31 else exit_code
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run(f"exit {signed}", soon())
        assert completed.exit_code == exit_code
        await assert_nothing_stays(host)


async def test_both_outputs_come_home_apart() -> None:
    """Standard output and standard error are told apart, whatever their order was."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run("echo one&(echo two 1>&2)&echo three", soon())
        assert completed.stdout == b"one\r\nthree\r\n"
        assert completed.stderr.split() == [b"two"]


async def test_text_is_utf8_in_both_directions() -> None:
    """The shell has code page 65001, so that names in any script survive."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run('echo Prüfung Ελλάδα 한국어 "<&>" 100%', soon())
        assert completed.stdout.decode() == 'Prüfung Ελλάδα 한국어 "<&>" 100%\r\n'


async def test_long_output_comes_home_whole_and_without_dawdling() -> None:
    """1.4 MB of numbered lines need many Receives; none is lost, and no pause is made between full ones."""
    async with winrm_host() as host:
        line = f"for /l %i in (1,1,14000) do @echo %i {'x' * 94}"
        began = asyncio.get_running_loop().time()
        async with reached(host.server.port) as connection:
            completed = await connection.run(line, soon())
        lines = completed.stdout.decode().split("\r\n")
        assert [text.partition(" ")[0] for text in lines[:-1]] == [str(number) for number in range(1, 14_001)]
        assert host.server.counters.receives > 10
        assert asyncio.get_running_loop().time() - began < 0.3 * host.server.counters.receives
        await assert_nothing_stays(host)


async def test_trickling_output_is_not_asked_for_line_by_line() -> None:
    """40 lines over two seconds are fetched in a few Receives, as each takes what has come meanwhile."""
    async with winrm_host(speed=20) as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run("for /l %i in (1,1,40) do @(echo %i&ping -n 2 127.0.0.1 >nul)", soon())
        assert len(completed.stdout.split()) == 40
        assert host.server.counters.receives <= 6


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("branch", ["windows7", "windows8.1"])
async def test_thirty_commands_on_one_connection(branch: Branch) -> None:
    """Windows 7 refuses the 16th operation; shells are replaced before, and never two are open at once."""
    async with winrm_host(Profile(branch=branch)) as host:
        async with reached(host.server.port) as connection:
            if branch == "windows8.1":
                connection.learn_quotas(WINRM_3)
            for number in range(30):
                completed = await connection.run(f"echo {number}", soon())
                assert completed.stdout.split() == [str(number).encode()]
                assert host.server.counters.shells_open == 1
        counters = host.server.counters
        assert counters.connections == counters.logons == 1
        assert counters.shells_created == (3 if branch == "windows7" else 1)
        await assert_nothing_stays(host)


@pytest.mark.usefixtures("brisk")
async def test_without_the_replacement_windows_7_would_refuse() -> None:
    """The lab does bite: with the generous quotas of Windows 8 the 16th command on Windows 7 is refused."""
    async with winrm_host() as host, reached(host.server.port) as connection:
        connection.learn_quotas(WINRM_3)
        for _ in range(15):
            await connection.run("ver", soon())
        with pytest.raises(TargetError, check=with_reason("the shell has run as many commands as it may")):
            await connection.run("ver", soon())
        assert (await connection.run("ver", soon())).exit_code == 0, "a new shell on the same connection goes on"
        assert host.server.counters.shells_open == 1


async def test_a_carrier_that_ran_nothing_opens_no_shell() -> None:
    """Logging on costs two requests and no shell."""
    async with winrm_host() as host:
        async with reached(host.server.port):
            pass
        assert (host.server.counters.requests, host.server.counters.shells_created) == (2, 0)
        await assert_nothing_stays(host)


async def test_closing_twice_is_closing_once() -> None:
    """`close` may be called again and does nothing then."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            await connection.run("ver", soon())
            await connection.close()
            await connection.close()
        assert host.server.counters.requests == 2 + 3 + 1
        await assert_nothing_stays(host)


async def test_a_slow_host_is_waited_for() -> None:
    """A second more for every response changes nothing but the time."""
    async with winrm_host(speed=20, faults=faulty("slow", seconds=2)) as host:
        async with reached(host.server.port) as connection:
            assert (await connection.run("echo here", soon())).stdout == b"here\r\n"
        await assert_nothing_stays(host)


async def test_hosts_are_served_side_by_side() -> None:
    """Ten connections of one connector on ten connections: each gets its own answers."""
    async with winrm_host() as host, connector() as made:

        async def work(number: int) -> bytes:
            connection = await made.connect(at(host.server.port, f"PC-01\\{names[number % 2]}"), soon())
            try:
                return (await connection.run(f"echo {number}", soon())).stdout.strip()
            finally:
                await connection.close()

        names = ["Administrator", "administrator"]
        answers = await asyncio.gather(*(work(number) for number in range(4)))
        assert answers == [str(number).encode() for number in range(4)]
        await assert_nothing_stays(host)
