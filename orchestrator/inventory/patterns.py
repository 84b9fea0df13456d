"""Patterns that choose hosts, as `--limit` has them: names, ranges, globs, groups, `@` runs, `!` without, `&` both."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from orchestrator.inventory.values import expand
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.host import Host

_NAMED: Final = 3
"""How many hosts of a part are named."""


class Past(Protocol):
    """Finds hosts by what is known of them since earlier."""

    def __call__(self, part: str, /) -> Collection[str]:
        """The names of hosts that a text behind `@` means, such as those that failed in a run. Raises UsageError."""

    def unknown(self, part: str, names: Sequence[str], /) -> None:
        """Told of those among them that are not among the hosts chosen from, where that leaves them out."""


def some(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


@dataclass(frozen=True)
class Inventory:
    """The hosts of one inventory file.

    Attributes:
        path: The file; relative `file:` references start in its folder.
        hosts: Every host once: those of the groups in the order of the file, then the rest.
        groups: The names of all groups, those without hosts too.
        unanswered: How many log-ons of one account may be under way, none of them answered.
    """

    path: Path
    hosts: tuple[Host, ...]
    groups: tuple[str, ...]
    unanswered: int = 4

    def select(self, pattern: str | None, past: Past | None = None) -> tuple[Host, ...]:
        """The hosts that a pattern of `--limit` chooses (see `select`), in order; all of them for None.

        Raises:
            UsageError: A part of the pattern matches nothing, or the whole leaves no host.
        """
        return self.hosts if pattern is None else select(self.hosts, self.groups, pattern, past)


class Named(Protocol):
    """What patterns choose from: a host of an inventory, or of a run that is over."""

    @property
    def name(self) -> str: ...

    @property
    def groups(self) -> Sequence[str]: ...


N = TypeVar("N", bound=Named)


def select(hosts: Sequence[N], groups: Sequence[str], pattern: str, past: Past | None = None) -> tuple[N, ...]:
    """The hosts that a pattern chooses, in the order that they have.

    Parts are separated by commas and go without regard to case and order: hosts of any plain part, of them those that
    are in every part with `&`, without those of any part with `!`. Without a plain part, all hosts are begun with. A
    part that begins with `@` is for `past`, where there is one.

    Raises:
        UsageError: A part matches nothing, or the whole leaves no host.
    """
    parts = [part.strip() for part in pattern.split(",")]
    if not all(part.lstrip("!&") for part in parts):
        raise UsageError(f"`{pattern}` is not a pattern of hosts: a part of it is empty")
    matcher = _Matcher(hosts, groups, past)
    plain = [matcher.match(part) for part in parts if part[0] not in "!&"]
    chosen = set().union(*plain) if plain else set(matcher.by_name)
    for part in parts:
        if part.startswith("&"):
            chosen &= matcher.match(part[1:])
    for part in parts:
        if part.startswith("!"):
            chosen -= matcher.match(part[1:], leaves_out=True)
    if not chosen:
        raise UsageError(f"`{pattern}` leaves no host")
    return tuple(host for name, host in matcher.by_name.items() if name in chosen)


class _Matcher(Generic[N]):
    """Finds the hosts of one part of a pattern; every name is compared in its casefolded form."""

    def __init__(self, hosts: Sequence[N], groups: Sequence[str], past: Past | None) -> None:
        self._past = past
        self.by_name: Mapping[str, N] = {host.name.casefold(): host for host in hosts}
        self._names = [*(host.name for host in hosts), *groups, "all"]
        members: dict[str, set[str]] = {group.casefold(): set() for group in groups}
        for name, host in self.by_name.items():
            for group in host.groups:
                members[group.casefold()].add(name)
        self._members = {**members, "all": set(self.by_name)}

    def match(self, part: str, *, leaves_out: bool = False) -> set[str]:
        """The hosts of a part without its sign, which may be to leave them out.

        Raises:
            UsageError: It matches neither host nor group.
        """
        if self._past and part.startswith("@"):
            meant = self._past(part[1:])
            known = {name.casefold() for name in meant} & self.by_name.keys()
            unknown = [name for name in meant if name.casefold() not in known]
            if not known:
                raise UsageError(f"`{part}`: none of these hosts is known here: {some(unknown)}")
            if unknown and not leaves_out:
                self._past.unknown(part, unknown)
            return known
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
