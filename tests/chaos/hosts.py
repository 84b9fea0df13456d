"""The hosts of a round: lab machines that are reached in every way there is, each through a proxy of its own.

Beside every kind of machine that is disturbed stands a twin that is not: it is in the inventory of the last run alone,
and its state afterwards is what the others' has to be.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from orchestrator.windows import lease
from sspr_lab.accounts import SYSTEM
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.membership import Membership
from sspr_lab.mix import Kind, MachineEntry
from sspr_lab.packages import standin
from sspr_lab.profile import Architecture, Branch, Profile
from sspr_lab.snapshot import Snapshot
from sspr_lab.winrm.domain import Domain
from sspr_lab.winrm_settings import Logon
from tests.chaos.peers import ENDLESS, TRICKLES, after_log_on, at_log_on
from tests.chaos.proxies import Background, Proxy, background, proxy
from tests.connect.peers import Peer, listening
from tests.kdc import DOMAIN, Realm
from tests.lab_fixtures import Lineup, Site, fleet_site
from tests.sshd import USERNAME, Sshd, sshd

SPEED: Final = 25.0
"""Host seconds in a real second: a connection may still be idle for five seconds."""
_BY_HAND = r"C:\ByHand"
_LEASE = lease.FOLDER.replace("%SystemRoot%", r"C:\Windows")

DOMAIN_ACCOUNT: Final = "admin"
"""The domain's account; some hosts are administered with it, the others with accounts of their own."""

Way = Literal["ntlm", "domain", "https", "kerberos", "credssp", "basic", "certificate"]

_LOGONS: Final[Mapping[Way, Logon]] = {
    "kerberos": "kerberos",
    "credssp": "credssp",
    "basic": "basic",
    "certificate": "certificate",
}
"""How to log on where that is not NTLM."""


@dataclass(frozen=True)
class HostKind:
    """A kind of machine, and how it is reached; `behind` is whether by way of a jump host."""

    branch: Branch = "windows7"
    architecture: Architecture = "x64"
    way: Way = "ntlm"
    behind: bool = False


@dataclass(frozen=True)
class Spoken:
    """What a hostile peer says: its name in ENDLESS or, if it is slow, in TRICKLES; before or after a log-on."""

    speech: str
    fast: bool
    logs_on: bool


class Exchanges:
    """Counts the messages that pass between hosts and clients, and does something at a certain one, right there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str | None, int] = {}
        self._awaited: list[tuple[str | None, int, Callable[[], object]]] = []

    def begin(self) -> None:
        """From now on they are counted anew, and nothing is awaited."""
        with self._lock:
            self._counts.clear()
            self._awaited.clear()

    def at(self, number: int, work: Callable[[], object], host: str | None = None) -> None:
        """Has it done when so many messages, or so many of one host, have passed; on the lab's own thread."""
        with self._lock:
            self._awaited.append((host, number, work))

    def __call__(self, host: str, _action: str, _envelope: str) -> None:
        with self._lock:
            for counted in (None, host):
                self._counts[counted] = self._counts.get(counted, 0) + 1
            due = [each for each in self._awaited if self._counts.get(each[0], 0) >= each[1]]
            self._awaited = [each for each in self._awaited if each not in due]
        for _, _, work in due:
            work()


@dataclass(frozen=True)
class Hosts:
    """The hosts of a round, and what leads to them.

    Attributes:
        site: The lab.
        lines: The proxy in front of each disturbed host, by the host's name.
        peers: The hostile ones, by their name in the inventory.
        twins: The host that is not disturbed, by kind.
        kinds: What each host is.
        exchanges: Of all hosts.
        domain: Whose members all are.
        gate: The jump host; None where no host is behind one.
        before: Every machine's state when nobody had been there.
    """

    site: Site
    lines: Mapping[str, Proxy]
    peers: Mapping[str, Peer]
    twins: Mapping[HostKind, str]
    kinds: Mapping[str, HostKind]
    exchanges: Exchanges
    domain: Domain
    gate: Sshd | None
    before: Mapping[str, Snapshot] = field(default_factory=dict)

    @property
    def disturbed(self) -> Sequence[str]:
        return list(self.lines)

    def on(self, host: str, work: Callable[[Machine], Any]) -> Any:
        """What `work` finds, or does, on one machine."""
        return self.site.on(host, work)

    def changes(self) -> dict[str, dict[str, str]]:
        """What is different on every machine from when nobody had been there; see `Snapshot.changes`."""
        return {name: self.before[name].changes(now) for name, now in self.site.snapshots().items()}

    def outdate_leases(self) -> None:
        """Every host's lease, if it has one, is one whose time is over, as if nobody had renewed it for long."""
        for name in self.disturbed:
            self.on(name, _outdate_lease)


