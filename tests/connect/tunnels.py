"""What tests of tunnels share: a service to reach, ways to it, and a look at what is left afterwards."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.lockout.ledger import Ledger
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.clock import Deadline
from orchestrator.model.host import JumpHost
from tests.passwords import Passwords
from tests.sshd import PASSWORD, Sshd

SECONDS = 20.0
"""More than anything here needs."""


class _Echo(socketserver.BaseRequestHandler):
    """Sends back what it gets."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while part := self.request.recv(65536):
                self.request.sendall(part)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 100
    daemon_threads = True
    block_on_close = False


@contextmanager
def echo() -> Iterator[int]:
    """The port of a service on 127.0.0.1 that sends back what it gets."""
    with _Server(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def closed_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def tunnels(secrets: Passwords | None = None) -> Iterator[Tunnels]:
    """Tunnels for the time of the block; afterwards nothing is left of them."""
    threads, connections = set(threading.enumerate()), _connections()
    guard = Guard(Ledger(None))
    made = Tunnels(secrets or Passwords(PASSWORD), guard)
    try:
        yield made
    finally:
        made.close()
        guard.close()
    until(lambda: set(threading.enumerate()) <= threads and _connections() <= connections)


def _connections() -> set[tuple[object, ...]]:
    """The sockets of this process that are connected, or were."""
    sockets = psutil.Process().net_connections("tcp4")
    return {(one.fd, one.laddr, one.raddr) for one in sockets if one.status != psutil.CONN_LISTEN}


def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Waits for something that has to come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def soon(seconds: float = SECONDS) -> Deadline:
    return Deadline.after(seconds)


def says(line: socket.socket, text: bytes) -> bytes:
    """What a service sends back, as many bytes as it was sent."""
    line.settimeout(SECONDS)
    answer = bytearray()
    sending = threading.Thread(target=line.sendall, args=(text,))
    sending.start()
    while len(answer) < len(text):
        part = line.recv(65536)
        if not part:
            break
        answer += part
    sending.join()
    return bytes(answer)


def reaches(made: Tunnels, port: int, *via: JumpHost) -> bool:
    """Whether a service that sends back what it gets is reached by a way."""
    with made.open(via, "127.0.0.1", port, soon()) as line:
        return says(line, b"hello") == b"hello"


def refused_log_ons(server: Sshd) -> int:
    """How many attempts to log on a server has refused; asking which ways there are is none."""
    return sum(server.logged(f"Failed {way}") for way in ("password", "publickey", "keyboard-interactive"))
