"""TLS to a host: whose certificate is accepted, what a log-on is bound to, and contexts that many connections share."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings

from orchestrator.connect.certificate_trust import trusting, unchecked
from orchestrator.connect.credentials import show_certificate
from orchestrator.model.host import CredentialReference, Host, Https
from orchestrator.model.secret import Secret

_WEAK: Final = ("md5", "sha1")


class FingerprintDiffers(Exception):
    """The host shows another certificate than the pinned one; the argument is the fingerprint that it has."""


@dataclass(frozen=True)
class Security:
    """How TLS is spoken on one connection.

    Attributes:
        context: Its settings.
        server_name: Whom the certificate has to name.
        fingerprint: The SHA-256 that the certificate has to have; None when its issuer decides.
    """

    context: ssl.SSLContext
    server_name: str
    fingerprint: str | None

    def wrap(self, line: socket.socket) -> ssl.SSLSocket:
        """The connection, before the handshake."""
        return self.context.wrap_socket(line, server_hostname=self.server_name, do_handshake_on_connect=False)

    def shake_hands(self, line: ssl.SSLSocket) -> None:
        """The handshake, and a look at the certificate that came of it.

        Raises:
            ssl.SSLError: No TLS 1.2 in common, or the certificate is not accepted.
            FingerprintDiffers: It is not the pinned one.
        """
        line.do_handshake()
        found = hashlib.sha256(line.getpeercert(binary_form=True) or b"").hexdigest()
        if self.fingerprint is not None and not hmac.compare_digest(found, self.fingerprint):
            raise FingerprintDiffers(found)


class Securities:
    """Makes what connections need for TLS. The contexts are shared: reading the system's certificates takes time."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[Https, CredentialReference | None], ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def of(self, host: Host, key_password: Secret | None) -> Security | None:
        """How TLS is spoken to a host; None when it is not. Raises OSError for a file that cannot be used."""
        if host.https is None:
            return None
        client = host.credential if host.logon == "certificate" else None
        with self._lock:
            context = self._contexts.get((host.https, client))
            if context is None:
                context = _context(host.https)
                if client is not None:
                    # http.sys asks for it in the middle of a connection, by a second handshake; TLS 1.3 has none.
                    context.maximum_version = ssl.TLSVersion.TLSv1_2
                    show_certificate(context, client, key_password)
                self._contexts[host.https, client] = context
        return Security(context, host.https.server_name or host.dns_name, host.https.fingerprint)


def channel_bindings(certificate: bytes) -> GssChannelBindings:
    """What ties a log-on to the TLS connection on which it is made: tls-server-end-point (RFC 5929, section 4).

    Args:
        certificate: The server's, DER.
    """
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    digest = hashes.Hash(hashes.SHA256() if algorithm is None or algorithm.name in _WEAK else algorithm)
    digest.update(certificate)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())


def _context(https: Https) -> ssl.SSLContext:
    return trusting(https.ca) if https.fingerprint is None else unchecked()
