"""Connections to the hosts of a run: straight or through jump hosts, each logged on by its own `PywinrmConnection`.

pywinrm blocks, so what is done for hosts is done on a bounded pool of threads, one call at a time for each host.
"""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from orchestrator.connect.credentials import Secrets
from orchestrator.connect.https import Securities
from orchestrator.connect.jump_hosts import JumpHosts
from orchestrator.connect.knock import knock
from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.lockout.ledger import Ledger
from orchestrator.connect.lockout.trial import ChallengeStale, Trial
from orchestrator.connect.pywinrm import PywinrmConnection
from orchestrator.connect.transport import WinRMTransport
from orchestrator.model import threads as pools
from orchestrator.model.clock import Clock, Deadline
from orchestrator.model.host import Host, in_one_form, is_ip_address
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
        guard: Keeps accounts from being locked; unless given, one that remembers nothing of other runs.
        knocks: At how many hosts may be knocked at the same moment, beside those in an exchange; 0 where that is
            hardly done.

    Raises:
        ResourcesExhausted: This computer does not allow so many threads.
    """

    def __init__(
        self,
        passwords: PasswordSource,
        threads: int,
        clock: Clock | None = None,
        guard: Guard | None = None,
        knocks: int = 0,
    ) -> None:
        self._passwords = passwords
        self._clock = clock or Clock()
        self._guard = guard or Guard(Ledger(None))
        self._securities = Securities()
        self._jump_hosts = JumpHosts(passwords, self._guard)
        self._executor = pools.started(threads, "winrm")
        self._knocking = pools.started(knocks, "knock") if knocks else self._executor
        self._orphans: dict[str, list[str]] = defaultdict(list)

    async def addresses(self, host: Host) -> frozenset[str]:
        if is_ip_address(host.address) or host.via:
            return frozenset({in_one_form(host.address)})
        return await self._in_thread(_looked_up, host.address)

    async def knock(self, host: Host) -> None:
        await asyncio.get_running_loop().run_in_executor(self._knocking, knock, host, self._jump_hosts)

    async def connect(self, host: Host, deadline: Deadline) -> PywinrmConnection:
        secrets = await self._in_thread(Secrets.of, host.credential, self._passwords.resolve)
        trial = Trial(self._guard, host, secrets)
        try:
            try:
                return await self._connect(host, secrets, trial, deadline)
            except ChallengeStale:
                return await self._connect(host, secrets, trial, deadline)
        finally:
            trial.leave()

    def close(self) -> None:
        """Lets the threads go, and the jump hosts; connections have been closed by their owners."""
        self._guard.close()
        for pool in (self._executor, self._knocking):
            pool.shutdown(wait=False, cancel_futures=True)
        self._jump_hosts.close()

    async def _connect(self, host: Host, secrets: Secrets, trial: Trial, deadline: Deadline) -> PywinrmConnection:
        security = await self._in_thread(self._securities.of, host, secrets.key_password)
        transport = WinRMTransport(host, secrets, security, self._clock, trial)
        if host.via:
            transport.speak_over(await self._in_thread(self._tunnel_to, host, deadline.within(TUNNEL_SECONDS)))
        connection = PywinrmConnection(host, transport, self._in_thread, self._orphans[host.name])
        await connection.log_on(deadline)
        return connection

    def _tunnel_to(self, host: Host, deadline: Deadline) -> socket.socket:
        return self._jump_hosts.open(host.via, host.address, host.port, deadline)

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _looked_up(name: str) -> frozenset[str]:
    try:
        return frozenset(
            in_one_form(str(found[-1][0])) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        )
    except (OSError, UnicodeError):  # told by whoever connects
        return frozenset()
