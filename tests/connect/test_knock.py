"""A knock: a connection that is made and closed, on which nothing is said."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.errors import JumpHostRefused, JumpHostUnreachable, NameUnknown, Unreachable
from tests.connect.reach import at, connector
from tests.connect.tunnels import closed_port, echo
from tests.saying import with_reason
from tests.sshd import Sshd, sshd


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Sshd]:
    """A jump host."""
    with sshd(tmp_path / "gate") as server:
        yield server


async def test_nothing_is_said() -> None:
    """Who answers is not spoken to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with connector() as made:
            await made.knock(at(listening.getsockname()[1]))
        listening.settimeout(20)
        line, _ = listening.accept()
        with line:
            line.settimeout(20)
            assert line.recv(1) == b""


async def test_nobody_answers() -> None:
    """It is told apart why."""
    async with connector() as made:
        with pytest.raises(Unreachable, check=with_reason("takes no connection")):
            await made.knock(at(closed_port()))
        with pytest.raises(NameUnknown):
            await made.knock(replace(at(5985), address="no-such-host.invalid"))


async def test_through_a_jump_host(gate: Sshd) -> None:
    """Who is behind it is knocked at from there; where the jump host is down, nothing is known of them."""
    async with connector() as made:
        with echo() as port:
            await made.knock(replace(at(port), via=(gate.jump_host(),)))
        with pytest.raises(Unreachable, check=with_reason("cannot connect")):
            await made.knock(replace(at(closed_port()), via=(gate.jump_host(),)))
        down = replace(gate.jump_host(), name="down", port=closed_port())
        with pytest.raises(JumpHostUnreachable):
            await made.knock(replace(at(5985), via=(down,)))


async def test_a_jump_host_that_lets_nobody_on(tmp_path: Path) -> None:
    """That is no host that is off: a person has to see to it."""
    with sshd(tmp_path / "gate", "AllowTcpForwarding no") as gate:
        async with connector() as made:
            with pytest.raises(JumpHostRefused):
                await made.knock(replace(at(5985), via=(gate.jump_host(),)))
