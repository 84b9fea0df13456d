"""Peers in a jump host's place that are none: the connection ends soon, whatever they send, and what they send ends."""

import asyncio
import random
from pathlib import Path

import pytest

from orchestrator.connect.tunnel import connection
from orchestrator.connect.tunnel.transport import UNKNOWN_BYTES
from orchestrator.model.errors import JumpHostUnreachable
from orchestrator.model.host import JumpHost
from tests.chaos.peers import Speech, at_once, broken_off, endless, silent, trickle
from tests.chaos.proxies import Fault, always, proxy
from tests.connect.peers import listening
from tests.connect.test_broken_lines import IN_BUFFERS
from tests.connect.tunnels import soon, tunnels
from tests.sshd import make_key, sshd

VERSION = b"SSH-2.0-OpenSSH_9.2\r\n"
SPEECHES: dict[str, Speech] = {
    "a version without an end": endless(b"SSH-2.0-", b"x"),
    "lines before the version": endless(b"", b"welcome\r\n"),
    "a packet of four gigabytes": endless(VERSION + b"\xff\xff\xff\xfc\x04", b"x"),
    "packets to be ignored": endless(VERSION, b"\x00\x00\x00\x0c\x04\x02\x00\x00\x00\x02xxpppp"),
    "a version that trickles": trickle(b"SSH-2.0-", b"x", 0.1),
    "silence": silent(),
    "a version, and silence": trickle(VERSION, b"\x00", 0.1),
    "a version, and the end": broken_off(VERSION),
    "half a version": broken_off(b"SSH-2.0-Open"),
}


@pytest.mark.parametrize("speech", SPEECHES)
async def test_a_server_that_is_none(speech: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be reached, and little of what it sends is read before its key is known."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1.0)
    key = make_key(tmp_path / "id")
    async with listening(at_once(SPEECHES[speech])) as peer:
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{peer.port} {key}\n", encoding="ascii")
        gate = JumpHost("gate", "127.0.0.1", peer.port, "nobody", known, key=tmp_path / "id")
        with pytest.raises(JumpHostUnreachable):
            await asyncio.to_thread(_opened, gate)
        assert peer.sent < UNKNOWN_BYTES + IN_BUFFERS


async def test_a_line_to_a_jump_host_that_is_cut(tmp_path: Path) -> None:
    """At any byte of the handshake and the log-on, in good order or not: the jump host cannot be reached, no more."""
    chance = random.Random(4)
    with sshd(tmp_path / "gate") as gate:
        for kind in ("fin", "rst"):
            for place in (0, 20, *chance.sample(range(21, 2200), 4)):
                fault = Fault(kind, at=place)
                async with proxy(gate.port, always(fault)) as line:
                    known = tmp_path / "known_hosts"
                    known.write_text(gate.known_hosts.read_text().replace(str(gate.port), str(line.port)))
                    with pytest.raises(JumpHostUnreachable):
                        await asyncio.to_thread(_opened, gate.jump_host(port=line.port, known_hosts=known))
                    assert {happened.fault for happened in line.happened} == {fault}


def _opened(gate: JumpHost) -> None:
    with tunnels() as made:
        made.open((gate,), "127.0.0.1", 1, soon()).close()
