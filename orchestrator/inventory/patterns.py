"""Patterns that choose hosts, as `--limit` takes them: names, ranges, globs, groups, `!` without, `&` both."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from orchestrator.inventory.values import expand
from orchestrator.model.errors import UsageError, did_you_mean
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
        """The hosts that a pattern of `--limit` chooses (see `select`), in order; all of them for None.

        Raises:
            UsageError: A part of the pattern matches nothing, or the whole leaves no host.
        """
        return self.hosts if pattern is None else select(self.hosts, self.groups, pattern)


class Named(Protocol):
    """What patterns choose from: a host of an inventory, or of a run that is over."""

    @property
    def name(self) -> str: ...

    @property
    def groups(self) -> Sequence[str]: ...


N = TypeVar("N", bound=Named)


def select(hosts: Sequence[N], groups: Sequence[str], pattern: str) -> tuple[N, ...]:
    """The hosts that a pattern chooses, in the order that they have.

    Parts are separated by commas and go without regard to case and order: hosts of any plain part, of them those that
    are in every part with `&`, without those of any part with `!`. Without a plain part, all hosts are begun with.

    Raises:
        UsageError: A part matches nothing, or the whole leaves no host.
    """
    parts = [part.strip() for part in pattern.split(",")]
    if not all(part.lstrip("!&") for part in parts):
        raise UsageError(f"`{pattern}` is not a pattern of hosts: a part of it is empty")
    matcher = _Matcher(hosts, groups)
    plain = [matcher.match(part) for part in parts if part[0] not in "!&"]
    chosen = set().union(*plain) if plain else set(matcher.by_name)
    for part in parts:
        if part.startswith("&"):
            chosen &= matcher.match(part[1:])
    for part in parts:
        if part.startswith("!"):
            chosen -= matcher.match(part[1:])
    if not chosen:
        raise UsageError(f"`{pattern}` leaves no host")
    return tuple(host for name, host in matcher.by_name.items() if name in chosen)


class _Matcher(Generic[N]):
    """Finds the hosts of one part of a pattern; every name is compared in its casefolded form."""

    def __init__(self, hosts: Sequence[N], groups: Sequence[str]) -> None:
        self.by_name: Mapping[str, N] = {host.name.casefold(): host for host in hosts}
        self._names = [*(host.name for host in hosts), *groups, "all"]
        members: dict[str, set[str]] = {group.casefold(): set() for group in groups}
        for name, host in self.by_name.items():
            for group in host.groups:
                members[group.casefold()].add(name)
        self._members = {**members, "all": set(self.by_name)}

    def match(self, part: str) -> set[str]:
        """The hosts of a part without its sign. Raises UsageError when it matches neither host nor group."""
        try:
            wanted = [name.casefold() for name in expand(part)]
        except ValueError as error:
            raise UsageError(f"`{part}` is not a pattern of hosts: {error}") from None
        matched: set[str] = set()
        found = False
        for word in wanted:
            for name in self._matching(word):
                found = True
                matched |= self._members.get(name, {name})
        if not found:
            raise UsageError(f"`{part}` matches no host and no group{did_you_mean(part, self._names)}")
        return matched

    def _matching(self, word: str) -> list[str]:
        if word in self._members or word in self.by_name:
            return [word]
        glob = re.compile(fnmatch.translate(word))
        return [name for name in (*self.by_name, *self._members) if glob.match(name)]
