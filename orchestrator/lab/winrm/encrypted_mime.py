"""The multipart/encrypted body in which sealed SOAP travels (MS-WSMV 2.2.9.1.1)."""

import re
import struct
from typing import Final

from orchestrator.lab.winrm.acceptor import Sealing

CONTENT_TYPE: Final = (
    'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
)

_HEADER: Final = re.compile(
    rb"--\s*Encrypted Boundary\r\n"
    rb"\t?Content-Type:\s*application/HTTP-SPNEGO-session-encrypted\r\n"
    rb"\t?OriginalContent:\s*type=application/soap\+xml;charset=(UTF-8|UTF-16);Length=(\d{1,9})\r\n"
    rb"--\s*Encrypted Boundary\r\n"
    rb"\t?Content-Type:\s*application/octet-stream\r\n"
)
_TRAILER: Final = re.compile(rb"--\s*Encrypted Boundary(--)?(\r\n)?")
_LENGTH: Final = struct.Struct("<I")
_LONGEST_SIGNATURE: Final = 64


class MimeError(ValueError):
    """A body that is not laid out as multipart/encrypted."""


def is_sealed(content_type: str) -> bool:
    """Whether a Content-Type header announces a sealed body."""
    lowered = content_type.lower()
    return lowered.startswith("multipart/encrypted") and "http-spnego-session-encrypted" in lowered


def unpack(body: bytes, security: Sealing) -> str:
    """The SOAP text of a sealed request.

    The length of the original says where the sealed bytes end (NTLM seals to the same length), so it does not matter
    what bytes they are.

    Raises:
        MimeError: the body is not laid out as it has to be, or is no text.
        SealBroken: it was sealed under another context, or out of order.
    """
    header = _HEADER.match(body)
    if header is None:
        raise MimeError("no multipart/encrypted headers")
    at = header.end()
    if at + _LENGTH.size > len(body):
        raise MimeError("no signature")
    (size,) = _LENGTH.unpack_from(body, at)
    if size > _LONGEST_SIGNATURE:
        raise MimeError("a signature of impossible length")
    start = at + _LENGTH.size + size
    end = start + int(header[2])
    if not _TRAILER.fullmatch(body, end):
        raise MimeError("the sealed part does not end where its length says")
    message = security.unseal(body[start:end], body[at + _LENGTH.size : start])
    try:
        return message.decode(header[1].decode())
    except UnicodeDecodeError as error:
        raise MimeError("the sealed part is no text") from error


def pack(text: str, security: Sealing) -> bytes:
    """The sealed body of a response."""
    message = text.encode()
    sealed, signature = security.seal(message)
    return b"".join(
        (
            b"--Encrypted Boundary\r\n"
            b"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(message),
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
            _LENGTH.pack(len(signature)),
            signature,
            sealed,
            b"--Encrypted Boundary--\r\n",
        )
    )
