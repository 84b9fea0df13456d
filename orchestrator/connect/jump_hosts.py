"""The jump hosts of a run, for which SSH is loaded when the first of them is needed: most fleets have none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.connect.lockout.guard import Guard
from orchestrator.model.clock import Deadline
from orchestrator.model.host import JumpHost

if TYPE_CHECKING:
    from orchestrator.connect.tunnel.logon import SecretSource
    from orchestrator.connect.tunnel.tunnels import Tunnels


def check(hops: Iterable[JumpHost], secrets: SecretSource) -> None:
    """Looks whether all is there that logging on to them needs; see `tunnel.tunnels.check`. Raises UsageError."""
    if hops := list(hops):
        from orchestrator.connect.tunnel import tunnels  # noqa: PLC0415 - see above

        tunnels.check(hops, secrets)


class JumpHosts:
    """Ways through them; may be used on any thread."""

    def __init__(self, secrets: SecretSource, guard: Guard) -> None:
        self._secrets = secrets
        self._guard = guard
        self._lock = threading.Lock()
        self._tunnels: Tunnels | None = None
        self._closed = False

    def open(self, via: tuple[JumpHost, ...], address: str, port: int, deadline: Deadline) -> socket.socket:
        """A socket that leads to an address behind them; see `Tunnels.open`."""
        from orchestrator.connect.tunnel.tunnels import Tunnels  # noqa: PLC0415 - see above

        with self._lock:
            if self._tunnels is None:
                self._tunnels = Tunnels(self._secrets, self._guard)
                if self._closed:
                    self._tunnels.close()
        return self._tunnels.open(via, address, port, deadline)

    def close(self) -> None:
        """Ends all ways; nobody opens another."""
        with self._lock:
            self._closed = True
        if self._tunnels is not None:
            self._tunnels.close()
