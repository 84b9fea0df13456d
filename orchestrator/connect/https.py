"""TLS to a host: whose certificate is accepted, what a log-on is bound to, shared contexts, and why it fails."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from spnego.channel_bindings import GssChannelBindings

from orchestrator.connect.certificate_hash import signature_hash
from orchestrator.connect.certificate_trust import trusting, unchecked
from orchestrator.connect.credentials import show_certificate
from orchestrator.model.host import CredentialReference, Host, Https
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.secret import Secret

_WEAK_HASHES: Final = ("md5", "sha1")


class FingerprintDiffers(Exception):
    """The host shows another certificate than the pinned one; the argument is the fingerprint that it has."""


class _Line(ssl.SSLSocket):
    """A connection to be secured; where it has ended before, it is closed.

    `SSLContext.wrap_socket` asks for the peer first. It goes on without one, fails, and leaves what it was about to
    give away open (CPython 3.11 and 3.13, ssl.SSLSocket._create).
    """

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)) from error


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
        """The connection, before the handshake. Raises ConnectionResetError where it has ended meanwhile."""
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

    Raises:
        CertificateUnreadable: It is not seen what it is signed with.
    """
    name = signature_hash(certificate)
    digest = hashlib.new("sha256" if name is None or name in _WEAK_HASHES else name, certificate).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def _context(https: Https) -> ssl.SSLContext:
    context = trusting(https.ca) if https.fingerprint is None else unchecked()
    context.sslsocket_class = _Line
    return context


@dataclass(frozen=True)
class TlsFailure:
    """One way of failing, and what to do about it."""

    reason: Message
    remedy: Message


def _failure(code: str) -> TlsFailure:
    says = phrase(code, remedy=True)
    return TlsFailure(says(), says.remedy())


_UNTRUSTED: Final = _failure("tls-untrusted")
_SELF_SIGNED: Final = _failure("tls-self-signed")
_WRONG_NAME: Final = _failure("tls-wrong-name")
_WEAK: Final = _failure("tls-weak-certificate")


@message("tls-certificate-not-accepted", remedy=True)
def _not_accepted(why: str) -> None:
    """What OpenSSL has against the certificate, in its own words."""


_BY_VERIFICATION: Final[Mapping[int, TlsFailure]] = {
    2: _UNTRUSTED,  # UNABLE_TO_GET_ISSUER_CERT
    9: _failure("tls-not-valid-yet"),
    10: _failure("tls-expired"),
    18: _SELF_SIGNED,  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: _UNTRUSTED,  # SELF_SIGNED_CERT_IN_CHAIN
    20: _UNTRUSTED,  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: _UNTRUSTED,  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    23: _failure("tls-revoked"),
    62: _WRONG_NAME,  # HOSTNAME_MISMATCH
    64: _WRONG_NAME,  # IP_ADDRESS_MISMATCH
    66: _WEAK,  # EE_KEY_TOO_SMALL
    67: _WEAK,  # CA_KEY_TOO_SMALL
    68: _WEAK,  # CA_MD_TOO_WEAK
}

_OLD: Final = _failure("tls-too-old")
_NO_CIPHER: Final = _failure("tls-no-cipher")
_NO_TLS: Final = _failure("tls-none")
_BY_REASON: Final[Mapping[str, TlsFailure]] = {
    "UNSUPPORTED_PROTOCOL": _OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
    "UNKNOWN_PROTOCOL": _OLD,
    "WRONG_SSL_VERSION": _OLD,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _NO_CIPHER,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _NO_CIPHER,
    "DH_KEY_TOO_SMALL": _NO_CIPHER,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
}
OTHER: Final = _failure("tls-not-agreed")
"""None of those that we know: bytes that were damaged on the way, or a peer that speaks no TLS to speak of."""
ENDED: Final = _failure("tls-ended")
"""That may be mended from the other side, so it is worth another try."""
_CLIENT_REFUSED: Final = _failure("tls-client-certificate-refused")
_CLIENT_ALERTS: Final = (
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_REVOKED",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "TLSV1_ALERT_UNKNOWN_CA",
    "TLSV1_ALERT_ACCESS_DENIED",
)


def failure_of(error: ssl.SSLError) -> TlsFailure | None:
    """What an error of the handshake means; None for a connection that merely ended."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return _BY_VERIFICATION.get(error.verify_code) or TlsFailure(_not_accepted(why), _not_accepted.remedy(why))
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    if error.reason in _CLIENT_ALERTS:
        return _CLIENT_REFUSED
    return _BY_REASON.get(error.reason, OTHER)


def speaks_no_tls12(error: BaseException) -> bool:
    """Whether behind an error is a peer that has no TLS 1.2."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and _BY_REASON.get(cause.reason) is _OLD:
            return True
        cause = cause.__cause__
    return False
