"""Tunnels through real OpenSSH servers: what is reached, what each refusal means, and what becomes of a broken one."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from paramiko.message import Message

from orchestrator.connect.tunnel import connection
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.errors import (
    JumpHostDefers,
    JumpHostRefused,
    JumpHostUnreachable,
    Retry,
    TargetError,
    Unreachable,
)
from orchestrator.sentences import say
from tests.connect.tunnels import closed_port, echo, reaches, says, soon, tunnels, until
from tests.saying import with_reason
from tests.sshd import Sshd, program, sshd

MEGABYTE = 1 << 20
CHANNEL_DATA = 94
"""The number of that message (RFC 4254, section 9)."""


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something to reach."""
    with echo() as port:
        yield port


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Sshd]:
    """A jump host."""
    with sshd(tmp_path / "gate") as server:
        yield server


def ended(line: socket.socket) -> bool:
    """Whether a line ends, soon."""
    line.settimeout(10)
    return line.recv(1) == b""


def test_many_share_one_connection(tmp_path: Path, service: int) -> None:
    """Forty threads at once, each with a line of its own: one log-on, and every byte where it belongs.

    However few sessions and log-ons at a time the server allows: a line is neither.
    """
    limits = ("MaxSessions 1", "MaxStartups 2")
    with sshd(tmp_path / "gate", *limits) as gate, tunnels() as made, ThreadPoolExecutor(40) as pool:

        def conversation(number: int) -> bool:
            text = number.to_bytes(2, "big") * 50_000
            with made.open((gate.jump_host(),), "127.0.0.1", service, soon()) as line:
                return says(line, text) == text

        assert list(pool.map(conversation, range(40))) == [True] * 40
        assert gate.connections == 1


@pytest.mark.parametrize("limit", ["default", "2M"])
def test_two_hops(tmp_path: Path, service: int, limit: str) -> None:
    """The second SSH connection runs inside the first, also while keys are exchanged again and again under load."""
    with (
        sshd(tmp_path / "gate", f"RekeyLimit {limit}") as gate,
        sshd(tmp_path / "inner", f"RekeyLimit {limit}") as inner,
        tunnels() as made,
        ThreadPoolExecutor(8) as pool,
    ):
        via = (gate.jump_host(), inner.jump_host("inner"))
        text = bytes(range(256)) * 4096

        def conversation(_: int) -> bool:
            with made.open(via, "127.0.0.1", service, soon()) as line:
                return says(line, text) == text

        assert list(pool.map(conversation, range(8))) == [True] * 8
        assert (gate.connections, inner.connections) == (1, 1)
        assert reaches(made, service, gate.jump_host())
        assert gate.connections == 1, "what is behind the first alone shares it too"


