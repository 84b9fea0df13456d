"""The groups of an inventory as a graph: which lie inside which, and whose word counts for a host."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from orchestrator.inventory.entries import GroupEntry
from orchestrator.model.document import Document, Problems
from orchestrator.model.errors import did_you_mean

Variable: TypeAlias = Literal["credential", "logon", "https", "kerberos", "port", "via"]


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
