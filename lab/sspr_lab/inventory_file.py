"""The inventory of a lab fleet, as the product reads it, with secrets and certificates in files of their own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestrator.model.errors import UsageError
from sspr_lab.winrm_settings import Logon

_MARK = "# The hosts of a lab, which takes this file away when it ends."


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
        self.secret = path.with_name(f"{path.name}.secret")
        self.authority = path.with_name(f"{path.name}.ca.pem")
        self.client = path.with_name(f"{path.name}.client.pem")
        self.realm_secret = path.with_name(f"{path.name}.realm.secret")

    def make_way(self) -> None:
        """Delete what an earlier lab has left here. Raises UsageError when something here is not a lab's."""
        if self.path.exists():
            with self.path.open("rb") as file:
                ours = file.readline().rstrip() == _MARK.encode()
        else:
            ours = not any(path.exists() for path in self._others)
        if not ours:
            raise UsageError(
                f"{self.path} or a file beside it that is named after it was not written by a lab, and would be "
                "overwritten; give the name of a file that is not there yet"
            )
        self.remove()

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
        _write_privately(self.secret, secrets.password.encode())
        _write_privately(self.authority, secrets.authority)
        _write_privately(self.client, secrets.client)
        _write_privately(self.realm_secret, secrets.realm_password.encode())
        draft = self.path.with_name(f".{self.path.name}.new")
        text = yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True)
        draft.write_text(f"{_MARK}\n{text}", encoding="utf-8")
        draft.replace(self.path)

    def remove(self) -> None:
        """Delete all of them that are there."""
        for path in (self.path, *self._others):
            path.unlink(missing_ok=True)

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


def _write_privately(path: Path, content: bytes) -> None:
    """Write a file for its owner alone; none when there is nothing to be written."""
    path.unlink(missing_ok=True)
    if content:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
