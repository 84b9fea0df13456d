"""DER (X.690) as far as SPNEGO and CredSSP tokens go: elements of one-octet tags, SEQUENCEs of numbered fields."""

from collections.abc import Iterator, Mapping
from typing import Final

APPLICATION: Final = 0x60
SEQUENCE: Final = 0x30
INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
CONTEXT: Final = 0xA0  # plus the number of the choice or field


class TokenError(ValueError):
    """Bytes that are not the token they should be."""


def element(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """Tag and content of the element at `at`, and where it ends. Raises TokenError."""
    if at + 2 > len(data):
        raise TokenError("a token ends too early")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    if end > len(data):
        raise TokenError("an element reaches beyond its token")
    return tag, data[start:end], end


def content(data: bytes, tag: int) -> bytes:
    """The content of the element of that tag that `data` begins with. Raises TokenError."""
    found, inside, _ = element(data)
    if found != tag:
        raise TokenError(f"an element has the tag {found:#x} instead of {tag:#x}")
    return inside


def fields(data: bytes) -> dict[int, bytes]:
    """The numbered fields of a SEQUENCE, each with what is in it. Raises TokenError."""
    return {tag - CONTEXT: value for tag, value in _elements(content(data, SEQUENCE))}


def octets(of: Mapping[int, bytes], number: int) -> bytes:
    """The OCTET STRING in a field, empty when there is no such field. Raises TokenError."""
    return content(of[number], OCTETS) if number in of else b""


def encode(tag: int, inside: bytes) -> bytes:
    """An element."""
    size = len(inside)
    if size < 0x80:
        return bytes([tag, size]) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + inside


def sequence(numbered: Mapping[int, bytes]) -> bytes:
    """A SEQUENCE of numbered fields."""
    return encode(SEQUENCE, b"".join(encode(CONTEXT + number, value) for number, value in numbered.items()))


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, value, at = element(data, at)
        yield tag, value
