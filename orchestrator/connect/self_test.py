"""A handshake from this computer with what Windows 7 and 8.1 have, and no more: can any fix on such hosts work at all?

They have few cipher suites for servers with RSA certificates, and no setting gives them others (`windows/ciphers.py`).
If the service takes none of these, TLS 1.2 may be enabled on a thousand hosts in vain. The way from here to the service
may be another than theirs, so this says nothing about any single host.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from orchestrator.connect.certificate_trust import trusting
from orchestrator.model.self_test import Answer, SelfTest
from orchestrator.windows.ciphers import WINDOWS_7_SUITES
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
        suite, lacking = _as_windows_7(endpoint, authorities, seconds)
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
    sentence = f"{endpoint} takes what Windows 7 and 8.1 can offer (TLS 1.2, {suite})"
    if lacking:
        sentence += (
            "; programs that check certificates strictly would not trust the one that is shown here "
            f"({lacking}): something may inspect TLS on the way"
        )
    return SelfTest(str(endpoint), Answer.TAKEN, sentence, suite)


def _as_windows_7(endpoint: Endpoint, authorities: Path | None, seconds: float) -> tuple[str, str]:
    """The suite that was agreed on, and what a strict check misses in the certificates; empty when it misses nothing.

    Raises OSError, of which ssl.SSLCertVerificationError is one: they are not trusted by Windows' measure either.
    """
    try:
        return _shake_hands(endpoint, _old(authorities, strict=True), seconds), ""
    except ssl.SSLCertVerificationError as error:
        return _shake_hands(endpoint, _old(authorities), seconds), error.verify_message


def _refused(endpoint: Endpoint, seconds: float, authorities: Path | None, refusal: OSError) -> SelfTest:
    """Whether it was the old suites, or whether TLS does not work from here at all."""
    if isinstance(refusal, ConnectionRefusedError):
        return _not_reached(endpoint, refusal)
    try:
        suite = _shake_hands(endpoint, trusting(authorities), seconds)
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


def _shake_hands(endpoint: Endpoint, context: ssl.SSLContext, seconds: float) -> str:
    """The suite that was agreed on. Raises OSError, of which ssl.SSLError is one."""
    with (
        socket.create_connection((endpoint.name, endpoint.port), timeout=seconds) as connection,
        context.wrap_socket(connection, server_hostname=endpoint.name) as secured,
    ):
        agreed = secured.cipher()
    return agreed[0] if agreed else "unknown"


def _old(authorities: Path | None, *, strict: bool = False) -> ssl.SSLContext:
    """TLS 1.2 with the suites and a curve that Windows 7 has."""
    context = trusting(authorities, strict=strict)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(WINDOWS_7_SUITES))
    context.set_ecdh_curve("prime256v1")
    return context
