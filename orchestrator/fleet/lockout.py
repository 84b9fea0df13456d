"""The lockout guard: a wrong password must not be tried on four thousand machines.

Until a credential has been accepted somewhere, one host at a time tries it. When the first few all refuse it, the run
is stopped; a domain account is then still below the usual lockout threshold (five or more).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from orchestrator.connect.carrier import Carrier, Connector
from orchestrator.connect.translation import NO_ANSWER
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import LogonImpossible, LogonRefused, RunStopped, Unreachable
from orchestrator.model.host import CredentialReference, Host

REFUSALS_ALLOWED = 3
PROBE_SECONDS = 10.0


@dataclass
class _Trial:
    """What is known of a credential."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    refusals: int = 0
    accepted: bool = False


class LockoutGuard:
    """A Connector that lets an untried credential be tried carefully."""

    def __init__(self, connector: Connector, stop: StopSignal) -> None:
        self._connector = connector
        self._stop = stop
        self._trials: dict[CredentialReference, _Trial] = defaultdict(_Trial)

    async def connect(self, host: Host, deadline: Deadline) -> Carrier:
        trial = self._trials[host.credential]
        if not trial.accepted:
            if not await self.probe(host, deadline.within(PROBE_SECONDS)):
                raise Unreachable(NO_ANSWER(), address=host.place)
            async with trial.turn:
                carrier = await self._take_turn(host, trial, deadline)
            if carrier is not None:
                return carrier
        return await self._connector.connect(host, deadline)

    async def probe(self, host: Host, deadline: Deadline) -> bool:
        return await self._connector.probe(host, deadline)

    async def _take_turn(self, host: Host, trial: _Trial, deadline: Deadline) -> Carrier | None:
        """Tries the credential, unless another host has shown meanwhile that it is good."""
        if trial.accepted:
            return None
        if trial.refusals >= REFUSALS_ALLOWED:
            raise RunStopped(self._stop.reason or "the log-on was refused elsewhere")
        try:
            carrier = await self._connector.connect(host, deadline)
        except LogonImpossible:
            raise  # nobody judged the credential, so nothing was learnt of it and nothing counted against it
        except LogonRefused:
            trial.refusals += 1
            if trial.refusals >= REFUSALS_ALLOWED:
                self._stop.set(
                    StoppedBy.GUARD,
                    f"not tried: the first {trial.refusals} hosts refused {host.credential.account}; "
                    "check the credential before the account is locked",
                )
            raise
        trial.accepted = True
        return carrier
