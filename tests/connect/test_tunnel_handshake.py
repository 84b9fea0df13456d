"""How SSH with a jump host begins, or does not: algorithms of real OpenSSH servers, and what stands in place of SSH."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.connect.tunnel import connection
from orchestrator.connect.tunnel.transport import CURVE25519
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.errors import JumpHostDefers, JumpHostRefused, JumpHostUnreachable, Retry
from orchestrator.model.host import JumpHost
from orchestrator.sentences import say
from tests.chaos.peers import at_once, broken_off
from tests.connect.peers import Peer, listening
from tests.connect.tunnels import closed_port, echo, reaches, soon, tunnels, until
from tests.saying import with_reason
from tests.sshd import Sshd, make_key, punishes, sshd


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something to reach."""
    with echo() as port:
        yield port


HARDENED = {
    "the key exchange of RFC 8731 alone": ("KexAlgorithms curve25519-sha256",),
    "by its older name alone": ("KexAlgorithms curve25519-sha256@libssh.org",),
    "as guides to hardening have it": (
        "KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256",
        "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
        "MACs umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
        "HostKeyAlgorithms ssh-ed25519",
    ),
}


@pytest.mark.parametrize("options", HARDENED.values(), ids=HARDENED)
def test_hardened_jump_hosts(options: tuple[str, ...], tmp_path: Path, service: int) -> None:
    """A server that allows few algorithms is spoken to as long as one of each kind is ours."""
    with sshd(tmp_path / "gate", *options) as gate, tunnels() as made:
        assert reaches(made, service, gate.jump_host())


@dataclass(frozen=True)
class Apart:
    """A server that has nothing in common with us.

    Attributes:
        option: Its line of sshd_config; `{rsa}` is a key of RSA.
        offered: What is told of it.
        ours: What is said that would do.
    """

    option: str
    offered: str
    ours: str


APART = {
    "a key exchange of today alone": Apart(
        "KexAlgorithms sntrup761x25519-sha512@openssh.com",
        "no key exchange that this program has: sntrup761x25519-sha512@openssh.com",
        CURVE25519,
    ),
    "a key exchange with SHA-1 alone": Apart(
        "KexAlgorithms diffie-hellman-group14-sha1",
        "no key exchange that this program has: diffie-hellman-group14-sha1",
        "diffie-hellman-group14-sha256",
    ),
    "a host key with SHA-1 alone": Apart(
        "HostKeyAlgorithms ssh-rsa\nHostKey {rsa}",
        "no host key algorithm that this program has: ssh-rsa",
        "rsa-sha2-256",
    ),
    "one cipher": Apart(
        "Ciphers chacha20-poly1305@openssh.com",
        "no cipher that this program has: chacha20-poly1305@openssh.com",
        "aes256-ctr",
    ),
    "one MAC": Apart(
        "MACs umac-128-etm@openssh.com", "no MAC that this program has: umac-128-etm@openssh.com", "hmac-sha2-256"
    ),
}


@pytest.mark.parametrize("case", APART.values(), ids=APART)
def test_nothing_in_common(case: Apart, tmp_path: Path, service: int) -> None:
    """Such a server is there and is asked once: what it offers is told, what we have, and where that is set."""
    folder = tmp_path / "gate"
    folder.mkdir()
    make_key(folder / "rsa", rsa=True)
    with sshd(folder, case.option.format(rsa=folder / "rsa")) as gate, tunnels() as made:
        before = gate.logged("Connection from")
        for _ in range(2):
            with pytest.raises(JumpHostRefused, check=with_reason(f"`gate` offers {case.offered}")) as caught:
                reaches(made, service, gate.jump_host())
            assert caught.value.retry is Retry.NEVER
            assert caught.value.remedy is not None
            remedy = say(caught.value.remedy)
            assert case.ours in remedy
            assert f"({case.option.split()[0]})" in remedy
        until(lambda: gate.logged("Connection from") == before + 1)


@dataclass(frozen=True)
class Greeting:
    """What a peer says that does not begin SSH, and what that is told as."""

    said: bytes
    told: str
    error: type[JumpHostUnreachable] | type[JumpHostRefused] = JumpHostUnreachable
    retry: Retry = Retry.RECONNECT


