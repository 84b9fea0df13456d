"""Connections to the hosts of a run: straight or through jump hosts, each logged on by its own `PywinrmConnection`.

pywinrm blocks, so what is done for hosts is done on a bounded pool of threads, one call at a time for each host.
"""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from orchestrator.connect.credentials import Secrets
from orchestrator.connect.https import Securities
from orchestrator.connect.pywinrm import PywinrmConnection
from orchestrator.connect.translation import NAME_UNKNOWN
from orchestrator.connect.transport import WinRMTransport
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.clock import Clock, Deadline
from orchestrator.model.errors import JumpHostUnreachable, NameUnknown, Unreachable
from orchestrator.model.host import Host
from orchestrator.model.secret import Secret

T = TypeVar("T")

TUNNEL_SECONDS = 60.0
"""How long jump hosts on the way may take to be connected to; one of them may be starting again."""


class PasswordSource(Protocol):
    """Where passwords come from at the moment of use."""

    def resolve(self, reference: str) -> Secret: ...


class PywinrmConnector:
    """Logs on to hosts; one for a run.

    Args:
        passwords: Resolves credential references.
        threads: How many hosts may be in an exchange at the same moment.
        clock: What hosts' clocks are compared with; the run's.
    """

    def __init__(self, passwords: PasswordSource, threads: int, clock: Clock | None = None) -> None:
        self._passwords = passwords
        self._clock = clock or Clock()
        self._securities = Securities()
        self._tunnels = Tunnels(passwords)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="winrm")
        self._orphans: dict[str, list[str]] = defaultdict(list)

    async def connect(self, host: Host, deadline: Deadline) -> PywinrmConnection:
        transport = await self._in_thread(self._transport_to, host)
        if host.via:
            transport.speak_over(await self._in_thread(self._tunnel_to, host, deadline.within(TUNNEL_SECONDS)))
        connection = PywinrmConnection(host, transport, self._in_thread, self._orphans[host.name])
        await connection.log_on(deadline)
        return connection

    async def probe(self, host: Host, deadline: Deadline) -> bool:
        if host.via:
            return await self._in_thread(self._probe_through, host, deadline)
        try:
            async with asyncio.timeout(deadline.remaining):
                _, writer = await asyncio.open_connection(host.address, host.port)
        except socket.gaierror as error:
            raise NameUnknown(NAME_UNKNOWN(), address=host.place) from error
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    def close(self) -> None:
        """Lets the threads go, and the jump hosts; connections have been closed by their owners."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._tunnels.close()

    def _transport_to(self, host: Host) -> WinRMTransport:
        secrets = Secrets.of(host.credential, self._passwords.resolve)
        return WinRMTransport(host, secrets, self._securities.of(host, secrets.key_password), self._clock)

    def _tunnel_to(self, host: Host, deadline: Deadline) -> socket.socket:
        return self._tunnels.open(host.via, host.address, host.port, deadline)

    def _probe_through(self, host: Host, deadline: Deadline) -> bool:
        try:
            self._tunnel_to(host, deadline).close()
        except JumpHostUnreachable:
            raise
        except Unreachable:
            return False
        return True

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
