"""The jump hosts of an inventory: what each entry comes to, and which of them a `via` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from orchestrator.inventory.credentials import labelled
from orchestrator.inventory.entries import InventoryFile, JumpHostEntry, Variables
from orchestrator.inventory.values import unusable
from orchestrator.model import trust
from orchestrator.model.document import Document, Problems
from orchestrator.model.errors import did_you_mean
from orchestrator.model.host import SSH_PORT, JumpHost, not_to_connect_to
from orchestrator.model.private_file import others_may_read
from orchestrator.model.validation import Location

KNOWN_HOSTS: Final = Path("~/.ssh/known_hosts")


class JumpHosts:
    """The jump hosts of an inventory; each goes by its casefolded name."""

    def __init__(self, written: Mapping[str, JumpHostEntry], document: Document, problems: Problems) -> None:
        self._document, self._problems = document, problems
        self._made: dict[str, JumpHost] = {}
        for name, entry in written.items():
            line = document.line("jump_hosts", name)
            if first := self._made.get(name.casefold()):
                problems.add(line, f"the jump host `{name}` is there as `{first.name}` already")
                continue
            self._made[name.casefold()] = self._make(name, entry)

    def check_all(self, file: InventoryFile) -> None:
        """Notes what is wrong with every `via` of the file."""
        self._check(file.all, "all")
        for name, group in file.groups.items():
            self._check(group, "groups", name)
        for name, host in file.hosts.items():
            self._check(host, "hosts", name)

    def way(self, via: Sequence[str] | None) -> tuple[JumpHost, ...]:
        """The jump hosts that a good `via` names, nearest to us first; none where nothing is said."""
        return tuple(self._made[name.casefold()] for name in via or ())

    def _check(self, variables: Variables | None, *location: str) -> None:
        passed: set[str] = set()
        for position, name in enumerate((variables and variables.via) or ()):
            line = self._document.line(*location, "via", position)
            if name.casefold() not in self._made:
                known = [other.name for other in self._made.values()]
                hint = did_you_mean(name, known) or "; describe it under `jump_hosts`"
                self._problems.add(line, f"`via`: there is no jump host `{name}`{hint}")
            elif name.casefold() in passed:
                self._problems.add(line, f"`via`: the way leads through the jump host `{name}` twice")
            passed.add(name.casefold())

    def _make(self, name: str, entry: JumpHostEntry) -> JumpHost:
        self._check_log_on(name, entry)
        if entry.address is None and (problem := not_to_connect_to(name)):
            self._problem(("jump_hosts", name), f"{problem}; say with `address` where it is")
        label = f"{entry.username} on {name}"
        return JumpHost(
            name=name,
            address=entry.address or name,
            port=entry.port or SSH_PORT,
            username=entry.username,
            known_hosts=self._known_hosts(name, entry),
            key=self._key(name, entry),
            passphrase=entry.passphrase and labelled(entry.passphrase, f"the key of {label}"),
            agent=entry.agent,
            password=entry.password and labelled(entry.password, label),
        )

    def _check_log_on(self, name: str, entry: JumpHostEntry) -> None:
        if entry.passphrase is not None and entry.key is None:
            self._problem(("jump_hosts", name, "passphrase"), "belongs to a private key; name its file with `key`")
        if entry.key is None and not entry.agent and entry.password is None:
            line = self._document.line("jump_hosts", name)
            problem = f"`jump_hosts.{name}`: says no way to log on; give `key`, `agent: true` or `password`"
            self._problems.add(line, problem)

    def _key(self, name: str, entry: JumpHostEntry) -> Path | None:
        if entry.key is None:
            return None
        location = ("jump_hosts", name, "key")
        if problem := unusable(entry.key, trust.check):
            self._problem(location, f"{problem}; name the file of the private key")
        elif others_may_read(entry.key):
            self._problem(location, f"others may read {entry.key}; do `chmod 600 {entry.key}`")
        return entry.key

    def _known_hosts(self, name: str, entry: JumpHostEntry) -> Path:
        path = entry.known_hosts or KNOWN_HOSTS.expanduser()
        if problem := unusable(path, trust.check):
            todo = "it holds the host keys that are trusted; see `ssh-keyscan`, and check what it gives"
            self._problem(("jump_hosts", name, "known_hosts"), f"{problem}; {todo}")
        return path

    def _problem(self, location: Location, problem: str) -> None:
        key = ".".join(str(part) for part in location)
        self._problems.add(self._document.line(*location), f"`{key}`: {problem}")
