"""Turns: hosts of a run that are reached at one and the same address and port are worked on one after the other.

Two names may lead to one machine: an alias, or what DNS has not forgotten. Which of them it has, it says itself; here
it only matters that nobody works on it twice at the same moment. What leads there is compared behind the same jump host
alone, since addresses of one network mean other machines in another; names are looked up by the jump host, so that
there only equal ones are known to lead to one place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.model.host import Host, JumpHost

Place: TypeAlias = tuple[str, int, tuple[JumpHost, ...]]


@dataclass
class Turns:
    """Who is at work where.

    A host takes all places that its name leads to at once when it begins, and none afterwards, so that no two wait for
    each other; it keeps them to its end, over restarts too.

    Attributes:
        addresses: What leads to a host, as `Connector.addresses` tells it.
    """

    addresses: Callable[[Host], Awaitable[frozenset[str]]]
    _places: dict[str, frozenset[Place]] = field(default_factory=dict)
    _taken: dict[Place, str] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    async def before(self, host: Host) -> str | None:
        """The name of a host that is at work where this one is; None when it is this one's turn, until it ends."""
        if host.name in self._begun:
            return None
        if host.name not in self._places:
            found = await self.addresses(host)
            self._places[host.name] = frozenset((address, host.port, host.via) for address in found)
        places = self._places[host.name]
        if others := sorted(self._taken[place] for place in places & self._taken.keys()):
            return others[0]
        self._begun.add(host.name)
        self._taken.update(dict.fromkeys(places, host.name))
        return None

    def end(self, name: str) -> None:
        """The next one's turn."""
        self._begun.discard(name)
        for place in self._places.pop(name, frozenset()):
            if self._taken.get(place) == name:
                del self._taken[place]
