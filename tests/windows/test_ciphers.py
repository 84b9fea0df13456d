"""The order of cipher suites: how it is read, and what of it is of use."""

from __future__ import annotations

import pytest

from orchestrator.windows import ciphers
from orchestrator.windows.command import Reply

HEAD = f"\n{ciphers.ORDER_KEY.replace('HKLM', 'HKEY_LOCAL_MACHINE')}\n    Functions    "
SURE, DOUBTFUL, NEITHER = "sure", "doubtful", ""
WINDOWS_7 = {
    "TLS_RSA_WITH_AES_128_CBC_SHA256": NEITHER,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": DOUBTFUL,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256": SURE,
    "tls_ecdhe_rsa_with_aes_256_cbc_sha384_p521": SURE,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA_P384": DOUBTFUL,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": NEITHER,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384_P384": NEITHER,
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": DOUBTFUL,
    "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256": NEITHER,
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": NEITHER,
    "TLS_RSA_WITH_RC4_128_SHA": NEITHER,
    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5": NEITHER,
}


@pytest.mark.parametrize(("name", "worth"), WINDOWS_7.items())
def test_suites_of_windows_7(name: str, worth: str) -> None:
    """What an order of this suite alone leaves: one that is sure, one that is doubtful, or nothing."""
    left = ciphers.left([name])
    assert (len(left.sure), len(left.doubtful)) == (int(worth == SURE), int(worth == DOUBTFUL))


def test_windows_10_has_more() -> None:
    """An order of suites with ECDHE and GCM leaves Windows 10 some."""
    assert ciphers.left(["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"], windows10=True).sure


@pytest.mark.parametrize(
    ("off", "sure", "doubtful"),
    [
        ((), 2, 6),
        ((r"Ciphers\AES 128/128",), 1, 3),
        ((r"ciphers\aes 128/128", r"Ciphers\AES 256/256"), 0, 0),
        ((r"KeyExchangeAlgorithms\ECDH",), 0, 4),
        ((r"KeyExchangeAlgorithms\PKCS",), 2, 4),
        ((r"KeyExchangeAlgorithms\Diffie-Hellman",), 2, 4),
        ((r"Hashes\SHA256", r"Hashes\SHA384"), 0, 2),
        ((r"Hashes\SHA",), 2, 4),
        ((r"Hashes\MD5", r"Ciphers\RC4 128/128"), 2, 6),
    ],
)
def test_what_is_switched_off(off: tuple[str, ...], sure: int, doubtful: int) -> None:
    """Every suite that needs a part is gone with it."""
    left = ciphers.left(None, off)
    assert (len(left.sure), len(left.doubtful)) == (sure, doubtful)


@pytest.mark.parametrize("shown", ["REG_SZ    A,B, C,", r"REG_MULTI_SZ    A\0B\0C"])
def test_an_order_is_read(shown: str) -> None:
    """The policy's own form, with commas, and the form that administrators write."""
    assert ciphers.ORDER.parse([Reply(0, f"{HEAD}{shown}\n")]) == ("A", "B", "C")


@pytest.mark.parametrize("reply", [Reply(1, ""), Reply(0, f"{HEAD}REG_SZ\n"), Reply(0, f"{HEAD}REG_SZ    ,\n")])
def test_no_order_is_windows_own(reply: Reply) -> None:
    """Without the policy, or with an empty one, Windows' own order holds."""
    assert ciphers.ORDER.parse([reply]) is None
