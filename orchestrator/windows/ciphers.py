r"""The order of cipher suites that a group policy sets, and whether it leaves one by which Entra can be reached.

Windows 7, 8 and 8.1 have no ECDHE_RSA suite with GCM, so that they depend on the few that are left
(MicrosoftDocs/win32, tls-cipher-suites-in-windows-7). Which of those Microsoft's servers accept is not documented for
the service of password reset; all that a modern server may accept are taken for good.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Fact, asked, gather

ORDER_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
_SHOWN = 100

_USABLE = re.compile(
    r"TLS_(ECDHE_RSA_WITH_AES_(256_(GCM_SHA384|CBC_SHA384|CBC_SHA)|128_(GCM_SHA256|CBC_SHA256|CBC_SHA))"
    r"|(DHE_)?RSA_WITH_AES_(256_GCM_SHA384|128_GCM_SHA256))(_P(256|384|521))?"
)

WINDOWS_7_SUITES = (
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
)
"""What Windows 7 and 8.1 have for servers with RSA certificates, patched and as OpenSSL calls them; without those that
no server should take any more (MicrosoftDocs/win32, tls-cipher-suites-in-windows-7 and -8-1)."""


def _suites(value: Value | None) -> tuple[str, ...] | None:
    """The policy writes one text with commas; administrators have been seen to write a REG_MULTI_SZ."""
    names = re.split(r",|\\0", str(value.data)) if value else []
    return tuple(name.strip() for name in names if name.strip())[:_SHOWN] or None


ORDER: Fact[tuple[str, ...] | None] = gather(
    "ciphers", _suites, value=asked(registry.value("ciphers.order", ORDER_KEY, "Functions"))
)
"""Names of suites, best first; None when no policy says."""


def usable(order: Sequence[str]) -> list[str]:
    """Those by which a server with an RSA certificate may be reached that accepts no weak ones."""
    return [name for name in order if _USABLE.fullmatch(name.upper())]
