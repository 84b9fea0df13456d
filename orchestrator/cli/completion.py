"""What a shell may complete besides commands and files: playbooks, earlier runs, and the hosts of an inventory.

Nothing here complains: where a file cannot be used, nothing is offered, and the command itself tells why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import typer

from orchestrator.model.errors import UsageError


def playbooks(incomplete: str) -> list[str]:
    """The shipped playbooks."""
    from orchestrator.playbook import shipped_files

    return _beginning(incomplete, shipped_files())


def runs(incomplete: str) -> list[str]:
    """`last`, and the runs below the state folder, newest first."""
    from orchestrator.runs.folders import LAST, run_folders

    try:
        folders = run_folders()
    except (UsageError, OSError):
        return []
    return _beginning(incomplete, (LAST, *(folder.name for folder in folders)))


def host(ctx: typer.Context, incomplete: str) -> list[str]:
    """The hosts of the inventory that stands before it on the line."""
    return _beginning(incomplete, _hosts_and_groups(ctx)[0])


def endings(incomplete: str) -> list[str]:
    """The last of several ways in which hosts of a run can have ended."""
    from orchestrator.runs.past_hosts import ENDINGS

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + ending for ending in _beginning(last, ENDINGS)]


def known_host(incomplete: str) -> list[str]:
    """The hosts of the newest run."""
    from orchestrator.runs.store import newest_run

    try:
        run = newest_run(lambda _: True)
    except (UsageError, OSError):
        return []
    return _beginning(incomplete, [host.name for host in run.hosts] if run else [])


def pattern(ctx: typer.Context, incomplete: str) -> list[str]:
    """The last part of a pattern of hosts: the groups of the inventory, and its hosts."""
    return _last_part(incomplete, *_hosts_and_groups(ctx))


def pattern_of_run(ctx: typer.Context, incomplete: str) -> list[str]:
    """The same, of the groups and hosts of the earlier run that stands before it on the line."""
    from orchestrator.runs.store import find_run

    try:
        result = find_run(str(ctx.params.get("run")))
    except (UsageError, OSError):
        return []
    groups = dict.fromkeys(group for host in result.hosts for group in host.groups)
    return _last_part(incomplete, [host.name for host in result.hosts], list(groups))


def _last_part(incomplete: str, hosts: list[str], groups: list[str]) -> list[str]:
    last = re.split("[,!&]", incomplete)[-1]
    before = incomplete.removesuffix(last)
    return [before + name for name in _beginning(last, (*groups, *hosts))]


def _hosts_and_groups(ctx: typer.Context) -> tuple[list[str], list[str]]:
    file = ctx.params.get("inventory")
    if file is None:
        return [], []
    from orchestrator.inventory.load import load_inventory

    try:
        inventory = load_inventory(Path(file))
    except (UsageError, OSError):
        return [], []
    return [host.name for host in inventory.hosts], list(inventory.groups)


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
