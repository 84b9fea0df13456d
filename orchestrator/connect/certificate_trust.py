"""Whom this program trusts when it is the client in TLS: the one place that makes such contexts.

What is demanded is the same on every Python and decided by what is asked. A host, and the service seen as old Windows
sees it, must show a certificate that is valid, in its name, and issued by an authority that is trusted. That every
certificate of the chain also keeps to RFC 5280 is not demanded: `ssl.create_default_context` does so from Python 3.13
on, and refuses the certificates of many a company's own authority, which carry no Authority Key Identifier. Windows
looks for an issuer by its name where there is none (TechNet Wiki, "Certificate Chaining Engine": name match).
"""

from __future__ import annotations

import ssl
from enum import Enum
from pathlib import Path
from typing import Final

OPENSSL: Final = ssl.OPENSSL_VERSION
"""The one that this program uses."""
_BEGINS: Final = b"-----BEGIN CERTIFICATE-----"


def trusting(authorities: Path | str | None = None, *, strict: bool = False) -> ssl.SSLContext:
    """A context with TLS 1.2 or later that checks the certificate and its name.

    Args:
        authorities: PEM file of the authorities to trust; those of this computer when left out.
        strict: Whether the chain must keep to RFC 5280 to the letter, too.

    Raises:
        OSError: The file cannot be used.
    """
    context = _client()
    if authorities is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(authorities)
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    else:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def unchecked() -> ssl.SSLContext:
    """A context that takes any certificate: for those who look at its fingerprint themselves."""
    context = _client()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Holding(Enum):
    """What OpenSSL makes of a file that is to hold certificates in PEM."""

    CERTIFICATE = "a certificate"
    """It takes old ones, too, that strict parsers refuse; its later versions take fewer."""
    UNREADABLE = "one that it cannot read"
    NONE = "none"


def held_in(path: Path) -> Holding:
    """Whether OpenSSL finds a certificate in a PEM file.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        _client().load_verify_locations(path)
    except ssl.SSLError:
        return Holding.UNREADABLE if _BEGINS in path.read_bytes() else Holding.NONE
    return Holding.CERTIFICATE


def why_not_shown(path: Path) -> str | None:
    """What OpenSSL has against showing the certificate of a PEM file as one's own; None where it would.

    It reads the certificate before the key, and more strictly than one to trust: an extension that is there twice, or
    cannot be read, is enough.
    """
    try:
        _client().load_cert_chain(path, path / "key")
    except ssl.SSLError as error:
        return error.reason or "no certificate in PEM"
    except OSError:  # there is no key below a file
        return None
    raise AssertionError("a file is no folder")


def _client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
