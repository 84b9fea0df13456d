"""Which hosts an inventory has: those that groups list, and those under `hosts`."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.inventory.entries import HostEntry
from orchestrator.inventory.groups import Groups
from orchestrator.inventory.values import expand
from orchestrator.model.document import Document, Problems


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
            for name in names:
                key = name.casefold()
                if key in self.entries:
                    self._problems.add(line, f"the host `{name}` stands here twice, first in line {self.lines[key]}")
                    continue
                self.entries[key], self.keys[key] = entry or HostEntry(), text
                self.names[key], self.lines[key] = name, line
                self._note(key, name, line)

    def _note(self, key: str, name: str, line: int) -> None:
        self.names.setdefault(key, name)
        self.lines.setdefault(key, line)
        if key in self._groups.names:
            self._problems.add(line, f"`{name}` is the name of a group as well; a pattern could not tell them apart")
