"""SPNEGO (RFC 4178, MS-SPNG): tokens in and out of their DER wrapping, as far as NTLM inside it goes."""

from dataclasses import dataclass
from typing import Final

from sspr_lab.winrm import der
from sspr_lab.winrm.der import TokenError

NTLMSSP_OID: Final = bytes.fromhex("060a2b06010401823702020a")  # 1.3.6.1.4.1.311.2.2.10
_KERBEROS_OIDS: Final = (
    bytes.fromhex("06092a864886f712010202"),  # 1.2.840.113554.1.2.2
    bytes.fromhex("06092a864882f712010202"),  # 1.2.840.48018.1.2.2, which Windows has called it since 2000
)
_SPNEGO_OID: Final = bytes.fromhex("06062b0601050502")  # 1.3.6.1.5.5.2

ACCEPT_COMPLETED: Final = 0
ACCEPT_INCOMPLETE: Final = 1
REQUEST_MIC: Final = 3


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
    tag, inside, _ = der.element(data)
    if tag == der.APPLICATION:
        if not inside.startswith(_SPNEGO_OID):
            raise TokenError("this is another mechanism's token")
        fields = der.fields(der.content(inside[len(_SPNEGO_OID) :], der.CONTEXT))
        mechanisms = fields.get(0, b"")
        _, listed, _ = der.element(mechanisms)
        _, _, end = der.element(listed)
        return InitToken(mechanisms, listed[:end], der.octets(fields, 2))
    if tag == der.CONTEXT + 1:
        fields = der.fields(inside)
        return ResponseToken(der.octets(fields, 2), der.octets(fields, 3))
    raise TokenError("this is no SPNEGO token")


def offers_ntlm(init: InitToken) -> bool:
    """Whether NTLM is among the mechanisms."""
    return NTLMSSP_OID in init.mechanisms


def begins_kerberos(data: bytes) -> bool:
    """Whether a first token is Kerberos', or SPNEGO's with Kerberos before all others. Raises TokenError."""
    tag, inside, _ = der.element(data)
    if tag != der.APPLICATION:
        return False
    if inside.startswith(_KERBEROS_OIDS):
        return True
    token = decode(data)
    return isinstance(token, InitToken) and token.first in _KERBEROS_OIDS


def response(state: int, *, mechanism: bytes = b"", token: bytes = b"", mic: bytes = b"") -> bytes:
    """A negTokenResp with the fields that are not empty."""
    fields = {0: der.encode(der.ENUMERATED, bytes([state]))}
    if mechanism:
        fields[1] = mechanism
    if token:
        fields[2] = der.encode(der.OCTETS, token)
    if mic:
        fields[3] = der.encode(der.OCTETS, mic)
    return der.encode(der.CONTEXT + 1, der.sequence(fields))
