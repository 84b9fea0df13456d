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


@dataclass(frozen=True)
class TlsFailure:
    """One way of failing."""

    reason: str
    remedy: str


_PIN: Final = "`https: {fingerprint: …}`"
_UNTRUSTED: Final = TlsFailure(
    "the host's certificate is issued by nobody who is trusted",
    f"name your certification authority with `https: {{ca: FILE.pem}}`, or pin the certificate with {_PIN}",
)
_SELF_SIGNED: Final = TlsFailure(
    "the host's certificate is self-signed and not trusted",
    f"pin it with {_PIN}, once you know from the host itself that it is its own",
)
_WRONG_NAME: Final = TlsFailure(
    "the host's certificate is for another name",
    "say which name it has with `https: {server_name: …}`, or have a certificate issued for this name",
)
_WEAK: Final = TlsFailure(
    "the host's certificate is too weak: its key is short or its signature is MD5 or SHA-1",
    f"have a new one issued, or pin this one with {_PIN}",
)
_RENEW: Final = "have the certificate renewed on the host; log on over HTTP 5985 until then"

_BY_VERIFICATION: Final[Mapping[int, TlsFailure]] = {
    2: _UNTRUSTED,  # UNABLE_TO_GET_ISSUER_CERT
    9: TlsFailure(
        "the host's certificate is not valid yet", "check the clocks of this machine and of whoever issued it"
    ),
    10: TlsFailure("the host's certificate has expired", _RENEW),
    18: _SELF_SIGNED,  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: _UNTRUSTED,  # SELF_SIGNED_CERT_IN_CHAIN
    20: _UNTRUSTED,  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: _UNTRUSTED,  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    23: TlsFailure("the host's certificate was revoked", _RENEW),
    62: _WRONG_NAME,  # HOSTNAME_MISMATCH
    64: _WRONG_NAME,  # IP_ADDRESS_MISMATCH
    66: _WEAK,  # EE_KEY_TOO_SMALL
    67: _WEAK,  # CA_KEY_TOO_SMALL
    68: _WEAK,  # CA_MD_TOO_WEAK
}

_OLD: Final = TlsFailure(
    "the host speaks no TLS 1.2: an unfixed Windows 7 has only TLS 1.0",
    "log on over HTTP 5985 first (leave out `https`; messages are sealed there), and switch TLS 1.2 on with "
    "`sspr run enable-tls12`",
)
_NO_CIPHER: Final = TlsFailure(
    "the host has no cipher suite in common with this machine, or no certificate that it can use",
    "check the certificate of the host's listener (winrm enumerate winrm/config/listener) and its cipher policy",
)
_NO_TLS: Final = TlsFailure(
    "what answers on the port does not speak TLS", "WinRM over HTTPS has port 5986; leave out `https` for 5985"
)
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
_OTHER: Final = TlsFailure(
    "TLS with the host cannot be agreed on", "check the listener's certificate on the host and its TLS settings"
)
ENDED: Final = TlsFailure(
    "the host ends the connection instead of agreeing on TLS",
    "bind a certificate to its HTTPS listener; where it speaks only TLS 1.0, as an unfixed Windows 7 does, log on over "
    "HTTP 5985 first",
)
"""That may be mended from the other side, so it is worth another try."""
_CLIENT_REFUSED: Final = TlsFailure(
    "the host does not accept the client certificate",
    "the certificate that issued it has to be among the host's trusted ones, and it must be for client authentication",
)
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
        return _BY_VERIFICATION.get(error.verify_code) or TlsFailure(
            f"the host's certificate is not accepted ({error.verify_message})", f"pin it with {_PIN}, or replace it"
        )
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
