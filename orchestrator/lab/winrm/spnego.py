"""SPNEGO as far as NTLM inside it goes (RFC 4178, MS-SPNG): tokens in and out of their DER wrapping."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

NTLMSSP_OID: Final = bytes.fromhex("060a2b06010401823702020a")  # 1.3.6.1.4.1.311.2.2.10
_KERBEROS_OIDS: Final = tuple(
    bytes.fromhex(oid) for oid in ("06092a864886f712010202", "06092a864882f712010202")
)  # 1.2.840.113554.1.2.2, and what Windows 2000 made of it
_SPNEGO_OID: Final = bytes.fromhex("06062b0601050502")  # 1.3.6.1.5.5.2

_APPLICATION: Final = 0x60
_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_ENUMERATED: Final = 0x0A
_CONTEXT: Final = 0xA0  # plus the number of the choice or field

ACCEPT_COMPLETED: Final = 0
ACCEPT_INCOMPLETE: Final = 1
REQUEST_MIC: Final = 3


class TokenError(ValueError):
    """Bytes that are no SPNEGO token."""


@dataclass(frozen=True)
class InitToken:
    """A negTokenInit: the mechanisms on offer (as the DER that a MIC is made over) and an optimistic first token."""

    mechanisms: bytes
    first: bytes
    token: bytes


@dataclass(frozen=True)
class ResponseToken:
    """A negTokenResp: the next token of the chosen mechanism, and the client's mechListMIC when it sends one."""

    token: bytes
    mic: bytes


def decode(data: bytes) -> InitToken | ResponseToken:
    """Read what a client sends. Raises TokenError."""
    tag, content, _ = _element(data, 0)
    if tag == _APPLICATION:
        if not content.startswith(_SPNEGO_OID):
            raise TokenError("this is another mechanism's token")
        tag, content, _ = _element(content, len(_SPNEGO_OID))
        if tag != _CONTEXT:
            raise TokenError("a first token is a negTokenInit")
        fields = _fields(content)
        mechanisms = fields.get(0, b"")
        _, listed, _ = _element(mechanisms, 0)
        _, _, end = _element(listed, 0)
        return InitToken(mechanisms, listed[:end], _octets(fields, 2))
    if tag == _CONTEXT + 1:
        fields = _fields(content)
        return ResponseToken(_octets(fields, 2), _octets(fields, 3))
    raise TokenError("this is no SPNEGO token")


def offers_ntlm(init: InitToken) -> bool:
    """Whether NTLM is among the mechanisms."""
    return NTLMSSP_OID in init.mechanisms


def begins_kerberos(data: bytes) -> bool:
    """Whether a first token is Kerberos', or SPNEGO's with Kerberos before all others. Raises TokenError."""
    tag, content, _ = _element(data, 0)
    if tag != _APPLICATION:
        return False
    if content.startswith(_KERBEROS_OIDS):
        return True
    token = decode(data)
    return isinstance(token, InitToken) and token.first in _KERBEROS_OIDS


def response(state: int, *, mechanism: bytes = b"", token: bytes = b"", mic: bytes = b"") -> bytes:
    """A negTokenResp with the fields that are not empty."""
    fields = [_der(_CONTEXT, _der(_ENUMERATED, bytes([state])))]
    if mechanism:
        fields.append(_der(_CONTEXT + 1, mechanism))
    if token:
        fields.append(_der(_CONTEXT + 2, _der(_OCTETS, token)))
    if mic:
        fields.append(_der(_CONTEXT + 3, _der(_OCTETS, mic)))
    return _der(_CONTEXT + 1, _der(_SEQUENCE, b"".join(fields)))


def _fields(content: bytes) -> dict[int, bytes]:
    """The numbered fields of a SEQUENCE."""
    tag, body, _ = _element(content, 0)
    if tag != _SEQUENCE:
        raise TokenError("the fields of a token are a SEQUENCE")
    return {number - _CONTEXT: value for number, value in _elements(body)}


def _octets(fields: dict[int, bytes], number: int) -> bytes:
    if number not in fields:
        return b""
    tag, value, _ = _element(fields[number], 0)
    if tag != _OCTETS:
        raise TokenError("a token is an OCTET STRING")
    return value


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, value, at = _element(data, at)
        yield tag, value


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag and content of the DER element at `at`, and where it ends."""
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


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
