"""The lockout guard: a wrong password must not be tried on four thousand machines.

Until a credential has been accepted somewhere, one host at a time tries it. When the first few all refuse it, the run
is stopped; a domain account is then still below the usual lockout threshold (five or more).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from orchestrator.connect.connection import Connection, Connector
from orchestrator.connect.translation import NO_ANSWER
from orchestrator.fleet.stop import Stoppable, StoppedBy
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import LogonImpossible, LogonRefused, RunStopped, Unreachable
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.message import message, phrase

REFUSALS_ALLOWED = 3
PROBE_SECONDS = 10.0

_REFUSED_ELSEWHERE = phrase("run-logon-refused-elsewhere")


@message("run-credential-not-tried")
def _not_tried(refusals: int, account: str) -> None: ...


class Verdict(StrEnum):
    """How a trial of a credential ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNJUDGED = "unjudged"
    """Nobody judged the credential, so nothing was learnt of it and nothing counts against it."""


@dataclass(frozen=True)
class Standing:
    """What is known of a credential."""

    accepted: bool = False
    refusals: int = 0


class Trials(Protocol):
    """What all who use a credential know of it together; processes can share it.

    Who can not be asked raises: then nobody logs on. A turn whose holder died is over after a while, and counts as a
    refusal, since it may have been one.
    """

    async def standing(self, credential: CredentialReference) -> Standing:
        """What is known at this moment."""
        ...

    async def begin(self, credential: CredentialReference) -> Standing:
        """Waits until nobody else tries it, and takes the turn, which is held until `end`."""
        ...

    async def end(self, credential: CredentialReference, verdict: Verdict) -> None:
        """Tells how the trial ended, and gives the turn to the next."""
        ...


class OwnTrials:
    """Trials of one process."""

    def __init__(self) -> None:
        self._known: dict[CredentialReference, _Known] = defaultdict(_Known)

    async def standing(self, credential: CredentialReference) -> Standing:
        return self._known[credential].standing

    async def begin(self, credential: CredentialReference) -> Standing:
        known = self._known[credential]
        await known.turn.acquire()
        return known.standing

    async def end(self, credential: CredentialReference, verdict: Verdict) -> None:
        known = self._known[credential]
        if verdict is Verdict.ACCEPTED:
            known.standing = Standing(accepted=True, refusals=known.standing.refusals)
        elif verdict is Verdict.REFUSED:
            known.standing = Standing(known.standing.accepted, known.standing.refusals + 1)
        known.turn.release()


@dataclass
class _Known:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    standing: Standing = Standing()


class LockoutGuard:
    """A Connector that lets an untried credential be tried carefully."""

    def __init__(self, connector: Connector, stop: Stoppable, trials: Trials | None = None) -> None:
        self._connector = connector
        self._stop = stop
        self._trials = trials or OwnTrials()

    async def connect(self, host: Host, deadline: Deadline) -> Connection:
        if not (await self._trials.standing(host.credential)).accepted:
            if not await self.probe(host, deadline.within(PROBE_SECONDS)):
                raise Unreachable(NO_ANSWER(), address=host.place)
            connection = await self._take_turn(host, deadline)
            if connection is not None:
                return connection
        return await self._connector.connect(host, deadline)

    async def probe(self, host: Host, deadline: Deadline) -> bool:
        return await self._connector.probe(host, deadline)

    async def _take_turn(self, host: Host, deadline: Deadline) -> Connection | None:
        """Tries the credential, unless another host has shown meanwhile that it is good."""
        standing = await self._trials.begin(host.credential)
        verdict = Verdict.UNJUDGED
        try:
            if standing.accepted:
                return None
            if standing.refusals >= REFUSALS_ALLOWED:
                raise RunStopped(await self._stop.stopped() or _REFUSED_ELSEWHERE())
            connection = await self._connector.connect(host, deadline)
            verdict = Verdict.ACCEPTED
        except LogonImpossible:
            raise
        except LogonRefused:
            verdict = Verdict.REFUSED
            await self._refused(host.credential, standing.refusals + 1)
            raise
        finally:
            await self._trials.end(host.credential, verdict)
        return connection

    async def _refused(self, credential: CredentialReference, refusals: int) -> None:
        if refusals >= REFUSALS_ALLOWED:
            await self._stop.stop(StoppedBy.GUARD, _not_tried(refusals, credential.account))
