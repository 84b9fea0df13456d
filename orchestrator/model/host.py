"""Host: one machine of the inventory, as the rest of the program knows it, and the jump hosts that lead there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar, cast

from orchestrator.model.maintenance import Maintenance

T = TypeVar("T")

SSH_PORT: Final = 22


@dataclass(frozen=True)
class JumpHost:
    """One jump host of the inventory.

    Attributes:
        name: Its name in the inventory.
        address: DNS name or IP address; that of a second jump host is looked up by the first.
        port: TCP port of its SSH server.
        username: Whom to log on as.
        known_hosts: The file with its host key, in OpenSSH's format.
        key: The file with the private key; None to use none.
        passphrase: A reference to what the key is encrypted with; None when it is not.
        agent: Whether the keys of the SSH agent are offered.
        password: A reference to the password; None to use none.
    """

    name: str
    address: str
    port: int
    username: str
    known_hosts: Path
    key: Path | None = None
    passphrase: str | None = None
    agent: bool = False
    password: str | None = None

    @property
    def place(self) -> str:
        """Address and port, as evidence shows them."""
        return f"{self.address}:{self.port}"

    @property
    def references(self) -> tuple[str, ...]:
        """The references to secrets that logging on needs."""
        return tuple(reference for reference in (self.passphrase, self.password) if reference is not None)


def way(via: Sequence[JumpHost]) -> str:
    """A way in words, as in `gate > inner`; the first is the nearest to us."""
    return " > ".join(hop.name for hop in via)


Logon: TypeAlias = Literal["ntlm", "kerberos", "basic", "certificate", "credssp"]
"""The way in which a host is shown who we are."""

Identity: TypeAlias = Literal["name", "any"]
"""Which machine may answer: the one that is called as the inventory says, or any."""


@dataclass(frozen=True, slots=True)
class CredentialReference:
    r"""Whom to log on as and where the proof of it is to be had; never a secret itself.

    At most one of password, nt_hash, keytab, ccache and certificate is there; without any, Kerberos takes the ticket
    of the session.

    Attributes:
        username: `DOMAIN\user`, `user@domain` or a local account's name; None where ticket or certificate say it.
        password: A reference: `env:NAME`, `file:/path`, `keyring:SERVICE/NAME` or `prompt:` (with an optional label).
        nt_hash: A reference to the NT hash of the password, 32 hexadecimal digits.
        keytab: A file with the account's Kerberos keys.
        ccache: A Kerberos ticket cache, as `TYPE:RESIDUAL` or the path of a file.
        certificate: A client certificate, PEM, with those that it was issued by behind it.
        key: Its private key, PEM; None when the certificate's file holds it.
        key_password: A reference to what the key is encrypted with; None when it is not.
    """

    username: str | None
    password: str | None = None
    nt_hash: str | None = None
    keytab: Path | None = None
    ccache: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: str | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """The references to secrets that logging on needs."""
        return tuple(filter(None, (self.password, self.nt_hash, self.key_password)))

    @property
    def account(self) -> str:
        """Whom it stands for, in words."""
        return self.username or (f"the certificate {self.certificate}" if self.certificate else "the Kerberos ticket")

    @property
    def proof(self) -> str:
        """Where what proves it is to be had, in words."""
        named = self.password or self.nt_hash or self.keytab or self.ccache or self.certificate
        return str(named or "the ticket cache of the session")


@dataclass(frozen=True)
class Https:
    """WinRM over TLS, and how the host's certificate is judged: by who issued it, or by its fingerprint alone.

    Attributes:
        ca: A PEM file with the certification authorities that are trusted; None for those of the system.
        fingerprint: The SHA-256 of the certificate, lower-case hexadecimal; nothing else of it counts then.
        server_name: The name that the certificate has to be for; None for `Host.dns_name`.
    """

    ca: Path | None = None
    fingerprint: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Kerberos:
    """What Kerberos has to know of a host.

    Attributes:
        spn_host: The host of the service principal name HTTP/host; None for `Host.dns_name`.
        delegate: Whether the host gets a ticket with which it can act for the account elsewhere.
    """

    spn_host: str | None = None
    delegate: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """One machine of the inventory.

    Attributes:
        name: Its name in the inventory, unique without regard to case.
        address: DNS name or IP address to connect to.
        port: TCP port of its WinRM listener.
        credential: Whom to log on as.
        groups: Every group it belongs to, nearest first.
        via: The jump hosts that lead to it, nearest to us first; the last of them looks up its address.
        logon: How to log on.
        https: How TLS is spoken; None for HTTP, where every message is sealed by what was agreed at the log-on.
        kerberos: Settings of the log-on by Kerberos.
        identity: Which machine may answer there.
        computer_name: What that machine calls itself; None where that is its name in the inventory.
        maintenance: When it may be changed; None for any time.
        anti_affinity: A name that hosts share of which no two may restart at once; None for any.
    """

    name: str
    address: str
    port: int
    credential: CredentialReference
    groups: tuple[str, ...] = field(default=())
    via: tuple[JumpHost, ...] = field(default=())
    logon: Logon = "ntlm"
    https: Https | None = None
    kerberos: Kerberos = Kerberos()
    identity: Identity = "name"
    computer_name: str | None = None
    maintenance: Maintenance | None = None
    anti_affinity: str | None = None

    @property
    def meant(self) -> str | None:
        """What the machine has to call itself; None where that is not compared.

        A ticket of Kerberos, or a certificate, proves by itself who answers.
        """
        if self.computer_name is not None:
            return self.computer_name
        compared = self.identity == "name" and not self._proves_itself and not is_ip_address(self.name)
        return self.name if compared else None

    @property
    def anonymous(self) -> bool:
        """Whether nothing says which machine is meant, though nobody said that any may answer."""
        return self.meant is None and self.identity == "name" and not self._proves_itself

    @property
    def _proves_itself(self) -> bool:
        return self.https is not None or self.logon == "kerberos"

    @property
    def place(self) -> str:
        """Where it is to be found, in words: address and port, and the jump hosts on the way."""
        place = f"{self.address}:{self.port}"
        return f"{place} via {way(self.via)}" if self.via else place

    @property
    def dns_name(self) -> str:
        """The name that certificates and tickets call it by: its address, or its name where that is an IP address."""
        return self.name if is_ip_address(self.address) else self.address

    @property
    def spn_host(self) -> str:
        """The host in its service principal name."""
        return self.kerberos.spn_host or self.dns_name


def not_to_connect_to(text: str) -> str | None:
    """Why a text, by its characters a DNS name or an address, is not to be handed to the resolver; None if it may be.

    What is no address by the book may be one to inet_aton(3): octal and hexadecimal numbers, fewer than four of them,
    and digits of other scripts, which IDNA makes plain ones. Whoever answers there is not who was meant.
    """
    if is_ip_address(text):
        return None
    try:
        plain = text.encode("idna").decode("ascii")
    except UnicodeError:
        return "is no DNS name: between its dots there is nothing, or too much"
    try:
        taken_for = socket.inet_ntoa(socket.inet_aton(plain))
    except OSError:
        return None
    return f"is not written as an address, and would be taken for {taken_for}"


def in_one_form(address: str) -> str:
    """A name or an address so that it is equal for whatever leads to the same place by its text alone.

    An IPv6 address that an IPv4 one is mapped to (`::ffff:10.0.0.1`, RFC 4291, 2.5.5.2) is that IPv4 address: this
    computer's own sockets connect to the same machine by either.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address.casefold()
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def is_ip_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address, rather than a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def sharing(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """The same hosts; what some have in common is there once, as thousands of them have few settings between them."""
    known: dict[object, object] = {}

    def once(value: T) -> T:
        return cast("T", known.setdefault(value, value))

    return tuple(
        replace(
            host,
            credential=once(host.credential),
            groups=once(host.groups),
            via=once(host.via),
            https=once(host.https),
            kerberos=once(host.kerberos),
            maintenance=once(host.maintenance),
        )
        for host in hosts
    )
