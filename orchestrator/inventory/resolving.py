"""Makes each host of an inventory of what is said of it, of its groups and of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.inventory.authentication import Authentications, Said
from orchestrator.inventory.entries import HostEntry, NoHttps, Variables
from orchestrator.inventory.groups import Groups, Members, Variable
from orchestrator.inventory.jump_hosts import JumpHosts
from orchestrator.model.document import Document, Problems
from orchestrator.model.host import Host, JumpHost, Kerberos, in_one_form, not_to_connect_to
from orchestrator.model.validation import Location

HTTP_PORT: Final = 5985
HTTPS_PORT: Final = 5986
_NOTHING_SAID: Final = Kerberos()


@dataclass(frozen=True)
class _Speaker:
    """Who has the say on a variable of a host, and where in the file that is."""

    variables: Variables
    location: Location


class Resolving:
    """What an inventory comes to."""

    def __init__(
        self,
        everywhere: Variables,
        groups: Groups,
        jump_hosts: JumpHosts,
        members: Members,
        document: Document,
        problems: Problems,
    ) -> None:
        self._everywhere = _Speaker(everywhere, ("all",))
        self._groups, self._members, self._problems = groups, members, problems
        self._jump_hosts = jump_hosts
        self._authentications = Authentications(document, problems)
        self._inherited: dict[tuple[tuple[str, ...], Variable], _Speaker] = {}
        self._misnamed: set[int] = set()
        self._around: dict[tuple[str, ...], tuple[str, ...]] = {}

    def hosts(self) -> tuple[Host, ...]:
        """Every host; what is wrong is noted."""
        hosts: list[Host] = []
        strangers: list[str] = []
        listeners: dict[tuple[str, int, tuple[JumpHost, ...]], str] = {}
        for key, name in self._members.names.items():
            host = self._host(key, name)
            if host is None:
                strangers.append(key)
                continue
            first = listeners.setdefault((in_one_form(host.address), host.port, host.via), name)
            if first != name:
                reached = f"{host.address}, port {host.port}"
                self._problems.add(self._members.lines[key], f"`{first}` and `{name}` are both reached at {reached}")
            hosts.append(host)
        if strangers:
            first, others = self._members.names[strangers[0]], len(strangers) - 1
            who = f"the host `{first}` has" if not others else f"the host `{first}` and {others:,} more have"
            where = "give one under `all`, a group or the host"
            self._problems.add(self._members.lines[strangers[0]], f"{who} no `credential`; {where}")
        return tuple(hosts)

    def _host(self, key: str, name: str) -> Host | None:
        """A host; None for one without a credential."""
        entry = self._members.entries.get(key) or HostEntry()
        own = _Speaker(entry, ("hosts", self._members.keys.get(key, name)))
        if entry.address is None:
            self._check_name(key, name)
        credential = self._speaker(own, key, "credential")
        if credential.variables.credential is None:
            return None
        logon, https = self._speaker(own, key, "logon"), self._speaker(own, key, "https")
        kerberos = self._speaker(own, key, "kerberos").variables.kerberos
        over_https = https.variables.https if not isinstance(https.variables.https, NoHttps) else None
        way_in = self._authentications.resolve(
            Said(credential.variables.credential, (*credential.location, "credential")),
            Said(logon.variables.logon or "ntlm", (*logon.location, "logon")),
            Said(over_https, (*https.location, "https")),
        )
        maintenance = self._speaker(own, key, "maintenance").variables.maintenance
        host = Host(
            name,
            entry.address or name,
            self._speaker(own, key, "port").variables.port or (HTTP_PORT if way_in.https is None else HTTPS_PORT),
            way_in.credential,
            self._groups_of(key),
            self._jump_hosts.way(self._speaker(own, key, "via").variables.via),
            way_in.logon,
            way_in.https,
            Kerberos(kerberos.spn_host, kerberos.delegate) if kerberos else _NOTHING_SAID,
            self._speaker(own, key, "identity").variables.identity or "name",
            entry.computer_name,
            maintenance.calendar if maintenance else None,
            self._speaker(own, key, "anti_affinity").variables.anti_affinity,
        )
        self._authentications.check_name(host, self._members.lines[key])
        return host

    def _check_name(self, key: str, name: str) -> None:
        """Notes a name that is not to be connected to; of those of one range, the first."""
        line = self._members.lines[key]
        if (problem := not_to_connect_to(name)) and line not in self._misnamed:
            self._misnamed.add(line)
            self._problems.add(line, f"the host `{name}` {problem}; say with `address` where it is")

    def _groups_of(self, key: str) -> tuple[str, ...]:
        direct = self._members.groups.get(key, ())
        if direct not in self._around:
            self._around[direct] = tuple(self._groups.names[group] for group in self._groups.around(direct))
        return self._around[direct]

    def _speaker(self, own: _Speaker, key: str, variable: Variable) -> _Speaker:
        """Who has the say on a variable of a host: the host itself, a group or all."""
        if getattr(own.variables, variable) is not None:
            return own
        direct = self._members.groups.get(key, ())
        if (direct, variable) not in self._inherited:
            self._inherited[direct, variable] = self._of_groups(direct, key, variable)
        return self._inherited[direct, variable]

    def _of_groups(self, direct: tuple[str, ...], key: str, variable: Variable) -> _Speaker:
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
        return _Speaker(entries[0], ("groups", self._groups.names[speaking[0]])) if entries else self._everywhere
