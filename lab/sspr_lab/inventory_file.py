"""The inventory of a lab fleet, as the product reads it, with secrets and certificates in files of their own."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestrator.model.errors import UsageError
from orchestrator.model.output_files import STANDARD_OUTPUT, OutputKind, check_file
from orchestrator.model.private_file import write_private
from orchestrator.model.trust import place_to_write
from sspr_lab.winrm_settings import Logon

_MARK = "# The hosts of a lab, which takes this file away when it ends."
_OPTION = "--inventory"
_INVENTORY = OutputKind(_OPTION, "inventory of a lab", re.compile(re.escape(_MARK.encode())))
_BESIDE = OutputKind(_OPTION, "file beside an inventory", re.compile(b""))


@dataclass(frozen=True)
class Listed:
    """One host, as an inventory has to know it.

    Attributes:
        address: Where it listens.
        port: On which port.
        username: The local account to log on as.
        logon: How.
        https: Whether over TLS.
        spn_host: Its name in the realm, for Kerberos.
    """

    address: str
    port: int
    username: str
    logon: Logon = "ntlm"
    https: bool = False
    spn_host: str = ""


@dataclass(frozen=True)
class Secrets:
    """What clients log on with; what no host asks for is empty.

    Attributes:
        password: Of the local accounts.
        authority: The CA's certificate, PEM.
        client: A client certificate and its key, PEM.
        realm_username: An account of the realm.
        realm_password: Its password.
    """

    password: str
    authority: bytes = b""
    client: bytes = b""
    realm_username: str = ""
    realm_password: str = ""


class InventoryFiles:
    """Writes an inventory and the files that it refers to, and takes them away again.

    Args:
        path: of the inventory; the others are beside it and readable by their owner alone: `.secret` is the password,
            `.ca.pem` the CA, `.client.pem` a client's certificate with its key, `.realm.secret` the password of an
            account of the realm.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.secret = path.parent / f"{path.name}.secret"
        self.authority = path.parent / f"{path.name}.ca.pem"
        self.client = path.parent / f"{path.name}.client.pem"
        self.realm_secret = path.parent / f"{path.name}.realm.secret"

    def check(self) -> None:
        """Raises UsageError when one of them cannot be written, or something here is not a lab's."""
        if self.path == STANDARD_OUTPUT:
            raise UsageError(f"{_OPTION} -: is for `sspr -i` to read, with secrets beside it; give the name of a file")
        check_file(_INVENTORY, self.path)
        if not self.path.exists() and (there := [path for path in self._others if path.exists()]):
            raise UsageError(f"{_OPTION} {self.path}: {there[0]} was not written by a lab; give the name of another")
        for path in self._others:
            check_file(_BESIDE, path)

    def make_way(self) -> None:
        """Delete what an earlier lab has left here. Raises as `check`."""
        self.check()
        self.remove()

    @property
    def all(self) -> tuple[Path, ...]:
        """The inventory and what is beside it."""
        return self.path, *self._others

    @property
    def _others(self) -> tuple[Path, ...]:
        return self.secret, self.authority, self.client, self.realm_secret

    def write(
        self, *, hosts: Mapping[str, Listed], secrets: Secrets, port: int, groups: Mapping[str, Sequence[str]]
    ) -> None:
        """Write all of them, replacing what was there; whoever finds the inventory finds the rest. Raises OSError.

        Args:
            hosts: by name; what most have is said once for all.
            secrets: what they are logged on to with.
            port: the usual one.
            groups: the names of the hosts of each group.
        """
        ((usual, _),) = Counter(host.username for host in hosts.values()).most_common(1)
        content = {
            "all": {"credential": self._by_password(usual), "port": port},
            "groups": {name: {"hosts": list(members)} for name, members in groups.items()},
            "hosts": {name: self._entry(host, secrets, usual, port) for name, host in hosts.items()},
        }
        beside = {
            self.secret: secrets.password.encode(),
            self.authority: secrets.authority,
            self.client: secrets.client,
            self.realm_secret: secrets.realm_password.encode(),
        }
        for path, needed in beside.items():
            path.unlink(missing_ok=True)
            if needed:
                write_private(path, needed)
        text = yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True)
        write_private(self.path, f"{_MARK}\n{text}".encode())

    def remove(self) -> None:
        """Delete all of them that are there; a link to one stays. Raises OSError."""
        for path in self.all:
            place_to_write(path).unlink(missing_ok=True)

    def _entry(self, host: Listed, secrets: Secrets, usual: str, port: int) -> dict[str, object]:
        entry: dict[str, object] = {"address": host.address}
        if host.port != port:
            entry["port"] = host.port
        if host.https:
            entry["https"] = {"ca": self.authority.name}
        if host.logon != "ntlm":
            entry["logon"] = host.logon
        if host.logon == "certificate":
            entry["credential"] = {"certificate": self.client.name}
        elif host.logon == "kerberos":
            entry["credential"] = {"username": secrets.realm_username, "password": f"file:{self.realm_secret.name}"}
            entry["kerberos"] = {"spn_host": host.spn_host}
        elif host.username != usual:
            entry["credential"] = self._by_password(host.username)
        return entry

    def _by_password(self, username: str) -> dict[str, str]:
        return {"username": username, "password": f"file:{self.secret.name}"}
