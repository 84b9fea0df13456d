"""The order of cipher suites: how it is read, and what of it is of use."""

from __future__ import annotations

import pytest

from orchestrator.windows import ciphers
from orchestrator.windows.command import Reply

HEAD = f"\n{ciphers.ORDER_KEY.replace('HKLM', 'HKEY_LOCAL_MACHINE')}\n    Functions    "
WINDOWS_7 = {
    "TLS_RSA_WITH_AES_128_CBC_SHA256": False,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": True,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256": True,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P521": True,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA_P384": True,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384_P384": False,
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": True,
    "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256": False,
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": False,
    "TLS_RSA_WITH_RC4_128_SHA": False,
    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5": False,
}


@pytest.mark.parametrize("name", WINDOWS_7)
def test_suites_of_windows_7(name: str) -> None:
    """Of Windows 7's suites those are of use that a server with an RSA certificate takes and that are not weak."""
    assert ciphers.usable([name]) == ([name] if WINDOWS_7[name] else [])


@pytest.mark.parametrize("shown", ["REG_SZ    A,B, C,", r"REG_MULTI_SZ    A\0B\0C"])
def test_an_order_is_read(shown: str) -> None:
    """The policy's own form, with commas, and the form that administrators write."""
    assert ciphers.ORDER.parse([Reply(0, f"{HEAD}{shown}\n")]) == ("A", "B", "C")


@pytest.mark.parametrize("reply", [Reply(1, ""), Reply(0, f"{HEAD}REG_SZ\n"), Reply(0, f"{HEAD}REG_SZ    ,\n")])
def test_no_order_is_windows_own(reply: Reply) -> None:
    """Without the policy, or with an empty one, Windows' own order holds."""
    assert ciphers.ORDER.parse([reply]) is None
