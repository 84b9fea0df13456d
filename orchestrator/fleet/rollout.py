"""Rollout: what a strategy comes to for the hosts of a run: which of them are a wave, in which order."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from orchestrator.model.host import Host
from orchestrator.playbook.strategy import Guards, Limits, Strategy, share_of


@dataclass(frozen=True)
class Rollout:
    """How a run goes over its hosts.

    Attributes:
        waves: The names of all hosts, wave by wave, in the order in which they are begun with.
        strategy: What has to hold between two waves.
        guards: What stops the run; None where it changes nothing, and so need not be stopped.
        limits: How fast it may go.
    """

    waves: tuple[tuple[str, ...], ...]
    strategy: Strategy = field(default_factory=Strategy)
    guards: Guards | None = None
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(
        cls,
        hosts: Sequence[Host],
        strategy: Strategy,
        guards: Guards | None,
        limits: Limits,
        *,
        canary: Sequence[Host] = (),
        seed: str,
    ) -> Rollout:
        """The rollout of a strategy.

        Args:
            hosts: All that are meant, in the order of the inventory.
            strategy: How.
            guards: See `Rollout`.
            limits: See `Rollout`.
            canary: Those of the hosts that the strategy's patterns name.
            seed: Where the strategy has none.
        """
        first = {host.name for host in canary}
        rest = _ordered([host for host in hosts if host.name not in first], strategy, seed)
        names = [*(host.name for host in canary), *(host.name for host in rest)]
        ends = sorted({end for wave in strategy.waves if (end := _hosts(wave, len(names))) > len(first)})
        borders = [0, *([len(first)] if first else []), *ends]
        if borders[-1] < len(names):
            borders.append(len(names))
        waves = tuple(tuple(names[one:other]) for one, other in pairwise(borders))
        return cls(waves, strategy, guards, limits)


def _hosts(amount: int | str, total: int) -> int:
    share = share_of(amount)
    return min(total, math.ceil(share * total) if share is not None else int(amount))


def _ordered(hosts: Sequence[Host], strategy: Strategy, seed: str) -> Sequence[Host]:
    if strategy.order == "random":
        shuffled = list(hosts)
        random.Random(seed if strategy.seed is None else strategy.seed).shuffle(shuffled)  # noqa: S311 - no secret
        return shuffled
    return list(_in_turn(hosts)) if strategy.order == "group" else hosts


def _in_turn(hosts: Sequence[Host]) -> Iterator[Host]:
    """A host of each group after the other; what counts of a host's groups is the nearest."""
    groups: dict[str, list[Host]] = {}
    for host in hosts:
        groups.setdefault(host.groups[0] if host.groups else "", []).append(host)
    for turn in zip_longest(*groups.values()):
        yield from (host for host in turn if host is not None)
