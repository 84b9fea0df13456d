"""Certificates as old authorities and appliances write them: OpenSSL takes them, and strict parsers do not."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sspr_lab.faults import Faults
from sspr_lab.tls.certificates import Authority, Certificate

SEQUENCE, BIT_STRING = 0x30, 0x03
UTF8, PRINTABLE, UTC_TIME = 0x0C, 0x13, 0x17
SHA256_WITH_RSA: Final = bytes.fromhex("300d06092a864886f70d01010b0500")

Change = Callable[[bytes], bytes]
"""What becomes of the parts of a certificate that are signed, without the header around them."""


def element(tag: int, content: bytes) -> bytes:
    """An element of DER."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + content


def underscore(parts: bytes) -> bytes:
    """The names with a letter that a PrintableString has none of (X.680, 41.4)."""
    for name in (b"PC-01", b"sspr"):
        parts = parts.replace(
            bytes([UTF8, len(name)]) + name, bytes([PRINTABLE, len(name)]) + name[:2] + b"_" + name[3:]
        )
    return parts


def without_seconds(parts: bytes) -> bytes:
    """The beginning of validity as X.680 allows it and RFC 5280 does not: to the minute."""
    begin = parts.index(bytes([UTC_TIME, 13]))
    validity = parts[begin : begin + 30]
    shorter = element(UTC_TIME, validity[2:12] + b"Z") + validity[15:]
    return parts[: begin - 2] + element(SEQUENCE, shorter) + parts[begin + 30 :]


def of_version(number: int) -> Change:
    """Its version is another one, counted from 1; only the third has extensions (RFC 5280, 4.1.2.1)."""
    third = bytes.fromhex("a003020102")
    return lambda parts: parts.replace(third, third[:-1] + bytes([number - 1]), 1)


CHANGES: Final[Mapping[str, Change]] = {
    "an underscore": underscore,
    "no seconds": without_seconds,
    "version 4": of_version(4),
    "version 1 with extensions": of_version(1),
}


def rewritten(made: Certificate, signer: RSAPrivateKey, change: Change) -> Certificate:
    """The same certificate with a change, signed anew."""
    signed = x509.load_der_x509_certificate(made.der).tbs_certificate_bytes
    changed = element(SEQUENCE, change(signed[_header(signed) :]))
    signature = element(BIT_STRING, b"\0" + signer.sign(changed, PKCS1v15(), SHA256()))
    der = element(SEQUENCE, changed + SHA256_WITH_RSA + signature)
    return Certificate(ssl.DER_cert_to_PEM_cert(der).encode(), made.key)


def _header(data: bytes) -> int:
    """How long the header of an element is."""
    return 2 if data[1] < 0x80 else 2 + data[1] - 0x80


class OldAuthority(Authority):
    """An authority whose certificates have a change, and so have those that its machines make themselves."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change

    def for_server(self, computer_name: str, faults: Faults) -> Certificate:
        return rewritten(super().for_server(computer_name, faults), self._key, self.change)

    def for_client(self, principal: str) -> Certificate:
        return rewritten(super().for_client(principal), self._key, self.change)

    def self_signed(self, computer_name: str) -> Certificate:
        made = super().self_signed(computer_name)
        key = load_pem_private_key(made.key, None)
        assert isinstance(key, RSAPrivateKey)
        return rewritten(made, key, self.change)


def taken(change: Change) -> bool:
    """Whether this computer's OpenSSL reads such a certificate at all; 3.5 wants dates with seconds, 3.0 does not."""
    made = OldAuthority(change).for_server("PC-01", Faults([]))
    try:
        ssl.create_default_context(cadata=made.pem.decode("ascii"))
    except ssl.SSLError:
        return False
    return True
