r"""Cipher suites: which of a host's are left by a policy's order and by what is switched off, and what they are worth.

Windows 7, 8 and 8.1 have no ECDHE_RSA suite with GCM, so that they depend on the few that are left
(MicrosoftDocs/win32, tls-cipher-suites-in-windows-7 and -8-1). Two of these are sure: Azure Front Door recommends them
still, and has stopped DHE with GCM on 1 April 2026 (learn.microsoft.com/azure/frontdoor, diffie-hellman-ciphers).
Whether the service of password reset stands behind it is not documented, so the others are called doubtful; what no
modern server takes, as RC4 or CBC with RSA key exchange, does not count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Fact, asked, gather

ORDER_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
_SHOWN = 100

SURE: Final = ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")
DOUBTFUL: Final = (
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
)
SURE_ON_10: Final = (*SURE, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
"""Windows 10 has these besides; in the policy of an older Windows they are names without meaning."""
_NEEDS: Final = (
    ("_AES_128_", r"Ciphers\AES 128/128"),
    ("_AES_256_", r"Ciphers\AES 256/256"),
    ("_SHA256$", r"Hashes\SHA256"),
    ("_SHA384$", r"Hashes\SHA384"),
    ("_SHA$", r"Hashes\SHA"),
    ("^TLS_ECDHE_", r"KeyExchangeAlgorithms\ECDH"),
    ("^TLS_DHE_", r"KeyExchangeAlgorithms\Diffie-Hellman"),
    ("^TLS_RSA_", r"KeyExchangeAlgorithms\PKCS"),
)
"""What is in the name of a suite → the part of Schannel that it needs (tls-registry-settings)."""

SURE_IN_OPENSSL: Final = ("ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256")
DOUBTFUL_IN_OPENSSL: Final = (
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
)
"""The same suites as OpenSSL calls them."""


@dataclass(frozen=True)
class Left:
    """Suites by which a server with an RSA certificate may be reached."""

    sure: tuple[str, ...]
    doubtful: tuple[str, ...]


def _suites(value: Value | None) -> tuple[str, ...] | None:
    """The policy writes one text with commas; administrators have been seen to write a REG_MULTI_SZ."""
    names = re.split(r",|\\0", str(value.data)) if value else []
    return tuple(name.strip() for name in names if name.strip())[:_SHOWN] or None


ORDER: Fact[tuple[str, ...] | None] = gather(
    "ciphers", _suites, value=asked(registry.value("ciphers.order", ORDER_KEY, "Functions"))
)
"""Names of suites, best first; None when no policy says."""


def left(order: Sequence[str] | None, off: Collection[str] = (), *, windows10: bool = False) -> Left:
    r"""What a host can offer.

    Args:
        order: A policy's list; None where Windows' own holds, which has them all.
        off: Parts that are switched off, as in `Ciphers\AES 128/128`.
        windows10: Whether it is Windows 10 or later.
    """
    listed = None if order is None else {re.sub("_P(256|384|521)$", "", name.upper()) for name in order}
    without = {part.lower() for part in off}

    def offered(suite: str) -> bool:
        needs = (part for pattern, part in _NEEDS if re.search(pattern, suite))
        return (listed is None or suite in listed) and not any(part.lower() in without for part in needs)

    sure = SURE_ON_10 if windows10 else SURE
    return Left(tuple(filter(offered, sure)), tuple(filter(offered, DOUBTFUL)))


def needed_by_sure(off: Collection[str]) -> tuple[str, ...]:
    """Those of the parts that are switched off by which sure suites are lost."""
    return tuple(part for part in off if len(left(None, (part,)).sure) < len(SURE))
