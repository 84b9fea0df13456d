"""The secrets of a credential: had at the moment of use, and looked at once before anything is begun."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.connect import kerberos, keytab
from orchestrator.connect.certificate_trust import OPENSSL, unchecked, why_not_shown
from orchestrator.model.errors import SecretUnavailable, UsageError
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.secret import Secret

Resolve = Callable[[str], Secret]
_WEAK: Final = frozenset({"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"})
"""What OpenSSL has against a certificate of one's own by its security level (SSL_CTX_set_security_level(3))."""
_NT_HASH: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True)
class Secrets:
    """The secrets that a credential refers to."""

    password: Secret | None = None
    nt_hash: Secret | None = None
    key_password: Secret | None = None

    @classmethod
    def of(cls, credential: CredentialReference, resolve: Resolve) -> Secrets:
        """Those of a credential. Raises SecretUnavailable."""
        references = credential.password, credential.nt_hash, credential.key_password
        return cls(*(None if reference is None else resolve(reference) for reference in references))


def check(hosts: Iterable[Host], resolve: Resolve) -> None:
    """Looks at the credential of every host, each once, before hosts are touched.

    Raises:
        SecretUnavailable: A reference leads nowhere, or to something of another kind.
        UsageError: A client certificate cannot be used.
    """
    served: dict[tuple[CredentialReference, str], list[str]] = {}
    for host in hosts:
        served.setdefault((host.credential, host.logon), []).append(host.name)
    for (credential, logon), names in served.items():
        try:
            _check(credential, logon, resolve)
        except SecretUnavailable as error:
            others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            raise SecretUnavailable(f"{credential.account}, for {names[0]}{others}: {error}") from error


def _check(credential: CredentialReference, logon: str, resolve: Resolve) -> None:
    secrets = Secrets.of(credential, resolve)
    if logon == "basic" and secrets.password is not None and not secrets.password.reveal().isascii():
        raise SecretUnavailable(
            f"`{credential.password}` leads to a password with letters outside of ASCII, and nobody says how "
            "Windows reads those with `logon: basic`; use `logon: ntlm`"
        )
    if secrets.nt_hash is not None and not _NT_HASH.fullmatch(secrets.nt_hash.reveal()):
        raise SecretUnavailable(f"`{credential.nt_hash}` leads to no NT hash, which is 32 hexadecimal digits")
    if credential.keytab is not None:
        _check_keytab(credential.keytab)
    if credential.certificate is not None:
        _check_certificate(credential, secrets.key_password)


def _check_keytab(path: Path) -> None:
    if kerberos.missing() is None and os.name != "nt" and keytab.is_empty(path):
        raise UsageError(f"the keytab {path} holds no keys; write a new one")


def show_certificate(context: ssl.SSLContext, credential: CredentialReference, key_password: Secret | None) -> None:
    """Has a TLS context show the client certificate of a credential. Raises OSError when it cannot be used.

    A key that is encrypted gets the password, an empty one where none is known: OpenSSL would ask on the terminal.
    """
    assert credential.certificate is not None, "inventories name one for this log-on"
    password = key_password.reveal() if key_password is not None else ""
    context.load_cert_chain(credential.certificate, credential.key, lambda: password)


def _check_certificate(credential: CredentialReference, key_password: Secret | None) -> None:
    assert credential.certificate is not None, "the caller looks"
    key = credential.key or credential.certificate
    try:
        show_certificate(unchecked(), credential, key_password)
    except ssl.SSLError as error:
        if error.reason in _WEAK:
            raise UsageError(
                f"{credential.certificate} is too weak for this computer's OpenSSL ({error.reason}): its key is short, "
                "or its signature is MD5 or SHA-1; have a new one issued"
            ) from error
        if why := why_not_shown(credential.certificate):
            raise UsageError(
                f"{credential.certificate} holds a certificate that {OPENSSL} does not take ({why}); `openssl x509 -in "
                f"{credential.certificate} -noout -text` shows it; have a new one issued"
            ) from error
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"is not the key of {credential.certificate}"
        elif credential.key_password is not None:
            problem = f"holds no private key in PEM that `{credential.key_password}` opens"
        else:
            problem = "holds no private key in PEM, or an encrypted one; for that give `key_password`"
        raise UsageError(f"{key} {problem}") from error
    except OSError as error:
        raise UsageError(f"{key} cannot be read: {error.strerror}") from error
