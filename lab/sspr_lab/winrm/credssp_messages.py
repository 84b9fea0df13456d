"""The messages of CredSSP (MS-CSSP 2.2): TSRequest in both directions, and the credentials that a client delegates."""

from dataclasses import dataclass
from typing import Final

from sspr_lab.winrm import der
from sspr_lab.winrm.der import TokenError

_PASSWORD: Final = b"\x01"  # credType of TSPasswordCreds


@dataclass(frozen=True)
class Request:
    """A TSRequest; what is empty is not there."""

    version: int
    token: bytes = b""  # of SPNEGO
    credentials: bytes = b""  # authInfo: TSCredentials, sealed
    key_proof: bytes = b""  # pubKeyAuth, sealed
    error: int = 0  # errorCode: an NTSTATUS; in versions 3, 4 and 6
    nonce: bytes = b""  # clientNonce, since version 5

    def encode(self) -> bytes:
        """The message's bytes."""
        fields = {0: der.encode(der.INTEGER, bytes([self.version]))}
        if self.token:
            inner = der.sequence({0: der.encode(der.OCTETS, self.token)})
            fields[1] = der.encode(der.SEQUENCE, inner)
        if self.key_proof:
            fields[3] = der.encode(der.OCTETS, self.key_proof)
        if self.error:
            fields[4] = der.encode(der.INTEGER, self.error.to_bytes(4, "big"))
        return der.sequence(fields)


@dataclass(frozen=True)
class Password:
    """TSPasswordCreds: who the client wants to be on the host, and with what."""

    domain: str
    user: str
    password: str


def decode(data: bytes) -> Request:
    """Read what a client sends. Raises TokenError."""
    fields = der.fields(data)
    token = b""
    if 1 in fields:
        token = der.octets(der.fields(der.content(fields[1], der.SEQUENCE)), 0)
    return Request(
        version=int.from_bytes(der.content(fields.get(0, b""), der.INTEGER), "big"),
        token=token,
        credentials=der.octets(fields, 2),
        key_proof=der.octets(fields, 3),
        nonce=der.octets(fields, 5),
    )


def decode_credentials(data: bytes) -> Password:
    """Read TSCredentials with a password; smart cards are not modelled. Raises TokenError."""
    fields = der.fields(data)
    if der.content(fields.get(0, b""), der.INTEGER) != _PASSWORD:
        raise TokenError("these credentials are no password")
    inside = der.fields(der.octets(fields, 1))
    try:
        domain, user, password = (der.octets(inside, number).decode("utf-16-le") for number in range(3))
    except UnicodeDecodeError as error:
        raise TokenError("a name is not UTF-16") from error
    return Password(domain, user, password)
