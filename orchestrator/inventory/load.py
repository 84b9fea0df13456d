"""Reads an inventory file: expands its hosts, settles what each inherits, and refuses what is ambiguous."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from orchestrator.inventory.credentials import labelled
from orchestrator.inventory.entries import HostEntry, InventoryFile, Variables
from orchestrator.inventory.groups import Groups, Variable
from orchestrator.inventory.inventory import Inventory
from orchestrator.inventory.jump_hosts import JumpHosts
from orchestrator.inventory.ranges import expand
from orchestrator.model.document import Document, Problems, load_document
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.jump_host import JumpHost

WINRM_PORT: Final = 5985


def load_inventory(path: Path) -> Inventory:
    """Read an inventory.

    What is said of a host counts before what its groups say, an inner group before one around it, and `all` last.

    Raises:
        DocumentError: The file cannot be used. Every problem in it is told with its line.
    """
    document = load_document(path)
    file = document.parse(InventoryFile)
    problems = Problems(path)
    groups = Groups(file.groups, document, problems)
    jump_hosts = JumpHosts(file.jump_hosts, document, problems)
    jump_hosts.check_all(file)
    problems.check()
    members = _Members(document, groups, problems)
    members.add_groups()
    members.add_hosts(file.hosts)
    problems.check()
    if not members.names:
        problems.stop(1, "there is no host in it; name some under `hosts`, or under `hosts` of a group")
    hosts = _Settling(file.all, groups, jump_hosts, members, problems).hosts()
    problems.check()
    return Inventory(path, hosts, tuple(groups.names.values()))


class _Members:
    """Which hosts there are, by casefolded name, and what the file says of each.

    Attributes:
        names: The name as it is written: under `hosts`, or else where it stands first.
        lines: The line of that place.
        groups: The groups that list the host.
        entries: What is said of it under `hosts`.
    """

    def __init__(self, document: Document, groups: Groups, problems: Problems) -> None:
        self._document, self._groups, self._problems = document, groups, problems
        self.names: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.entries: dict[str, HostEntry] = {}

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
                self.entries[key] = entry or HostEntry()
                self.names[key], self.lines[key] = name, line
                self._note(key, name, line)

    def _note(self, key: str, name: str, line: int) -> None:
        self.names.setdefault(key, name)
        self.lines.setdefault(key, line)
        if key in self._groups.names:
            self._problems.add(line, f"`{name}` is the name of a group as well; a pattern could not tell them apart")


class _Settling:
    """Makes each host of what is said of it, of its groups and of all."""

    def __init__(
        self, everywhere: Variables, groups: Groups, jump_hosts: JumpHosts, members: _Members, problems: Problems
    ) -> None:
        self._everywhere, self._groups, self._members, self._problems = everywhere, groups, members, problems
        self._jump_hosts = jump_hosts
        self._inherited: dict[tuple[tuple[str, ...], Variable], Variables] = {}
        self._around: dict[tuple[str, ...], tuple[str, ...]] = {}

    def hosts(self) -> tuple[Host, ...]:
        hosts: list[Host] = []
        strangers: list[str] = []
        listeners: dict[tuple[str, int, tuple[JumpHost, ...]], str] = {}
        for key, name in self._members.names.items():
            own = self._members.entries.get(key) or HostEntry()
            credential = self._source(own, key, "credential").credential
            if credential is None:
                strangers.append(key)
                continue
            password = labelled(credential.password, credential.username)
            reference = CredentialReference(credential.username, password)
            port = self._source(own, key, "port").port or WINRM_PORT
            via = self._jump_hosts.way(self._source(own, key, "via").via)
            host = Host(name, own.address or name, port, reference, self._groups_of(key), via=via)
            first = listeners.setdefault((host.address.casefold(), port, via), name)
            if first != name:
                reached = f"{host.address}, port {port}"
                self._problems.add(self._members.lines[key], f"`{first}` and `{name}` are both reached at {reached}")
            hosts.append(host)
        if strangers:
            first, others = self._members.names[strangers[0]], len(strangers) - 1
            who = f"the host `{first}` has" if not others else f"the host `{first}` and {others:,} more have"
            where = "give one under `all`, a group or the host"
            self._problems.add(self._members.lines[strangers[0]], f"{who} no `credential`; {where}")
        return tuple(hosts)

    def _groups_of(self, key: str) -> tuple[str, ...]:
        direct = self._members.groups.get(key, ())
        if direct not in self._around:
            self._around[direct] = tuple(self._groups.names[group] for group in self._groups.around(direct))
        return self._around[direct]

    def _source(self, own: Variables, key: str, variable: Variable) -> Variables:
        """Who has the say on a variable of a host: the host itself, a group or all."""
        if getattr(own, variable) is not None:
            return own
        direct = self._members.groups.get(key, ())
        if (direct, variable) not in self._inherited:
            self._inherited[direct, variable] = self._of_groups(direct, key, variable)
        return self._inherited[direct, variable]

    def _of_groups(self, direct: tuple[str, ...], key: str, variable: Variable) -> Variables:
        speaking = self._groups.speaking(direct, variable)
        entries = [self._groups.entries[group] for group in speaking]
        for group, entry in zip(speaking, entries, strict=True):
            if getattr(entry, variable) != getattr(entries[0], variable):
                one, other = self._groups.names[speaking[0]], self._groups.names[group]
                self._problems.add(
                    self._members.lines[key],
                    f"the host `{self._members.names[key]}` gets a different `{variable}` from the groups `{one}` and "
                    f"`{other}`, neither of which lies inside the other; say under `hosts` which it is",
                )
        return entries[0] if entries else self._everywhere
