"""What tests of ways to log on share: listeners of lab hosts, credentials of every kind, and hosts to go with them."""

import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.model.clock import Deadline
from orchestrator.model.host import CredentialReference, Host, Https, Kerberos, Logon
from orchestrator.model.secret import Secret
from sspr_lab.clock import Clock
from sspr_lab.faults import Faults
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.tls.certificates import Authority, Certificate
from sspr_lab.winrm.ntlm import nt_hash
from sspr_lab.winrm.server import Trust, WinRMServer
from sspr_lab.winrm_settings import CbtHardeningLevel, Method, ServiceSettings, Transport
from tests.connect.reach import SECONDS, soon
from tests.kdc import Realm, host_name

PASSWORD = "Correct-horse-7"
UPN = "sspr@lab.test"
STOCK: tuple[Method, ...] = ("kerberos", "negotiate")
ALL: tuple[Method, ...] = ("basic", "certificate", "credssp", "kerberos", "negotiate")


@functools.cache
def authority() -> Authority:
    """One for all tests of a process: keys take time."""
    return Authority()


@functools.cache
def client() -> Certificate:
    """The certificate of a client, which hosts map to Administrator."""
    return authority().for_client(UPN)


@dataclass(frozen=True)
class Listener:
    """A listener of a lab host, and how its service is set up.

    Attributes:
        transport: HTTP or HTTPS.
        auth: The ways to log on that are switched on.
        cbt: What is asked of channel binding tokens.
    """

    transport: Transport
    auth: tuple[Method, ...] = STOCK
    cbt: CbtHardeningLevel = "relaxed"

    @property
    def settings(self) -> ServiceSettings:
        return ServiceSettings(frozenset({self.transport}), frozenset(self.auth), self.cbt)


WAYS: Mapping[str, Logon] = {
    "NTLM": "ntlm",
    "NTLM with the NT hash": "ntlm",
    "Kerberos with a password": "kerberos",
    "Kerberos with a keytab": "kerberos",
    "Kerberos with a ticket": "kerberos",
    "Kerberos with the session's ticket": "kerberos",
    "Basic": "basic",
    "certificate": "certificate",
    "CredSSP": "credssp",
}


@dataclass(frozen=True)
class Given:
    """What a test has to log on with.

    Attributes:
        folder: Where files may be put.
        kdc: The realm; None for ways that need none.
    """

    folder: Path
    kdc: Realm | None

    def credential(self, way: str) -> CredentialReference:
        """That of a way; references are the secrets themselves, which `Plain` resolves."""
        match way:
            case "NTLM with the NT hash":
                return CredentialReference("Administrator", nt_hash=nt_hash(PASSWORD).hex())
            case "certificate":
                certificate, key = self.file("client.pem", client().pem), self.file("client.key", client().key)
                return CredentialReference(None, certificate=certificate, key=key)
            case "NTLM" | "Basic" | "CredSSP":
                return CredentialReference("Administrator", PASSWORD)
        assert self.kdc is not None, "the marker `kerberos` makes a realm"
        jane = f"jane@{self.kdc.name}"
        match way:
            case "Kerberos with a password":
                return CredentialReference(jane, self.kdc.passwords["jane"])
            case "Kerberos with a keytab":
                return CredentialReference(jane, keytab=self.kdc.keytab_of("jane"))
            case "Kerberos with a ticket":
                return CredentialReference(None, ccache=f"FILE:{self.kdc.ticket_of('jane')}")
            case _:
                return CredentialReference(jane)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def host(self, way: str, server: WinRMServer, listener: Listener, **differing: object) -> Host:
        """PC-01 as an inventory has it: reached at an IP address, and called by its name."""
        over_https = listener.transport == "https"
        settings: dict[str, object] = {
            "name": "PC-01",
            "address": "127.0.0.1",
            "port": server.https_port if over_https else server.port,
            "credential": self.credential(way),
            "logon": WAYS[way],
            "https": Https(self.file("ca.pem", authority().pem)) if over_https else None,
            "kerberos": Kerberos(host_name("PC-01")),
        }
        return Host(**{**settings, **differing})  # type: ignore[arg-type]


class Plain:
    """Takes references for the secrets themselves."""

    def resolve(self, reference: str) -> Secret:
        return Secret(reference)


@asynccontextmanager
async def serving(
    listener: Listener,
    given: Given,
    profile: Profile | None = None,
    faults: Faults | None = None,
    issuer: Authority | None = None,
) -> AsyncIterator[WinRMServer]:
    """A host with this listener, up inside the block; it has certificates of this authority, or of the usual one."""
    clock = Clock(speed=20)
    made = replace(profile or Profile(branch="windows8.1"), winrm=listener.settings)
    trust = Trust(issuer or authority(), {UPN: "Administrator"}, given.kdc.keytab if given.kdc else None)
    server = WinRMServer(Machine(made, clock, faults), "127.0.0.1", 0, {"Administrator": PASSWORD}, trust=trust)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        await clock.close()


async def said(host: Host, *, seconds: float = SECONDS) -> str:
    """What a host answers to `whoami`; the log-on may take so long."""
    connector = PywinrmConnector(Plain(), threads=1)
    try:
        connection = await connector.connect(host, Deadline.after(seconds))
        try:
            return (await connection.run("whoami", soon())).stdout.decode().strip()
        finally:
            await connection.close()
    finally:
        connector.close()