GREETINGS = {
    "a penalty": Greeting(
        b"Not allowed at this time\r\n", 'at the moment, and says "Not allowed', JumpHostDefers, Retry.BACK_OFF
    ),
    "too many at once": Greeting(
        b"Exceeded MaxStartups\r\n", 'at the moment, and says "Exceeded', JumpHostDefers, Retry.BACK_OFF
    ),
    "another protocol": Greeting(b"220 mail.example.com ESMTP\r\n", 'says "220 mail.example.com ESMTP"'),
    "letters that are not to be shown": Greeting(b"no \x1b[2J\xff entry\r\n", 'says "no '),
    "half a word": Greeting(b"Not allow", 'says "Not allow"'),
    "nothing": Greeting(b"", "does not answer as an SSH server does"),
    "an old SSH": Greeting(b"SSH-1.5-Cisco-1.25\r\n", "speaks version 1.5 of SSH", JumpHostRefused, Retry.NEVER),
}


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
async def test_what_is_said_in_place_of_ssh(greeting: Greeting, tmp_path: Path) -> None:
    """It is told in the peer's own words, to everybody who asks, and the peer is asked once."""

    def asked(hop: JumpHost) -> None:
        with tunnels() as made:
            for _ in range(3):
                with pytest.raises(greeting.error, check=with_reason(greeting.told)) as caught:
                    opened(made, hop)
                assert type(caught.value) is greeting.error
                assert caught.value.retry is greeting.retry
                assert caught.value.remedy is not None
                assert say(caught.value.reason).isprintable()

    async with listening(at_once(broken_off(greeting.said))) as peer:
        await asyncio.to_thread(asked, at(peer.port, tmp_path))
        assert peer.connections == 1


async def test_a_jump_host_that_defers_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts there is time, more each time; all who ask meanwhile hear what the last one ended with."""
    now = [0.0]
    monkeypatch.setattr(connection, "uptime", lambda: now[0])

    def asked(hop: JumpHost, peer: Peer) -> Iterator[float]:
        with tunnels() as made:
            for turn in range(1, 5):
                for _ in range(3):
                    with pytest.raises(JumpHostDefers):
                        opened(made, hop)
                assert peer.connections == turn
                pause = made._connection((hop,))._not_before - now[0]
                now[0] += pause
                yield pause

    async with listening(at_once(broken_off(b"Not allowed at this time\r\n"))) as peer:
        hop = at(peer.port, tmp_path)
        pauses = await asyncio.to_thread(lambda: list(asked(hop, peer)))
    assert [pause >= least for pause, least in zip(pauses, (15, 30, 60, 60), strict=True)] == [True] * 4
    assert max(pauses) < 120


PENALTIES = ("PerSourcePenalties authfail:3s min:1s", "PerSourcePenaltyExemptList none")


def test_a_penalty_of_openssh_itself(tmp_path: Path, service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From 9.8 on: after a log-on that failed it takes nobody from here for a while, and then everybody as before."""
    if not punishes():
        pytest.skip("needs an sshd of OpenSSH 9.8 or later")
    monkeypatch.setattr(connection, "FIRST_DEFERRED_PAUSE", 0.5)
    with sshd(tmp_path / "gate", *PENALTIES) as gate:
        make_key(tmp_path / "other")
        with tunnels() as made, pytest.raises(JumpHostRefused):
            reaches(made, service, gate.jump_host(key=tmp_path / "other"))
        until(lambda: gate.logged("penalty") > 0)
        with tunnels() as made:
            with pytest.raises(JumpHostDefers, check=with_reason('says "Not allowed at this time"')):
                reaches(made, service, gate.jump_host())
            until(lambda: let_in(made, service, gate))


def let_in(made: Tunnels, service: int, gate: Sshd) -> bool:
    with suppress(JumpHostDefers):
        return reaches(made, service, gate.jump_host())
    return False


def test_a_jump_host_whose_name_nobody_knows(tmp_path: Path) -> None:
    """That is told as such, and not as a machine that is off."""
    with tunnels() as made, pytest.raises(JumpHostUnreachable, check=with_reason("cannot be resolved here")) as caught:
        opened(made, at(22, tmp_path, address="no-such-host.invalid"))
    assert caught.value.remedy is not None
    assert "`address`" in say(caught.value.remedy)


def test_those_behind_a_second_jump_host_hear_why(tmp_path: Path, service: int) -> None:
    """What the first says of the second is told to everybody behind it, as often as they ask."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        inner = gate.jump_host("inner", port=closed_port())
        for _ in range(2):
            with pytest.raises(JumpHostUnreachable, check=with_reason('`inner`.*`gate`.*"Connection refused"')):
                reaches(made, service, gate.jump_host(), inner)


def at(port: int, folder: Path, address: str = "127.0.0.1") -> JumpHost:
    """A jump host whose key is of no account."""
    known = folder / "known_hosts"
    if not known.exists():
        known.write_text(f"[127.0.0.1]:{port} {make_key(folder / 'id')}\n", encoding="ascii")
    return JumpHost("gate", address, port, "nobody", known, key=folder / "id")


def opened(made: Tunnels, hop: JumpHost) -> None:
    made.open((hop,), "127.0.0.1", 9, soon()).close()
