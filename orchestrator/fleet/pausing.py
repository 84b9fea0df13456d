"""A run that pauses when what a host is logged on with cannot be had any more, before anything of it is tried."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from orchestrator.connect.connection import Connection, Connector
from orchestrator.connect.tickets import Ticket, Tickets, takes_ticket
from orchestrator.fleet.stop import Stoppable, StoppedBy
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import RunStopped, SecretUnavailable
from orchestrator.model.host import Host
from orchestrator.model.message import Message, message
from orchestrator.model.result import shown


@message("paused-without-secret")
def _without_secret(problem: str) -> None: ...


@message("paused-without-ticket")
def _without_ticket(cache: str) -> None: ...


@message("paused-ticket-ended")
def _ticket_ended(account: str, cache: str, ended: str) -> None: ...


@dataclass
class PausingConnector:
    """Connects as another does, as long as there is something to log on with; then the run is stopped.

    Hosts that are at work, and those that come back from a rest, are gone on with when the run is: the refusal of what
    is known to be no good would be theirs, and count against the account.

    Attributes:
        connector: Makes the connections.
        stop: The run's.
    """

    connector: Connector
    stop: Stoppable
    _tickets: Tickets = field(default_factory=Tickets)

    async def addresses(self, host: Host) -> frozenset[str]:
        return await self.connector.addresses(host)

    async def knock(self, host: Host) -> None:
        await self.connector.knock(host)

    async def connect(self, host: Host, deadline: Deadline) -> Connection:
        """As `Connector.connect`. Raises RunStopped where the run pauses."""
        if takes_ticket(host):
            ticket = await asyncio.to_thread(self._tickets.of, host)
            if ticket is not None and not ticket.serves:
                await self._pause(_missed(ticket))
        try:
            return await self.connector.connect(host, deadline)
        except SecretUnavailable as error:
            await self._pause(_without_secret(str(error)))
            raise

    async def _pause(self, reason: Message) -> None:
        await self.stop.stop(StoppedBy.CREDENTIAL, reason)
        raise RunStopped(reason)


def _missed(ticket: Ticket) -> Message:
    if ticket.ends is None:
        return _without_ticket(ticket.cache)
    return _ticket_ended(ticket.account, ticket.cache, shown(ticket.ends))
