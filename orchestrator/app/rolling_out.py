"""The rollout of a run: its playbook's strategy, and the hosts and groups that this names, found in the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.fleet.rollout import Rollout
from orchestrator.inventory.patterns import Inventory
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.host import Host
from orchestrator.playbook.plan import Playbook
from orchestrator.playbook.strategy import EACH, Strategy

_BETWEEN_WAVES: Final = ("approval", "bake_minutes", "success")


def check_strategy(playbook: Playbook) -> None:
    """Refuses what has to hold between two waves where the playbook, as it is to be run, has none.

    Raises:
        UsageError: It names file and keys.
    """
    strategy = playbook.strategy
    if strategy.canary or strategy.waves:
        return
    unset = Strategy()
    idle = [key for key in _BETWEEN_WAVES if getattr(strategy, key) != getattr(unset, key)]
    if idle:
        keys = " and ".join(f"`strategy.{key}`" for key in idle)
        raise UsageError(
            f"{playbook.path}: {keys} would have no effect, since all machines are one wave; say `strategy.waves` as "
            "well, as in [1, 10%, 100%], or `strategy.canary`"
        )


def rollout_of(playbook: Playbook, inventory: Inventory, hosts: Sequence[Host], *, changes: bool, seed: str) -> Rollout:
    """The rollout of a playbook.

    Args:
        playbook: Whose strategy, guards and limits they are.
        inventory: All that it has.
        hosts: Those of it that are meant.
        changes: Whether they may be changed; guards stop nothing else.
        seed: What chance goes by where the strategy does not say.

    Raises:
        UsageError: A pattern of the canary matches no host of the inventory, or a limit is that of no group.
    """
    strategy, limits = playbook.strategy, playbook.limits
    canary: Sequence[Host] = ()
    if strategy.canary:
        try:
            chosen = {host.name for host in inventory.select(",".join(strategy.canary))}
        except UsageError as error:
            raise UsageError(f"{playbook.path}: `strategy.canary`: {error}") from None
        canary = [host for host in hosts if host.name in chosen]
    of_groups = {
        key: _in_inventory(getattr(limits, key), inventory, f"{playbook.path}: `limits.{key}`")
        for key in ("per_group", "push_bytes_per_second_per_group")
    }
    return Rollout.of(
        hosts,
        strategy,
        playbook.guards if changes else None,
        limits.model_copy(update=of_groups),
        canary=canary,
        seed=seed,
    )


def _in_inventory(limits: Mapping[str, int], inventory: Inventory, where: str) -> dict[str, int]:
    """Limits of groups by the names that the inventory has for them. Raises UsageError, which begins with `where`."""
    known = {name.casefold(): name for name in inventory.groups} | {EACH: EACH}
    for name in limits:
        if name.casefold() not in known:
            hint = did_you_mean(name, inventory.groups) or f"; it has {', '.join(inventory.groups) or 'none'}"
            raise UsageError(f"{where}: the inventory has no group `{name}`{hint}")
    return {known[name.casefold()]: most for name, most in limits.items()}
