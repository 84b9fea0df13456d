"""Why TLS with a host did not come about, as data: what happened, and what to do.

Numbers: the verification results of OpenSSL (x509_vfy.h); words: the reasons of its ssl library (sslerr.h), which are
names and not translated. An unfixed Windows 7 answers with TLS 1.0: its Schannel has TLS 1.2 switched off (Microsoft,
"Protocols in TLS/SSL (Schannel SSP)").
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.message import Message, message, phrase


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
_OTHER: Final = _failure("tls-not-agreed")
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
    return _BY_REASON.get(error.reason, _OTHER)


def speaks_no_tls12(error: BaseException) -> bool:
    """Whether behind an error is a peer that has no TLS 1.2."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and _BY_REASON.get(cause.reason) is _OLD:
            return True
        cause = cause.__cause__
    return False
