"""A Kerberos realm for tests: MIT's KDC from Debian's packages on a free loopback port, with a database of its own.

Nothing of the machine's Kerberos configuration is read or changed: everything is in one folder, and a program is part
of the realm once `Realm.environment` is in its environment. Needs Debian's krb5-kdc, krb5-admin-server and krb5-user.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REALM = "LAB.TEST"
DOMAIN = "lab.test"
SERVICES = ("HTTP", "HOST", "WSMAN")
"""What Active Directory gives tickets for under the account of a computer, as far as WinRM clients ask for it."""

_TOOLS = {name: f"/usr/sbin/{name}" for name in ("krb5kdc", "kdb5_util", "kadmin.local")}
_START_SECONDS = 20.0


def needs_kdc() -> None:
    """Skip the test, or the module, where the KDC or gssapi is not installed; never in CI, where that is a failure."""
    missing = [name for name, path in _TOOLS.items() if not Path(path).exists()]
    if missing and not os.environ.get("CI"):
        pytest.skip("needs Debian's krb5-kdc, krb5-admin-server and krb5-user", allow_module_level=True)
    if not os.environ.get("CI"):
        pytest.importorskip("gssapi", reason="needs gssapi from PyPI")


def host_name(computer: str) -> str:
    """The DNS name of a computer of the realm."""
    return f"{computer.lower()}.{DOMAIN}"


@dataclass(frozen=True)
class Realm:
    """A realm whose KDC is up.

    Attributes:
        folder: Where everything of it is.
        port: Of the KDC, on 127.0.0.1.
        keytab: The keys of all computers of the realm.
        passwords: Password by user name, without the realm.
    """

    folder: Path
    port: int
    keytab: Path
    passwords: Mapping[str, str]
    name: str = REALM
    environment: Mapping[str, str] = field(default_factory=dict)

    def keytab_of(self, user: str) -> Path:
        """A keytab with the keys that a user's password makes."""
        path = self.folder / f"{user}.keytab"
        if not path.exists():
            self.administrate(f"ktadd -norandkey -k {path} {user}@{self.name}")
        return path

    def ticket_of(self, user: str, *, lifetime: str = "1h") -> Path:
        """A new credential cache with a ticket-granting ticket of the user."""
        path = self.folder / f"{user}.{secrets.token_hex(4)}.ccache"
        _run(
            ["kinit", "-l", lifetime, "-c", f"FILE:{path}", f"{user}@{self.name}"],
            self.environment,
            said=self.passwords[user],
        )
        return path

    def administrate(self, query: str) -> None:
        """One query of kadmin.local."""
        _run([_TOOLS["kadmin.local"], "-r", self.name, "-q", query], self.environment)


@contextmanager
def realm(folder: Path, computers: Sequence[str], users: Sequence[str] = ("jane",)) -> Iterator[Realm]:
    """A realm with these computers and users, up inside the block.

    Args:
        folder: An empty one for its files.
        computers: Their names; each has HTTP, HOST and WSMAN principals by its short and by its DNS name.
        users: Their names; each has a password of its own.
    """
    up = _prepared(folder, users)
    environment = up.environment
    _run([_TOOLS["kdb5_util"], "create", "-r", up.name, "-s", "-P", secrets.token_urlsafe(18)], environment)
    queries = [f"addprinc -pw {password} {user}" for user, password in up.passwords.items()]
    for computer in computers:
        for service in SERVICES:
            names = (f"{service}/{host_name(computer)}", f"{service}/{computer}")
            queries += [f"addprinc -randkey {name}" for name in names]
            queries += [f"ktadd -k {up.keytab} {name}" for name in names]
    _run([_TOOLS["kadmin.local"], "-r", up.name], environment, said="\n".join(queries) + "\n")
    kdc = subprocess.Popen(
        [_TOOLS["krb5kdc"], "-n", "-r", up.name, "-P", str(folder / "kdc.pid")],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_kdc(kdc, up.port)
        yield up
    finally:
        kdc.terminate()
        kdc.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path, users: Sequence[str]) -> Realm:
    """The realm's files, before there is a database."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    client, server = folder / "krb5.conf", folder / "kdc.conf"
    client.write_text(
        f"""[libdefaults]
  default_realm = {REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  default_ccache_name = FILE:{folder}/default.ccache
[realms]
  {REALM} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  .{DOMAIN} = {REALM}
[logging]
  kdc = FILE:{folder}/kdc.log
""",
        encoding="utf-8",
    )
    server.write_text(
        f"""[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {REALM} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
    max_life = 10h
  }}
""",
        encoding="utf-8",
    )
    return Realm(
        folder,
        port,
        folder / "computers.keytab",
        {user: secrets.token_urlsafe(12) for user in users},
        environment={
            "KRB5_CONFIG": str(client),
            "KRB5_KDC_PROFILE": str(server),
            "KRB5RCACHENAME": f"dfl:{folder}",
            "KRB5CCNAME": f"FILE:{folder}/default.ccache",
        },
    )


def _await_kdc(kdc: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it listens. Raises RuntimeError when it ends instead."""
    deadline = time.monotonic() + _START_SECONDS
    while kdc.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the KDC did not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: Sequence[str], environment: Mapping[str, str], *, said: str = "") -> None:
    """A tool to its end. Raises RuntimeError with what it said when it fails."""
    ended = subprocess.run(
        list(command),
        env={**os.environ, **environment, "LC_ALL": "C"},
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if ended.returncode:
        raise RuntimeError(f"{command[0]}: {ended.stderr or ended.stdout}")
