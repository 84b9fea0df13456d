"""How hosts are logged on to: what of credential, log-on and HTTPS goes together, and what files have to be there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from orchestrator.connect import kerberos
from orchestrator.inventory.credentials import labelled
from orchestrator.inventory.entries import CredentialEntry, HttpsEntry, Proof
from orchestrator.inventory.values import unusable
from orchestrator.model import trust
from orchestrator.model.document import Document, Problems
from orchestrator.model.host import CredentialReference, Host, Https, Logon, is_ip_address
from orchestrator.model.private_file import others_may_read
from orchestrator.model.shared_files import check_shared
from orchestrator.model.validation import Location

S = TypeVar("S")

PROOFS_OF: Final[Mapping[Logon, tuple[Proof, ...]]] = {
    "ntlm": ("password", "nt_hash"),
    "kerberos": ("password", "keytab", "ccache"),
    "basic": ("password",),
    "certificate": ("certificate",),
    "credssp": ("password",),
}
"""What each way to log on can prove itself with."""
_UNSEALED: Final[Mapping[Logon, str]] = {
    "basic": "sends the password as it is",
    "certificate": "shows a certificate of TLS",
}
"""Ways that need TLS around them, and why."""
_NOT_IN_NAMES: Final = frozenset('"/\\[]:;|=,+*?<>@')
_LONGEST_NAME: Final = 20  # UTF-16 units
"""What no account of a Windows machine itself is called by (learn.microsoft.com: NetUserAdd, `net user`). Of a colon,
Basic would end the name there."""
_KEYTAB: Final = (b"\x05\x01", b"\x05\x02")
"""How keytabs begin: their two versions."""


@dataclass(frozen=True)
class Said(Generic[S]):
    """Something that a file says, and where."""

    value: S
    location: Location


@dataclass(frozen=True)
class Authentication:
    """How a host is logged on to."""

    credential: CredentialReference
    logon: Logon
    https: Https | None


class Authentications:
    """Makes and checks authentication, each once, however many hosts have it."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._document, self._problems = document, problems
        self._resolved: dict[tuple[Location, Location, Location], Authentication] = {}

    def resolve(
        self, credential: Said[CredentialEntry], logon: Said[Logon], https: Said[HttpsEntry | None]
    ) -> Authentication:
        """The authentication that these come to; what does not go together is noted."""
        where = credential.location, logon.location, https.location
        if where not in self._resolved:
            self._check_proof(credential, logon)
            self._check_name_form(credential, logon.value)
            self._check_files(credential)
            self._check_logon(logon, https.value)
            if https.value is not None and https.value.ca is not None:
                self._check_authorities(https.value.ca, (*https.location, "ca"))
            self._resolved[where] = Authentication(_reference(credential.value), logon.value, _https(https.value))
        return self._resolved[where]

    def check_name(self, host: Host, line: int) -> None:
        """Notes a host that Kerberos has no name for."""
        if host.logon == "kerberos" and is_ip_address(host.spn_host):
            problem = f"`logon: kerberos` needs the name of `{host.name}`; say it with `kerberos: {{spn_host: …}}`"
            self._problems.add(line, problem)

    def _check_proof(self, credential: Said[CredentialEntry], logon: Said[Logon]) -> None:
        proof, fitting = credential.value.proof, PROOFS_OF[logon.value]
        wanted = " or ".join(f"`{one}`" for one in fitting)
        if proof is None and logon.value != "kerberos":
            self._problem(credential.location, f"`logon: {logon.value}` needs {wanted}")
        elif proof is not None and proof not in fitting:
            ways = " or ".join(f"`logon: {way}`" for way, proofs in PROOFS_OF.items() if proof in proofs)
            self._problem(
                (*credential.location, proof), f"is of no use with `logon: {logon.value}`; say {ways}, or give {wanted}"
            )
        if proof in {"keytab", "ccache"} and os.name == "nt":
            self._problem((*credential.location, proof), "Windows has none; leave it out, and log on as yourself")

    def _check_name_form(self, credential: Said[CredentialEntry], logon: Logon) -> None:
        username = credential.value.username or ""
        if logon == "kerberos" and "\\" in username:
            form = "Kerberos calls accounts user@REALM, as in ops@CORP.EXAMPLE with the realm in capitals"
            self._problem((*credential.location, "username"), form)
        if logon == "basic" and (unfit := _unfit_for_basic(username)):
            form = (
                f"Basic takes an account of the host itself by its bare name, as in `installer`, and {unfit}; one of a "
                "domain logs on by `ntlm`, `kerberos` or `credssp`"
            )
            self._problem((*credential.location, "username"), form)

    def _check_logon(self, logon: Said[Logon], https: HttpsEntry | None) -> None:
        if https is None and logon.value in _UNSEALED:
            self._problem(logon.location, f"`{logon.value}` {_UNSEALED[logon.value]}, so it needs `https` as well")
        if logon.value == "kerberos" and (missing := kerberos.missing()):
            self._problem(logon.location, missing)

    def _check_files(self, credential: Said[CredentialEntry]) -> None:
        entry, where = credential.value, credential.location
        if entry.keytab is not None and self._check_file(entry.keytab, (*where, "keytab"), "with Kerberos keys"):
            self._check_private(entry.keytab, (*where, "keytab"))
            with entry.keytab.open("rb") as file:
                if file.read(2) not in _KEYTAB:
                    self._problem((*where, "keytab"), f"{entry.keytab} is no keytab")
        if entry.ccache is not None and (ticket := _file_of(entry.ccache)) is not None and ticket.exists():
            self._check_file(ticket, (*where, "ccache"), "with Kerberos tickets")
        if entry.certificate is not None and self._check_file(entry.certificate, (*where, "certificate"), "in PEM"):
            convert = "`openssl pkcs12 -in FILE.pfx -out FILE.pem` makes one of a PFX file"
            self._check_certificate(entry.certificate, (*where, "certificate"), convert)
        key = entry.key or entry.certificate
        if entry.key is not None and not self._check_file(entry.key, (*where, "key"), "in PEM"):
            return
        if key is not None and key.is_file() and entry.key_password is None:
            self._check_private(key, (*where, "key" if entry.key else "certificate"))

    def _check_authorities(self, path: Path, location: Location) -> None:
        if self._check_file(path, location, "with certificates in PEM", check_shared):
            convert = "`openssl x509 -inform DER -in FILE -out FILE.pem` makes one of a DER file"
            self._check_certificate(path, location, convert)

    def _check_certificate(self, path: Path, location: Location, convert: str) -> None:
        """Notes a file in which OpenSSL, which is to use it, finds no certificate."""
        # Most inventories name none, and all are completed from.
        from orchestrator.connect.certificate_trust import OPENSSL, Holding, held_in  # noqa: PLC0415

        held = held_in(path)
        if held is Holding.NONE:
            self._problem(location, f"{path} holds no certificate in PEM; {convert}")
        elif held is Holding.UNREADABLE:
            why = f"`openssl x509 -in {path} -noout` says why; have it made anew"
            self._problem(location, f"{path} holds a certificate that {OPENSSL} cannot read; {why}")

    def _check_file(
        self, path: Path, location: Location, what: str, judge: Callable[[Path], None] = trust.check
    ) -> bool:
        """Whether a file can be used; noted when it cannot."""
        if problem := unusable(path, judge):
            self._problem(location, f"{problem}; name a file {what}")
            return False
        return True

    def _check_private(self, path: Path, location: Location) -> None:
        if others_may_read(path):
            self._problem(location, f"others may read {path}; do `chmod 600 {path}`")

    def _problem(self, location: Location, problem: str) -> None:
        key = ".".join(str(part) for part in location)
        self._problems.add(self._document.line(*location), f"`{key}`: {problem}")


