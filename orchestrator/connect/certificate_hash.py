"""Which hash a certificate is signed with, which is all that is asked of one: read from its DER and nothing else of it.

A parser of whole certificates refuses what OpenSSL has verified a moment ago: an underscore in a PrintableString, a
time without seconds (cryptography 50), as old authorities and appliances write them. Here only the way to
`signatureAlgorithm` is walked (RFC 5280, 4.1): the second part of the outermost sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

SEQUENCE, OBJECT_IDENTIFIER, FIRST_PARAMETER = 0x30, 0x06, 0xA0
"""The tags that are met (X.690, 8.1.2); the last is `[0]`, the hash among the parameters of RSASSA-PSS (RFC 4055)."""
_LONG_FORM: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4
_LONGEST_IDENTIFIER: Final = 64
"""Bytes; those that are known have nine."""
_PSS: Final = "1.2.840.113549.1.1.10"
_PSS_DEFAULT: Final = "sha1"
_SIGNATURES: Final[Mapping[str, str]] = {
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",  # of OIW, as old versions of makecert write it
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10040.4.3": "sha1",
    "2.16.840.1.101.3.4.3.1": "sha224",
    "2.16.840.1.101.3.4.3.2": "sha256",
    "2.16.840.1.101.3.4.3.3": "sha384",
    "2.16.840.1.101.3.4.3.4": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
"""The hash of each signature: RSA (RFC 8017, 4055), DSA (RFC 3279, 5758) and ECDSA (RFC 5758)."""
_HASHES: Final[Mapping[str, str]] = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""The hashes themselves, as RSASSA-PSS names its own (RFC 4055, 2.1)."""


class CertificateUnreadable(Exception):
    """What was shown as a certificate is not built as one in the place that was to be read."""


class _Element(NamedTuple):
    """Where the content of an element begins and ends."""

    tag: int
    begin: int
    end: int


def signature_hash(certificate: bytes) -> str | None:
    """The hash in a certificate's signature, by its name in hashlib; None for one without, or that is not known.

    Args:
        certificate: DER.

    Raises:
        CertificateUnreadable: It cannot be found.
    """
    whole = _element(certificate, 0, len(certificate), SEQUENCE)
    signed = _element(certificate, whole.begin, whole.end, SEQUENCE)
    algorithm = _element(certificate, signed.end, whole.end, SEQUENCE)
    identifier = _element(certificate, algorithm.begin, algorithm.end, OBJECT_IDENTIFIER)
    name = _dotted(certificate[identifier.begin : identifier.end])
    if name == _PSS:
        return _of_parameters(certificate, identifier.end, algorithm.end)
    return _SIGNATURES.get(name)


def _of_parameters(certificate: bytes, begin: int, end: int) -> str | None:
    """The hash that the parameters of RSASSA-PSS name; where they leave it out, it is SHA-1."""
    parameters = _element(certificate, begin, end, SEQUENCE)
    if parameters.begin == parameters.end or certificate[parameters.begin] != FIRST_PARAMETER:
        return _PSS_DEFAULT
    first = _element(certificate, parameters.begin, parameters.end, FIRST_PARAMETER)
    algorithm = _element(certificate, first.begin, first.end, SEQUENCE)
    identifier = _element(certificate, algorithm.begin, algorithm.end, OBJECT_IDENTIFIER)
    return _HASHES.get(_dotted(certificate[identifier.begin : identifier.end]))


def _element(data: bytes, at: int, end: int, tag: int) -> _Element:
    """The element that begins at a place and has to end before another. Raises CertificateUnreadable."""
    if at + 2 > end or data[at] != tag:
        raise CertificateUnreadable
    length, begin = data[at + 1], at + 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        if not 0 < count <= _MOST_LENGTH_BYTES or begin + count > end:
            raise CertificateUnreadable
        length, begin = int.from_bytes(data[begin : begin + count]), begin + count
    if begin + length > end:
        raise CertificateUnreadable
    return _Element(tag, begin, begin + length)


def _dotted(content: bytes) -> str:
    """An object identifier as people write it (X.690, 8.19)."""
    numbers = [0]
    for byte in content[:_LONGEST_IDENTIFIER]:
        numbers[-1] = numbers[-1] << 7 | byte & 0x7F
        if byte < _LONG_FORM:
            numbers.append(0)
    first, *rest = numbers[:-1] or [0]
    root = min(first // 40, 2)
    return ".".join(map(str, (root, first - 40 * root, *rest)))
