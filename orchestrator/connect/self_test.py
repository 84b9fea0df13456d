"""A handshake from this computer with what Windows 7 and 8.1 have, and no more: can any fix on such hosts work at all?

They have few cipher suites for servers with RSA certificates, and no setting gives them others (`windows/ciphers.py`).
If the service takes none of these, TLS 1.2 may be enabled on a thousand hosts in vain. The way from here to the service
may be another than theirs, so this says nothing about any single host. Two of the suites are sure; the others
are tried where the service takes neither.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.connect.certificate_trust import trusting
from orchestrator.model.self_test import Answer, SelfTest
from orchestrator.windows.ciphers import DOUBTFUL_IN_OPENSSL, SURE_IN_OPENSSL
from orchestrator.windows.egress import Endpoint

SECONDS = 10.0
"""How long a connection, and each answer in a handshake, is waited for."""


def ask(endpoint: Endpoint, seconds: float = SECONDS, authorities: Path | None = None) -> SelfTest:
    """Tries the service with old suites, and where it refuses those, with new ones as well; never raises.

    Args:
        endpoint: The service.
        seconds: How long each wait may take.
        authorities: PEM file of the CAs to trust; those of this computer when left out.
    """
    try:
        met, lacking = _as_windows_7(endpoint, authorities, seconds)
    except ssl.SSLCertVerificationError as error:
        return SelfTest(
            str(endpoint),
            Answer.NOT_TRUSTED,
            f"{endpoint} takes what Windows 7 and 8.1 can offer, but shows a certificate that this computer does not "
            f"trust ({error.verify_message}): something may inspect TLS on the way from here",
        )
    except (ssl.SSLError, ConnectionError) as error:
        return _refused(endpoint, seconds, authorities, error)
    except OSError as error:
        return _not_reached(endpoint, error)
    answer = Answer.TAKEN if met.suite in SURE_IN_OPENSSL else Answer.DOUBTFUL
    sentence = f"{endpoint} takes what Windows 7 and 8.1 can offer (TLS 1.2, {met.suite})"
    if answer is Answer.DOUBTFUL:
        sentence += (
            f", but neither of {' and '.join(SURE_IN_OPENSSL)}, which Azure recommends still: what it takes may be "
            "given up any day"
        )
    if lacking:
        sentence += (
            "; programs that check certificates strictly would not trust the one that is shown here "
            f"({lacking}): something may inspect TLS on the way"
        )
    return SelfTest(str(endpoint), answer, sentence, met.suite, met.issuer, met.root)


@dataclass(frozen=True)
class _Met:
    """What a handshake came to: the suite, who issued the certificate, and the root it leads to."""

    suite: str
    issuer: str | None
    root: str | None


def _as_windows_7(endpoint: Endpoint, authorities: Path | None, seconds: float) -> tuple[_Met, str]:
    """What was agreed on, and what a strict check misses in the certificates; empty when it misses nothing.

    The suites that are sure are offered first and alone, as a server may prefer others of those that it takes.
    Raises OSError, of which ssl.SSLCertVerificationError is one: they are not trusted by Windows' measure either.
    """
    try:
        return _strictly_or_not(endpoint, authorities, seconds, SURE_IN_OPENSSL)
    except ssl.SSLCertVerificationError:
        raise
    except (ssl.SSLError, ConnectionError) as error:
        if isinstance(error, ConnectionRefusedError):
            raise
        return _strictly_or_not(endpoint, authorities, seconds, DOUBTFUL_IN_OPENSSL)


def _strictly_or_not(
    endpoint: Endpoint, authorities: Path | None, seconds: float, suites: Sequence[str]
) -> tuple[_Met, str]:
    try:
        return _shake_hands(endpoint, _old(suites, authorities, strict=True), seconds), ""
    except ssl.SSLCertVerificationError as error:
        return _shake_hands(endpoint, _old(suites, authorities), seconds), error.verify_message


def _refused(endpoint: Endpoint, seconds: float, authorities: Path | None, refusal: OSError) -> SelfTest:
    """Whether it was the old suites, or whether TLS does not work from here at all."""
    if isinstance(refusal, ConnectionRefusedError):
        return _not_reached(endpoint, refusal)
    try:
        suite = _shake_hands(endpoint, trusting(authorities), seconds).suite
    except ssl.SSLCertVerificationError:
        suite = "unknown"
    except (ssl.SSLError, ConnectionError):
        return SelfTest(
            str(endpoint),
            Answer.NO_TLS,
            f"{endpoint} answers, but no TLS connection comes about from here, whatever is offered: look for what is "
            "in between",
        )
    except OSError as error:
        return _not_reached(endpoint, error)
    return SelfTest(
        str(endpoint),
        Answer.REFUSED,
        f"{endpoint} takes none of the cipher suites that Windows 7 and 8.1 have (of a newer client's it chose "
        f"{suite}): no fix on such hosts can make password reset work",
    )


def _not_reached(endpoint: Endpoint, error: OSError) -> SelfTest:
    """Nothing is said about the service: this computer may have no way to the Internet, and hosts may have one."""
    why = "its name is not known" if isinstance(error, socket.gaierror) else error.strerror or "no answer in time"
    sentence = (
        f"{endpoint} could not be reached from this computer ({why}), so that it is not known whether it takes what "
        "Windows 7 and 8.1 can offer; hosts may have a way of their own"
    )
    return SelfTest(str(endpoint), Answer.NOT_REACHED, sentence)


def _shake_hands(endpoint: Endpoint, context: ssl.SSLContext, seconds: float) -> _Met:
    """What was agreed on, and with whom. Raises OSError, of which ssl.SSLError is one."""
    with (
        socket.create_connection((endpoint.name, endpoint.port), timeout=seconds) as connection,
        context.wrap_socket(connection, server_hostname=endpoint.name) as secured,
    ):
        agreed, names = secured.cipher(), _names(secured)
    return _Met(agreed[0] if agreed else "unknown", names[1] if len(names) > 1 else None, names[-1] if names else None)


def _names(secured: ssl.SSLSocket) -> list[str]:
    """Of the certificates that were verified, the service's own first and its root last, as OpenSSL reads them.

    A stricter parser would refuse some of those, and Python's public way gives nothing but DER.
    """
    behind: Any = secured._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return [_name(each.get_info()["subject"]) for each in behind.get_verified_chain()]


def _name(subject: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Its common name, or all of its name where it has none."""
    parts = [pair for group in subject for pair in group]
    return dict(parts).get("commonName") or ",".join(f"{key}={value}" for key, value in parts)


def _old(suites: Sequence[str], authorities: Path | None, *, strict: bool = False) -> ssl.SSLContext:
    """TLS 1.2 with some of the suites, and a curve, that Windows 7 has."""
    context = trusting(authorities, strict=strict)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(suites))
    context.set_ecdh_curve("prime256v1")
    return context