def _unfit_for_basic(username: str) -> str | None:
    """Why no account of a Windows machine itself can have a name; None where one can."""
    if found := next((character for character in username if character in _NOT_IN_NAMES), None):
        return f"none has `{found}` in it"
    length = len(username.encode("utf-16-le")) // 2
    return f"none is longer than {_LONGEST_NAME} characters (this is {length})" if length > _LONGEST_NAME else None


def _file_of(ccache: str) -> Path | None:
    """The file of a ticket cache, as `TYPE:RESIDUAL` or the path of a file; None for one of another type."""
    kind, colon, rest = ccache.partition(":")
    if not colon:
        return Path(ccache)
    return Path(rest) if kind == "FILE" else None


def _reference(entry: CredentialEntry) -> CredentialReference:
    return CredentialReference(
        username=entry.username,
        password=entry.password and labelled(entry.password, entry.username or ""),
        nt_hash=entry.nt_hash and labelled(entry.nt_hash, f"the NT hash of {entry.username}"),
        keytab=entry.keytab,
        ccache=entry.ccache,
        certificate=entry.certificate,
        key=entry.key,
        key_password=entry.key_password and labelled(entry.key_password, f"the key of {entry.certificate}"),
    )


def _https(entry: HttpsEntry | None) -> Https | None:
    return None if entry is None else Https(entry.ca, entry.fingerprint, entry.server_name)
