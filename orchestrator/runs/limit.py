"""Some hosts of a run that is over, chosen as `--limit` chooses them from an inventory."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.inventory import patterns
from orchestrator.model.result import RunResult


def limited(result: RunResult, pattern: str) -> RunResult:
    """The run with those hosts only that a pattern of names, groups and globs chooses (see `patterns.select`).

    Raises:
        UsageError: A part of the pattern matches nothing, or the whole leaves no host.
    """
    groups = tuple(dict.fromkeys(group for host in result.hosts for group in host.groups))
    return replace(result, hosts=patterns.select(result.hosts, groups, pattern))
