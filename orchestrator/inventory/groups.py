"""The groups of an inventory and their hosts: which lie inside which, whose word counts, and who is a member."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from orchestrator.inventory.entries import GroupEntry, HostEntry
from orchestrator.inventory.values import MOST_HOSTS, expand
from orchestrator.model.document import Document, Problems
from orchestrator.model.errors import did_you_mean

Variable: TypeAlias = Literal[
    "credential", "logon", "https", "kerberos", "port", "via", "identity", "maintenance", "anti_affinity"
]


class Groups:
    """The groups of an inventory; each goes by its casefolded name, in the order of the file.

    Attributes:
        names: Their names as they are written.
        entries: What the file says of them.
    """

    def __init__(self, written: Mapping[str, GroupEntry | None], document: Document, problems: Problems) -> None:
        self.names: dict[str, str] = {}
        self.entries: dict[str, GroupEntry] = {}
        for name, entry in written.items():
            first = self.names.setdefault(name.casefold(), name)
            if first != name:
                where = document.line("groups", first)
                problems.add(
                    document.line("groups", name), f"the group `{name}` is there as `{first}`, in line {where}"
                )
            self.entries.setdefault(name.casefold(), entry or GroupEntry())
        self._parents: dict[str, list[str]] = {name: [] for name in self.entries}
        for name, entry in self.entries.items():
            for position, child in enumerate(entry.children):
                if child.casefold() in self._parents:
                    self._parents[child.casefold()].append(name)
                else:
                    line = document.line("groups", self.names[name], "children", position)
                    problems.add(line, f"there is no group `{child}`{did_you_mean(child, self.names.values())}")
        try:
            graphlib.TopologicalSorter(self._parents).prepare()
        except graphlib.CycleError as error:
            cycle = [self.names[name] for name in error.args[1]]
            line = document.line("groups", cycle[0], "children")
            problems.add(line, f"the group `{cycle[0]}` lies inside itself: {' > '.join(cycle)}")

    def around(self, direct: Iterable[str]) -> tuple[str, ...]:
        """These groups and all that they lie in, nearest first."""
        found: dict[str, None] = {}
        level = list(direct)
        while level:
            found.update(dict.fromkeys(level))
            level = [parent for name in level for parent in self._parents[name] if parent not in found]
        return tuple(found)

    def speaking(self, direct: Iterable[str], variable: Variable) -> list[str]:
        """Those around these groups whose word on a variable counts: it gives way only to that of a group inside."""
        said = [name for name in self.around(direct) if getattr(self.entries[name], variable) is not None]
        outer = {group for name in said for group in self.around(self._parents[name])}
        return [name for name in said if name not in outer]


class Members:
    """Which hosts there are, by casefolded name, and what the file says of each.

    Attributes:
        names: The name as it is written: under `hosts`, or else where it stands first.
        lines: The line of that place.
        groups: The groups that list the host.
        entries: What is said of it under `hosts`.
        keys: The key under `hosts` at which that stands, a name or a range.
    """

    def __init__(self, document: Document, groups: Groups, problems: Problems) -> None:
        self._document, self._groups, self._problems = document, groups, problems
        self.names: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.entries: dict[str, HostEntry] = {}
        self.keys: dict[str, str] = {}

    def add_groups(self) -> None:
        """Take in the hosts that groups list. A host may be in several groups, but once in each."""
        for group, entry in self._groups.entries.items():
            lines: dict[str, int] = {}
            for position, text in enumerate(entry.hosts):
                line = self._document.line("groups", self._groups.names[group], "hosts", position)
                for name in expand(text):
                    key = name.casefold()
                    if key in lines:
                        self._problems.add(line, f"the host `{name}` is in this group already, by line {lines[key]}")
                        continue
                    lines[key] = line
                    self._note(key, name, line)
                    self.groups[key] = (*self.groups.get(key, ()), group)

    def add_hosts(self, written: Mapping[str, HostEntry | None]) -> None:
        """Take in the hosts under `hosts`, each once."""
        for text, entry in written.items():
            line = self._document.line("hosts", text)
            names = list(expand(text))
            if entry and entry.address and len(names) > 1:
                self._problems.add(line, f"`{text}` is several hosts, which cannot have one `address`")
            if entry and entry.computer_name and len(names) > 1:
                self._problems.add(line, f"`{text}` is several hosts, which cannot have one `computer_name`")
            for name in names:
                key = name.casefold()
                if key in self.entries:
                    self._problems.add(line, f"the host `{name}` stands here twice, first in line {self.lines[key]}")
                    continue
                self._note(key, name, line)
                self.entries[key], self.keys[key] = entry or HostEntry(), text
                self.names[key], self.lines[key] = name, line

    def _note(self, key: str, name: str, line: int) -> None:
        if len(self.names) == MOST_HOSTS and key not in self.names:
            self._problems.stop(line, f"these are more than {MOST_HOSTS:,} hosts; make several inventories of them")
        self.names.setdefault(key, name)
        self.lines.setdefault(key, line)
        if key in self._groups.names:
            self._problems.add(line, f"`{name}` is the name of a group as well; a pattern could not tell them apart")
