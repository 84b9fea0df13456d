"""Connections that break: the next call says so, nothing sealed is sent twice, and the shell left behind is deleted."""

import asyncio
from dataclasses import replace

import pytest

from lab.tests.winrm_hosts import faulty, until, winrm_host
from orchestrator.model.errors import ConnectionLost, NameUnknown, Retry, Unreachable
from sspr_lab.winrm import namespaces as ns
from tests.connect.peers import http, listening, saying
from tests.connect.reach import assert_nothing_stays, at, connector, reached, soon
from tests.connect.recording_proxy import recording_proxy


@pytest.mark.parametrize("noticed", [True, False], ids=["end seen before", "end not yet seen"])
async def test_an_idle_connection_that_was_closed_is_lost(noticed: bool) -> None:
    """The server closes an idle connection: the next call raises, and not a byte goes out on a second one."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy, connector() as made:
        connection = await made.connect(at(proxy.port), soon())
        await connection.run("ver", soon())
        before = bytes(proxy.sent)
        await proxy.hang_up()
        if noticed:
            await asyncio.sleep(0.05)
        with pytest.raises(ConnectionLost) as caught:
            await connection.run("ver", soon())
        assert caught.value.retry is Retry.RECONNECT
        await connection.close()
        assert len(proxy.connections) == 1
        assert proxy.sent == before
        assert host.server.counters.shells_open == 1, "the shell is on the host still"

        again = await made.connect(at(proxy.port), soon())
        assert host.server.counters.shells_open == 0, "the next log-on has deleted it"
        assert (await again.run("echo back", soon())).stdout == b"back\r\n"
        await again.close()
        await assert_nothing_stays(host)


async def test_the_lab_closes_idle_connections_itself() -> None:
    """As http.sys does after two minutes, here 40 ms: found out by the next call, without a second log-on."""
    async with winrm_host(speed=3000) as host:
        async with reached(host.server.port) as connection:
            await until(lambda: not host.server._connections)
            with pytest.raises(ConnectionLost):
                await connection.run("ver", soon())
        assert (host.server.counters.connections, host.server.counters.logons) == (1, 1)


@pytest.mark.parametrize("abruptly", [False, True], ids=["in good order", "by a reset"])
async def test_a_lost_carrier_stays_lost(abruptly: bool) -> None:
    """Once the connection is gone, every later call says so again and none of them connects.

    After a reset the message cannot even be sent.
    """
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy:
        async with reached(proxy.port) as connection:
            await proxy.hang_up(abruptly=abruptly)
            for _ in range(3):
                with pytest.raises(ConnectionLost):
                    await connection.run("ver", soon())
        assert len(proxy.connections) == 1


async def test_a_drop_in_the_middle_of_a_receive() -> None:
    """The lab's fault `drop_receive`: the answer is lost, the shell is deleted at the next log-on."""
    async with winrm_host(faults=faulty("drop_receive")) as host, connector() as made:
        connection = await made.connect(at(host.server.port), soon())
        with pytest.raises(ConnectionLost):
            await connection.run("echo lost", soon())
        await connection.close()
        assert len(host.envelopes(ns.RECEIVE)) == 1, "it was not asked a second time"
        again = await made.connect(at(host.server.port), soon())
        assert (await again.run("echo found", soon())).stdout == b"found\r\n"
        assert host.server.counters.shells_open == 1
        await again.close()
        await assert_nothing_stays(host)


async def test_orphans_that_are_gone_already_do_no_harm() -> None:
    """A shell that the service deleted meanwhile, or that went with a restart, is no failure of the next log-on."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy, connector() as made:
        connection = await made.connect(at(proxy.port), soon())
        await connection.run("ver", soon())
        await proxy.hang_up()
        await connection.close()
        with pytest.raises(ConnectionLost):
            await connection.run("ver", soon())
        await host.server._shells.close()
        again = await made.connect(at(proxy.port), soon())
        assert (await again.run("ver", soon())).exit_code == 0
        await again.close()
        await assert_nothing_stays(host)


async def test_a_connection_that_breaks_while_closing_keeps_the_orphan() -> None:
    """When the Delete cannot be sent any more, closing says nothing, and the next log-on sees to the shell."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy, connector() as made:
        connection = await made.connect(at(proxy.port), soon())
        await connection.run("ver", soon())
        await proxy.hang_up()
        await connection.close()
        assert host.server.counters.shells_open == 1
        again = await made.connect(at(proxy.port), soon())
        await again.close()
        await assert_nothing_stays(host)


async def test_a_log_on_that_is_lost_over_the_orphans_leaves_no_connection() -> None:
    """The line breaks while an old shell is being deleted: ConnectionLost, and the shell's turn comes next time."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy, connector() as made:
        connection = await made.connect(at(proxy.port), soon())
        await connection.run("ver", soon())
        await proxy.hang_up()
        await connection.close()

        usual = host.server._site.service.handle

        async def breaking(*_: object) -> str:
            await proxy.hang_up()
            return ""

        setattr(host.server._site.service, "handle", breaking)  # noqa: B010 - a method is replaced on purpose
        with pytest.raises(ConnectionLost):
            await made.connect(at(proxy.port), soon())
        setattr(host.server._site.service, "handle", usual)  # noqa: B010
        again = await made.connect(at(proxy.port), soon())
        await again.close()
        await assert_nothing_stays(host)


async def test_a_host_that_restarts_under_a_command() -> None:
    """The listener goes away in the middle of a command; connecting fails until it is back."""
    async with winrm_host(speed=1) as host, connector() as made:
        connection = await made.connect(at(host.server.port), soon())
        running = asyncio.create_task(connection.run("ping -n 60 127.0.0.1 >nul", soon()))
        await until(lambda: len(host.envelopes(ns.RECEIVE)) == 1)
        host.machine.powered = False
        with pytest.raises(ConnectionLost):
            await running
        await connection.close()
        with pytest.raises(Unreachable):
            await made.connect(at(host.server.port), soon())
        host.machine.powered = True
        await until(lambda: host.server.listening)
        again = await made.connect(at(host.server.port), soon())
        await again.close()


async def test_nobody_listens() -> None:
    """A closed port is unreachable at once."""
    async with listening(saying(b"")) as peer:
        port = peer.port
    async with connector() as made:
        with pytest.raises(Unreachable) as caught:
            await made.connect(at(port), soon())
        assert caught.value.evidence == {"address": f"127.0.0.1:{port}"}


async def test_a_name_that_leads_nowhere() -> None:
    """Whoever mistypes a name is told so, and not that a machine is silent."""
    nowhere = replace(at(5985), address="nobody.invalid")
    async with connector() as made:
        with pytest.raises(NameUnknown):
            await made.connect(nowhere, soon())


async def test_a_service_that_goes_away_between_two_calls() -> None:
    """HTTP 503 in the middle: the WinRM service stops, as it does before a restart."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy:
        async with reached(proxy.port) as connection:
            await connection.run("ver", soon())
            proxy.interjection = http("503 Service Unavailable", b"<html>not now</html>", "Content-Type: text/html")
            with pytest.raises(ConnectionLost):
                await connection.run("ver", soon())
        assert len(proxy.connections) == 1
