"""Inventory: the hosts of a file, ready to be chosen from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.inventory import patterns
from orchestrator.model.host import Host


@dataclass(frozen=True)
class Inventory:
    """The hosts of one inventory file.

    Attributes:
        path: The file; relative `file:` references start in its folder.
        hosts: Every host once: those of the groups in the order of the file, then the rest.
        groups: The names of all groups, those without hosts too.
    """

    path: Path
    hosts: tuple[Host, ...]
    groups: tuple[str, ...]

    def select(self, pattern: str | None) -> tuple[Host, ...]:
        """The hosts that a pattern of `--limit` chooses (see `patterns.select`), in order; all of them for None.

        Raises:
            UsageError: A part of the pattern matches nothing, or the whole leaves no host.
        """
        return self.hosts if pattern is None else patterns.select(self.hosts, self.groups, pattern)
