"""Ways to hosts through jump hosts: raw TCP over SSH, one connection to each jump host for all that is behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable

from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.tunnel.connection import OPEN_SECONDS, Dial, Refusals, SshConnection
from orchestrator.connect.tunnel.logon import Identities, SecretSource
from orchestrator.connect.tunnel.transport import Line, Stream
from orchestrator.connect.tunnel.trust import known_keys
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import JumpHostUnreachable, Unreachable
from orchestrator.model.host import JumpHost
from orchestrator.model.message import Message, message, phrase

Via = tuple[JumpHost, ...]


_RUN_OVER = phrase("run-over")


@message("jump-host-cannot-reach-next")
def _cannot_reach_next(next: str, why: Message) -> None:  # noqa: A002 - the parameter's name in the sentence
    """Why is what the jump host before it says of anything that is behind it."""


def check(hops: Iterable[JumpHost], secrets: SecretSource) -> None:
    """Looks whether what logging on to jump hosts needs is there, before anything is begun; connects to nobody.

    Raises:
        UsageError: Keys, agent, secrets or known hosts are missing; the text names the jump host, and says what to do.
    """
    identities = Identities(secrets)
    for hop in dict.fromkeys(hops):
        known_keys(hop)
        identities.check(hop)


class Tunnels:
    """All SSH connections of a run; may be used on any thread. The guard is asked before a password is said."""

    def __init__(self, secrets: SecretSource, guard: Guard) -> None:
        self._identities = Identities(secrets)
        self._guard = guard
        self._refusals: Refusals = {}
        self._lock = threading.Lock()
        self._connections: dict[Via, SshConnection] = {}
        self._lines: set[Line] = set()
        self._closed = False

    def open(self, via: Via, address: str, port: int, deadline: Deadline) -> socket.socket:
        """A connected socket whose other end is the last jump host's connection to an address, which it looks up.

        Args:
            via: At least one jump host, the nearest to us first.
            address: DNS name or IP address, as the last jump host sees it.
            port: TCP port.
            deadline: Until when it has to be there.

        Raises:
            JumpHostUnreachable: There is no SSH connection to a jump host on the way, nor was there one in time.
            JumpHostRefused: A jump host is not the one that we know, or lets us not in or not on.
            Unreachable: The last jump host cannot connect to the address.
        """
        line = Line(self._connection(via).open(address, port, deadline), self._forget)
        with self._lock:
            closed = self._closed
            if not closed:
                self._lines.add(line)
        line.start()
        if closed:
            line.near.close()
            line.end()
            raise JumpHostUnreachable(_RUN_OVER())
        return line.near

    def close(self) -> None:
        """Ends every line and every connection; returns when no thread and no socket of them is left."""
        with self._lock:
            self._closed = True
            lines = list(self._lines)
            connections = [self._connections[via] for via in sorted(self._connections, key=len, reverse=True)]
        for connection in connections:
            connection.close()
        for line in lines:
            line.end()

    def _connection(self, via: Via) -> SshConnection:
        with self._lock:
            if via not in self._connections:
                self._connections[via] = SshConnection(
                    via[-1], self._dial(via), self._identities, self._guard, self._refusals
                )
            return self._connections[via]

    def _dial(self, via: Via) -> Dial:
        """How the last jump host of a way is reached."""
        *before, hop = via

        def straight(deadline: Deadline) -> Stream:
            return socket.create_connection((hop.address, hop.port), timeout=deadline.within(OPEN_SECONDS).remaining)

        def through(deadline: Deadline) -> Stream:
            try:
                channel: Stream = self._connection(tuple(before)).open(hop.address, hop.port, deadline)
            except JumpHostUnreachable:
                raise
            except Unreachable as error:
                reason = _cannot_reach_next(hop.name, error.reason)
                raise JumpHostUnreachable(reason, remedy=error.remedy, **error.evidence) from error
            return channel

        return through if before else straight

    def _forget(self, line: Line) -> None:
        with self._lock:
            self._lines.discard(line)