@contextmanager
def hosts_up(
    folder: Path,
    realm: Realm,
    disturbed_kinds: Sequence[HostKind],
    peers: Mapping[str, Spoken],
    *,
    installed: bool,
    speed: float = SPEED,
) -> Iterator[Hosts]:
    """Hosts that are up inside the block: LAB-0001 and so on, in the order of their kinds, then the twins.

    Args:
        folder: For files of theirs.
        realm: Of which they are members.
        disturbed_kinds: What they are.
        peers: The hostile ones beside them, by name.
        installed: Whether the add-in is there already, put there by hand.
        speed: Host seconds in a real second.
    """
    twins = dict.fromkeys(disturbed_kinds)
    kinds = [*disturbed_kinds, *twins]
    lineup = Lineup(Path("lineup"), (), tuple(_lab_kind(kind) for kind in kinds))
    member = Membership(realm.keytab, DOMAIN, f"jane@{realm.name}", realm.passwords["jane"])
    domain = Domain("CONTOSO", "contoso.test", {DOMAIN_ACCOUNT: secrets.token_urlsafe(12)})
    exchanges = Exchanges()

    def make(port: int) -> Fleet:
        return Fleet(len(kinds), mix=lineup, speed=speed, port=port, realm=member, domain=domain, transcript=exchanges)

    with fleet_site(folder, make) as site, background() as loop, ExitStack() as stack:
        names = list(site.hosts)
        disturbed, undisturbed = names[: len(disturbed_kinds)], names[len(disturbed_kinds) :]
        lines = {
            name: loop.enter(proxy(_port(site, name), address=site.lab.fleet.hosts[name].address)) for name in disturbed
        }
        before = site.snapshots()
        if installed:
            for name in names:
                machine = site.machine(name)
                site.lab.call(partial(_installed_by_hand, machine))
        gate = None
        if any(kind.behind for kind in kinds):
            gate = stack.enter_context(sshd(folder / "gate", "MaxStartups 100"))
        yield Hosts(
            site,
            lines,
            _peers(peers, loop, folder, site.lab.fleet.password),
            dict(zip(twins, undisturbed, strict=True)),
            dict(zip(names, kinds, strict=True)),
            exchanges,
            domain,
            gate,
            before,
        )


def write_inventory(hosts: Hosts, path: Path, names: Sequence[str]) -> Path:
    """Writes the inventory of a run with these hosts and peers; the disturbed ones by way of their proxies."""
    content: dict[str, Any] = yaml.safe_load(hosts.site.inventory.read_text("utf-8"))
    entries: dict[str, dict[str, Any]] = content["hosts"]
    for name, line in hosts.lines.items():
        entries[name] |= {"address": "127.0.0.1", "port": line.port}
    if hosts.gate is not None:
        content["jump_hosts"] = {
            "gate": {
                "address": "127.0.0.1",
                "port": hosts.gate.port,
                "username": USERNAME,
                "key": str(hosts.gate.folder / "id"),
                "known_hosts": str(hosts.gate.known_hosts),
            }
        }
    for name, entry in entries.items():
        if hosts.kinds[name].behind:
            entry["via"] = ["gate"]
        if hosts.kinds[name].way == "domain":
            account = rf"{hosts.domain.netbios}\{DOMAIN_ACCOUNT}"
            entry["credential"] = {"username": account, "password": f"file:{_domain_secret(hosts)}"}
    entries |= {name: {"address": "127.0.0.1", "port": peer.port} for name, peer in hosts.peers.items()}
    content["hosts"] = entries = {name: entry for name, entry in entries.items() if name in names}
    for group in content["groups"].values():
        group["hosts"] = [name for name in group["hosts"] if name in entries]
    content["groups"] = {name: group for name, group in content["groups"].items() if group["hosts"]}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def _domain_secret(hosts: Hosts) -> Path:
    path = hosts.site.folder / "domain.secret"
    path.touch(mode=0o600)
    path.write_text(hosts.domain.passwords[DOMAIN_ACCOUNT], encoding="ascii")
    return path


def _lab_kind(kind: HostKind) -> Kind:
    listener = "https" if kind.way in ("https", "basic", "certificate") else "http"
    entry = MachineEntry(
        count=1,
        branch=kind.branch,
        architecture=kind.architecture,
        logon=_LOGONS.get(kind.way, "ntlm"),
        listener=listener,  # type: ignore[arg-type]
    )
    profile = Profile(branch=entry.branch, architecture=entry.architecture, winrm=entry.service())
    return Kind(profile, (), None, entry.logon)


def _port(site: Site, name: str) -> int:
    host = site.lab.fleet.hosts[name]
    return site.lab.fleet.https_port if host.over_tls else site.lab.fleet.port


def _peers(peers: Mapping[str, Spoken], loop: Background, folder: Path, password: str) -> dict[str, Peer]:
    users = folder / "ntlm_users"
    users.write_text(f":Administrator:{password}\n", encoding="utf-8")
    os.environ["NTLM_USER_FILE"] = str(users)  # where pyspnego's acceptor looks
    made = {}
    for name, spoken in peers.items():
        speech = (ENDLESS if spoken.fast else TRICKLES)[spoken.speech]
        handler = (after_log_on if spoken.logs_on else at_log_on)(speech)
        made[name] = loop.enter(listening(handler))
    return made


def _outdate_lease(machine: Machine) -> None:
    """Has a lease end when it began."""
    files = machine.files
    for mark in files.listdir(_LEASE) if files.is_dir(_LEASE) else ():
        path = rf"{_LEASE}\{mark.name}\owner.txt"
        if files.exists(path):
            word, since, _, who = files.read(path).split(b" ", 3)
            files.write(path, b" ".join((word, since, since, who)))


async def _installed_by_hand(machine: Machine, _: Fleet) -> None:
    path = rf"{_BY_HAND}\SsprWindowsLogon.PROD.msi"
    machine.files.mkdir(_BY_HAND)
    machine.files.write(path, standin(machine.profile.architecture).read_bytes())
    assert await machine.spawn(f'msiexec /i "{path}" /qn /norestart', account=SYSTEM).wait() == 0
    machine.files.delete(path)
    machine.files.rmdir(_BY_HAND)
