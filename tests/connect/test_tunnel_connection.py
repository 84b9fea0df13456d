"""The product's connection through jump hosts: what holds on a straight line holds there too."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import until, winrm_host
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import (
    ConnectionLost,
    JumpHostRefused,
    JumpHostUnreachable,
    LogonRefused,
    Retry,
    Unreachable,
)
from orchestrator.model.host import Host, JumpHost
from sspr_lab.winrm import namespaces as ns
from tests.connect.peers import listening, saying
from tests.connect.reach import assert_nothing_stays, at, connector, soon
from tests.connect.test_deadlines import seconds_until, silent
from tests.connect.tunnels import closed_port
from tests.sshd import Sshd, sshd


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Sshd]:
    """A jump host."""
    with sshd(tmp_path / "gate") as server:
        yield server


def behind(port: int, *via: JumpHost) -> Host:
    return replace(at(port), via=via)


async def test_a_conversation_through_two_hops(tmp_path: Path, gate: Sshd) -> None:
    """Log-on, commands, input and output, all sealed, as on a straight line; nothing stays on the host."""
    with sshd(tmp_path / "inner") as inner:
        async with winrm_host() as host, connector() as made:
            there = behind(host.server.port, gate.jump_host(), inner.jump_host("inner"))
            connection = await made.connect(there, soon())
            assert (await connection.run("echo hello", soon())).stdout == b"hello\r\n"
            sent = b"line\r\n" * 100_000
            await connection.run(r'findstr "^" >%TEMP%\lines.txt', soon(), stdin=[sent])
            assert (await connection.run(r"type %TEMP%\lines.txt", soon())).stdout == sent
            await connection.close()
            await assert_nothing_stays(host)
        assert (gate.connections, inner.connections) == (1, 1)


async def test_a_jump_host_that_dies_in_the_middle(gate: Sshd) -> None:
    """The exchange under way is lost, and may be begun anew; once it is back, the same connector goes on."""
    async with winrm_host(speed=1) as host, connector() as made:
        there = behind(host.server.port, gate.jump_host())
        connection = await made.connect(there, soon())
        running = asyncio.create_task(connection.run("ping -n 60 127.0.0.1 >nul", soon()))
        await until(lambda: len(host.envelopes(ns.RECEIVE)) == 1)
        await asyncio.to_thread(gate.kill)
        with pytest.raises(ConnectionLost) as caught:
            await running
        assert caught.value.retry is Retry.RECONNECT
        await connection.close()
        with pytest.raises(JumpHostUnreachable):
            await made.connect(there, Deadline.after(0.3))
        await asyncio.to_thread(gate.start)
        again = await made.connect(there, soon())
        assert (await again.run("echo back", soon())).stdout == b"back\r\n"
        await again.close()
        assert gate.connections == 2


@pytest.mark.usefixtures("short_of_grace")
async def test_deadlines_hold_behind_a_jump_host(gate: Sshd) -> None:
    """A host behind it that says nothing is given up when its time is over."""
    async with listening(silent) as peer, connector() as made:
        there = behind(peer.port, gate.jump_host())
        assert await seconds_until(Unreachable, made.connect(there, Deadline.after(0.8))) < 2


async def test_nobody_listens_behind_it(gate: Sshd) -> None:
    """The host is unreachable; the jump host is well."""
    async with connector() as made:
        there = behind(closed_port(), gate.jump_host())
        with pytest.raises(Unreachable) as caught:
            await made.connect(there, soon())
        assert not isinstance(caught.value, JumpHostUnreachable)


async def test_a_jump_host_that_is_away_or_refuses(tmp_path: Path, gate: Sshd) -> None:
    """That is no answer about the host behind it."""
    async with winrm_host() as host, connector() as made:
        with pytest.raises(JumpHostUnreachable):
            await made.connect(behind(host.server.port, gate.jump_host(port=closed_port())), soon())
        (tmp_path / "empty").touch()
        with pytest.raises(JumpHostRefused):
            await made.connect(behind(host.server.port, gate.jump_host(known_hosts=tmp_path / "empty")), soon())


async def test_what_a_jump_host_refuses_is_no_word_on_the_hosts_credential(tmp_path: Path, gate: Sshd) -> None:
    """Four hosts behind a jump host that does not let us in: the run goes on, and another way leads to them."""
    (tmp_path / "empty").touch()
    async with winrm_host() as host, connector() as made:
        for _ in range(4):
            with pytest.raises(JumpHostRefused):
                await made.connect(behind(host.server.port, gate.jump_host(known_hosts=tmp_path / "empty")), soon())
        connection = await made.connect(behind(host.server.port, gate.jump_host()), soon())
        await connection.close()
        assert host.server.counters.logons == 1


async def test_a_wrong_password_is_the_hosts_refusal(gate: Sshd) -> None:
    """The jump host lets us in, the host behind it does not."""
    async with winrm_host() as host, connector("wrong") as made:
        with pytest.raises(LogonRefused):
            await made.connect(behind(host.server.port, gate.jump_host()), soon())


@pytest.mark.slow
async def test_closing_waits_for_no_jump_host(gate: Sshd) -> None:
    """A jump host that hangs does not hold up the end of a run."""
    async with listening(saying(b"")) as peer, connector() as made:
        with pytest.raises(Unreachable):
            await made.connect(behind(peer.port, gate.jump_host()), soon())
        with gate.frozen():
            began = time.monotonic()
            made.close()
            assert time.monotonic() - began < 8
