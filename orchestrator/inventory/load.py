"""Reads an inventory from its source: expands its hosts, settles what each inherits, refuses what is ambiguous."""

from __future__ import annotations

from pathlib import Path

from orchestrator.inventory.entries import InventoryFile
from orchestrator.inventory.groups import Groups
from orchestrator.inventory.jump_hosts import JumpHosts
from orchestrator.inventory.members import Members
from orchestrator.inventory.patterns import Inventory
from orchestrator.inventory.resolving import Resolving
from orchestrator.inventory.sources import source_of
from orchestrator.model.document import Problems


def load_inventory(path: Path) -> Inventory:
    """Read an inventory.

    What is said of a host counts before what its groups say, an inner group before one around it, and `all` last.

    Raises:
        DocumentError: The file cannot be used. Every problem in it is told with its line.
    """
    document = source_of(path)(path)
    file = document.parse(InventoryFile)
    problems = Problems(path)
    groups = Groups(file.groups, document, problems)
    jump_hosts = JumpHosts(file.jump_hosts, document, problems)
    jump_hosts.check_all(file)
    problems.check()
    members = Members(document, groups, problems)
    members.add_groups()
    members.add_hosts(file.hosts)
    problems.check()
    if not members.names:
        problems.stop(1, "there is no host in it; name some under `hosts`, or under `hosts` of a group")
    hosts = Resolving(file.all, groups, jump_hosts, members, document, problems).hosts()
    problems.check()
    return Inventory(path, hosts, tuple(groups.names.values()))