def test_names_are_looked_up_by_the_jump_host(gate: Sshd, service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """We ask nobody for the address of a host behind a jump host."""
    asked: list[object] = []
    usual = socket.getaddrinfo

    def noted(host: str, *rest: Any) -> Any:
        asked.append(host)
        return usual(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    with tunnels() as made, made.open((gate.jump_host(),), "localhost", service, soon()) as line:
        assert says(line, b"hello") == b"hello"
    assert set(asked) == {"127.0.0.1"}


REFUSALS: dict[str, tuple[tuple[str, ...], str, type[TargetError], str]] = {
    "forwarding is off": (("AllowTcpForwarding no",), "127.0.0.1", JumpHostRefused, "does not allow connections to it"),
    "not to there": (("PermitOpen 10.0.0.1:1",), "127.0.0.1", JumpHostRefused, "does not allow connections to it"),
    "port is closed": ((), "127.0.0.1", Unreachable, 'cannot connect to it, and says "Connection refused"'),
    "name is unknown": ((), "no-such-host.invalid", Unreachable, 'cannot connect to it, and says ".*ame'),
}


@pytest.mark.parametrize(("options", "address", "error", "told"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_jump_host_refuses(
    tmp_path: Path, options: tuple[str, ...], address: str, error: type[TargetError], told: str
) -> None:
    """A rule is the jump host's refusal and stays; what it cannot connect to is unreachable, and may be tried again."""
    with sshd(tmp_path / "gate", *options) as gate, tunnels() as made:
        port = closed_port()
        for _ in range(2):
            with pytest.raises(TargetError, check=with_reason(f"the jump host `gate` {told}")) as caught:
                made.open((gate.jump_host(),), address, port, soon())
            assert type(caught.value) is error
            assert caught.value.retry is (Retry.NEVER if error is JumpHostRefused else Retry.RECONNECT)
            assert caught.value.remedy is not None
            assert ("sshd_config" if error is JumpHostRefused else "from the jump host") in say(caught.value.remedy)
            assert caught.value.evidence["jump_host"] == "gate"
            assert caught.value.evidence["address"] == f"{address}:{port}"
        assert gate.connections == 1


def test_each_thread_gets_its_own_refusal(tmp_path: Path) -> None:
    """Hosts that are refused at the same moment for different reasons are not mixed up."""
    port = closed_port()
    with sshd(tmp_path / "gate", f"PermitOpen 127.0.0.1:{port}") as gate, tunnels() as made:

        def refusal(address: str) -> type[BaseException]:
            with pytest.raises(TargetError) as caught:
                made.open((gate.jump_host(),), address, port, soon())
            return caught.type

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(refusal, ["127.0.0.1", "127.0.0.2"] * 40))
        assert answers == [Unreachable, JumpHostRefused] * 40


def test_a_jump_host_with_too_many_log_ons_under_way(
    tmp_path: Path, service: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes nobody at the moment is unreachable, and may be tried again a little later."""
    monkeypatch.setattr(connection, "FIRST_DEFERRED_PAUSE", 0.1)

    def begun() -> socket.socket | None:
        """A log-on that does not go on; None while others are under way."""
        line = socket.create_connection(("127.0.0.1", gate.port))
        if line.recv(4) == b"SSH-":
            return line
        line.close()
        return None

    def is_reached() -> bool:
        with suppress(JumpHostUnreachable):
            return reaches(made, service, gate.jump_host())
        return False

    with sshd(tmp_path / "gate", "MaxStartups 1") as gate, tunnels() as made:
        while (slow := begun()) is None:
            time.sleep(0.05)
        with slow, pytest.raises(JumpHostDefers, check=with_reason('says "Exceeded MaxStartups|Not allowed at this')):
            reaches(made, service, gate.jump_host())
        until(is_reached)


def test_a_second_jump_host_that_is_not_there(gate: Sshd, service: int) -> None:
    """The message names both jump hosts; the first is not to blame, and goes on."""
    with tunnels() as made:
        absent = gate.jump_host("inner", port=closed_port())
        with pytest.raises(JumpHostUnreachable, check=with_reason("`inner` is not reached: .*`gate` cannot connect")):
            made.open((gate.jump_host(), absent), "127.0.0.1", service, soon())
        assert reaches(made, service, gate.jump_host())


def test_a_second_jump_host_that_may_not_be_reached(tmp_path: Path, gate: Sshd, service: int) -> None:
    """What the first one forbids is no word on the second, which by another way is asked as ever."""
    with sshd(tmp_path / "strict", "AllowTcpForwarding no") as strict, tunnels() as made:
        inner = gate.jump_host("inner")
        with pytest.raises(JumpHostRefused, check=with_reason("`strict` does not allow")):
            made.open((strict.jump_host("strict"), inner), "127.0.0.1", service, soon())
        assert reaches(made, service, inner)


def test_tls_over_a_tunnel(tmp_path: Path, gate: Sshd) -> None:
    """A line is a real socket: TLS is spoken over it as over any other, to its end."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=pc", "-addext", "subjectAltName=DNS:pc", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)

    def answer(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with server.wrap_socket(accepted, server_side=True) as line:
            line.sendall(line.recv(100)[::-1])
            line.unwrap().close()

    with tunnels() as made, socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        client = ssl.create_default_context(cafile=str(certificate))
        line = made.open((gate.jump_host(),), "127.0.0.1", listener.getsockname()[1], soon())
        with client.wrap_socket(line, server_hostname="pc") as secured:
            secured.sendall(b"hello")
            assert secured.recv(100) == b"olleh"
            assert secured.recv(100) == b""
            secured.unwrap().close()
        thread.join()


def test_either_side_ends_a_line(gate: Sshd) -> None:
    """What was sent before the end still arrives, and nothing of the line stays while the connection goes on."""
    with tunnels() as made, socket.create_server(("127.0.0.1", 0)) as listener:
        made.open((gate.jump_host(),), "127.0.0.1", listener.getsockname()[1], soon()).close()
        with listener.accept()[0] as accepted:
            assert ended(accepted)

        with made.open((gate.jump_host(),), "127.0.0.1", listener.getsockname()[1], soon()) as line:
            accepted, _ = listener.accept()
            accepted.sendall(b"x" * MEGABYTE)
            accepted.close()
            got = bytearray()
            while part := line.recv(65536):
                got += part
            assert len(got) == MEGABYTE
        until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("ssh-line")])
        assert gate.connections == 1


def test_what_comes_too_late_reaches_nobody(gate: Sshd, service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was to go over a line that has ended goes over no other that got its number, and breaks none."""
    ready, go = threading.Event(), threading.Event()
    with tunnels() as made:
        ssh = made._connection((gate.jump_host(),))
        first = ssh.open("127.0.0.1", service, soon())
        transport, send = first.transport, first.transport._send_user_message

        def held(message: Message) -> None:
            if message.asbytes()[0] == CHANNEL_DATA and not ready.is_set():
                ready.set()
                go.wait()
            send(message)

        monkeypatch.setattr(transport, "_send_user_message", held)
        late = threading.Thread(target=first.sendall, args=(b"late",))
        late.start()
        ready.wait()
        first.close()
        until(lambda: transport._channels.get(first.chanid) is None)
        second = ssh.open("127.0.0.1", service, soon())
        assert second.remote_chanid == first.remote_chanid
        go.set()
        late.join()
        second.sendall(b"own")
        assert second.recv(100) == b"own"
        second.close()
        until(lambda: transport._channels.get(second.chanid) is None)
        assert reaches(made, service, gate.jump_host())
    assert gate.connections == 1


def test_a_jump_host_that_dies_and_returns(gate: Sshd, service: int) -> None:
    """Lines end at once; those who ask again meanwhile wait for it, and share the one new connection."""
    with tunnels() as made, ThreadPoolExecutor(10) as pool:
        line = made.open((gate.jump_host(),), "127.0.0.1", service, soon())
        assert says(line, b"hello") == b"hello"
        gate.kill()
        with line:
            assert ended(line)
        asking = [pool.submit(reaches, made, service, gate.jump_host()) for _ in range(10)]
        time.sleep(1)
        gate.start()
        assert [one.result() for one in asking] == [True] * 10
        assert gate.connections == 2


def test_a_jump_host_that_dies_and_does_not_return(gate: Sshd, service: int) -> None:
    """It is waited for as long as the one who asks has time."""
    with tunnels() as made:
        assert reaches(made, service, gate.jump_host())
        gate.kill()
        until(lambda: not made._connection((gate.jump_host(),))._transport.is_active())  # type: ignore[union-attr]
        began = time.monotonic()
        with pytest.raises(JumpHostUnreachable):
            made.open((gate.jump_host(),), "127.0.0.1", service, soon(1.5))
        assert 0.5 < time.monotonic() - began < 10


def test_a_jump_host_that_falls_silent(gate: Sshd, service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stands but nobody answers: found out by the sign of life that does not come."""
    monkeypatch.setattr(connection, "KEEPALIVE_SECONDS", 0.3)
    with tunnels() as made, made.open((gate.jump_host(),), "127.0.0.1", service, soon()) as line:
        time.sleep(1)
        assert says(line, b"hello") == b"hello", "a jump host that answers is left alone"
        with gate.frozen():
            assert ended(line)


def test_nobody_waits_longer_than_agreed(gate: Sshd, service: int) -> None:
    """A jump host that hangs holds up nobody for longer than the deadline."""
    with tunnels() as made:
        assert reaches(made, service, gate.jump_host())
        with gate.frozen():
            began = time.monotonic()
            with pytest.raises(Unreachable, check=with_reason("no answer on the port, seen from the jump host `gate`")):
                made.open((gate.jump_host(),), "127.0.0.1", service, soon(0.5))
            assert time.monotonic() - began < 10


def close_with_a_line(made: Tunnels, gate: Sshd, service: int) -> None:
    """A line is in use."""
    line = made.open((gate.jump_host(),), "127.0.0.1", service, soon())
    made.close()
    with line:
        assert ended(line)


def close_while_waiting(made: Tunnels, gate: Sshd, service: int) -> None:
    """Somebody waits for a jump host that has died."""
    assert reaches(made, service, gate.jump_host())
    gate.kill()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reaches, made, service, gate.jump_host())
        time.sleep(1)
        made.close()
        with pytest.raises(JumpHostUnreachable, check=with_reason("the run is over")):
            waiting.result(timeout=120)


def close_and_ask(made: Tunnels, gate: Sshd, service: int) -> None:
    """Somebody asks afterwards."""
    assert reaches(made, service, gate.jump_host())
    made.close()
    with pytest.raises(JumpHostUnreachable, check=with_reason("the run is over")):
        reaches(made, service, gate.jump_host())
    assert gate.connections == 1


@pytest.mark.parametrize("case", [close_with_a_line, close_while_waiting, close_and_ask])
def test_closing(gate: Sshd, service: int, case: Callable[[Tunnels, Sshd, int], None]) -> None:
    """Whatever goes on, nothing stays (`tunnels` looks for threads and sockets) and nobody connects anew."""
    with tunnels() as made:
        case(made, gate, service)
