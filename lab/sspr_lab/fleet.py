"""A fleet of lab hosts: machines of a mix on loopback addresses, their WinRM servers, and an inventory that fits."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sspr_lab.clock import Clock
from sspr_lab.fault_entries import FaultPlan
from sspr_lab.faults import Faults
from sspr_lab.inventory_file import InventoryFiles, Listed, Secrets
from sspr_lab.machine import Machine
from sspr_lab.membership import Membership
from sspr_lab.mix import Kind, Mix, load_mix
from sspr_lab.profile import Profile
from sspr_lab.snapshot import Snapshot
from sspr_lab.tls.certificates import Authority
from sspr_lab.winrm.authentication import AcceptorMaker
from sspr_lab.winrm.counters import Counters
from sspr_lab.winrm.domain import Domain
from sspr_lab.winrm.negotiation import own_acceptor
from sspr_lab.winrm.server import Trust, Watch, WinRMServer
from sspr_lab.winrm_settings import Logon

PORT: Final = 15985
HIGHEST_PORT: Final = 65_534
MOST_HOSTS: Final = 254 * 256
PRINCIPAL: Final = "sspr@lab.test"
"""The user principal name in a client certificate that every host maps to its administrator."""


Transcript = Callable[[str, str, str], None]


class BackendUnusable(Exception):
    """What is to stand behind the servers is not there, or cannot be what is asked for; the text says what to do."""


@dataclass(frozen=True)
class LabHost:
    """One host: the machine, the server through which it is reached, and how the inventory says to log on there."""

    name: str
    machine: Machine
    server: WinRMServer
    logon: Logon = "ntlm"

    @property
    def username(self) -> str:
        """The administrator that clients log on as; the built-in one is called what the language calls it."""
        return self.machine.profile.administrators[0]

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def over_tls(self) -> bool:
        """Whether the inventory says to come over TLS: where there is nothing else, and for Basic and certificates."""
        listeners = self.machine.profile.winrm.listeners
        return "http" not in listeners or ("https" in listeners and self.logon in ("basic", "certificate"))

    @property
    def counters(self) -> Counters:
        return self.server.counters


class Fleet:
    """Hosts LAB-0001, LAB-0002, … on 127.20.0.1, 127.20.0.2, …, all on one port and with one password.

    A kind that has a name gives it to its host.

    To be made, started and stopped inside one event loop.

    Args:
        hosts: how many, 1 to 65,024.
        mix: what kinds of machines; the default mix when left out.
        faults: which hosts have which faults.
        seed: makes the fleet the same again: who is what kind, who has a fault.
        speed: host seconds in a real second.
        own_dates: whether hosts date their answers by that, see `Clock`.
        port: the TCP port of all hosts' HTTP listeners; HTTPS listeners have the next one.
        realm: the Kerberos realm that the machines are members of.
        domain: the domain that they are members of, for NTLM.
        acceptor: authenticates the clients of every host, see `WinRMServer`.
        transcript: called with host, action and envelope of every message that passes.

    Raises:
        DocumentError: the mix does not fit the number of hosts.
    """

    def __init__(
        self,
        hosts: int,
        *,
        mix: Mix | None = None,
        faults: FaultPlan | None = None,
        seed: int = 0,
        speed: float = 1.0,
        own_dates: bool = False,
        port: int = PORT,
        realm: Membership | None = None,
        domain: Domain | None = None,
        acceptor: AcceptorMaker = own_acceptor,
        transcript: Transcript | None = None,
    ) -> None:
        if not 1 <= hosts <= MOST_HOSTS:
            raise ValueError(f"a fleet has 1 to {MOST_HOSTS:,} hosts, not {hosts}")
        self.port, self.https_port = port, port + 1
        self.password = secrets.token_urlsafe(18)
        self.clock = Clock(speed=speed, own_dates=own_dates)
        self._plan = faults or FaultPlan()
        self._seed = seed
        self._acceptor = acceptor
        self._transcript = transcript
        self._watch = Watch()
        self._realm, self._domain = realm, domain
        kinds = (mix or load_mix()).deal(hosts, seed)
        if realm is None and any(kind.logon == "kerberos" for kind in kinds):
            raise BackendUnusable("`logon: kerberos` needs a realm, and this lab is in none; choose another mix")
        self._authority = Authority() if any(kind.profile.winrm.has_certificate for kind in kinds) else None
        self.hosts = {host.name: host for host in (self._host(number, kind) for number, kind in enumerate(kinds))}
        self._started: list[LabHost] = []

    @property
    def has_https(self) -> bool:
        """Whether any host has an HTTPS listener."""
        return any("https" in host.machine.profile.winrm.listeners for host in self.hosts.values())

    async def start(self) -> None:
        """Listen on all addresses. Raises OSError, with nothing left listening, when one is taken."""
        try:
            for host in self.hosts.values():
                await host.server.start()
                self._started.append(host)
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything that listens, is connected, runs or waits."""
        while self._started:
            await self._started.pop().server.stop()
        await self.clock.close()
        for host in self.hosts.values():
            for process in list(host.machine.processes):
                process.terminate()
                await process.gone()

    def snapshots(self) -> dict[str, Snapshot]:
        """A snapshot of every machine, by host."""
        return {name: host.machine.snapshot() for name, host in self.hosts.items()}

    def counters(self) -> dict[str, Counters]:
        """The counters of every server, by host."""
        return {name: host.counters for name, host in self.hosts.items()}

    def write_inventory(self, path: Path) -> InventoryFiles:
        """Write the product's inventory of this fleet, grouped by Windows branch, and its secrets. Raises OSError."""
        groups: dict[str, list[str]] = {}
        for name, host in self.hosts.items():
            groups.setdefault(host.machine.profile.branch, []).append(name)
        files = InventoryFiles(path)
        files.write(
            hosts={name: self._listed(host) for name, host in self.hosts.items()},
            secrets=self._secrets(),
            port=self.port,
            groups=dict(sorted(groups.items())),
        )
        return files

    def _listed(self, host: LabHost) -> Listed:
        port = self.https_port if host.over_tls else self.port
        spn_host = self._realm.host_name(host.name) if self._realm else ""
        return Listed(host.address, port, host.username, host.logon, host.over_tls, spn_host)

    def _secrets(self) -> Secrets:
        client = b""
        if self._authority and any(host.logon == "certificate" for host in self.hosts.values()):
            certificate = self._authority.for_client(PRINCIPAL)
            client = certificate.pem + certificate.key
        return Secrets(
            self.password,
            authority=self._authority.pem if self._authority else b"",
            client=client,
            realm_username=self._realm.username if self._realm else "",
            realm_password=self._realm.password if self._realm else "",
        )

    def _host(self, number: int, kind: Kind) -> LabHost:
        name = kind.name or f"LAB-{number + 1:04d}"
        seed = random.Random(f"{self._seed}/{name}").getrandbits(24)
        profile = replace(kind.profile, computer_name=name, seed=seed)
        faults = Faults([*kind.faults, *self._plan.faults_of(name, self._seed)])
        machine = self._machine(profile, faults)
        write = self._transcript
        transcript = (lambda action, envelope: write(name, action, envelope)) if write is not None else None
        address = f"127.20.{number // 254}.{number % 254 + 1}"
        server = WinRMServer(
            machine,
            address,
            self.port,
            {profile.administrators[0]: self.password},
            https_port=self.https_port,
            trust=Trust(
                self._authority,
                {PRINCIPAL: profile.administrators[0]},
                self._realm.keytab if self._realm else None,
                self._domain,
            ),
            acceptor=self._acceptor,
            watch=self._watch,
            transcript=transcript,
        )
        return LabHost(name, machine, server, kind.logon)

    def _machine(self, profile: Profile, faults: Faults) -> Machine:
        return Machine(profile, self.clock, faults)


async def serve(fleet: Fleet, inventory: Path, tell: Callable[[str], None]) -> None:
    """Serve a fleet until cancelled, and take away what was written for it.

    Args:
        fleet: not started yet.
        inventory: where its inventory goes.
        tell: called with one line per fact that a user needs.

    Raises:
        OSError: an address is taken, or the inventory cannot be written.
    """
    await fleet.start()
    files = None
    try:
        files = fleet.write_inventory(inventory)
        names = list(fleet.hosts)
        first, last = fleet.hosts[names[0]], fleet.hosts[names[-1]]
        tell(f"hosts: {len(names)}, {first.name} to {last.name}")
        https = f", HTTPS {fleet.https_port}" if fleet.has_https else ""
        tell(f"addresses: {first.address} to {last.address}, port {fleet.port}{https}")
        tell(f"time: {fleet.clock.speed:g} host seconds in a second")
        tell(f"inventory: {files.path}")
        users = dict.fromkeys(host.username for host in fleet.hosts.values())
        tell(f"password: in {files.secret}, for the user {' or '.join(users)}")
        await asyncio.Event().wait()
    finally:
        if files is not None:
            files.remove()
        await fleet.stop()
