"""The multipart/encrypted body in which sealed SOAP travels (MS-WSMV 2.2.9.1.1)."""

import re
import struct
from typing import Final

from sspr_lab.winrm.acceptor import Sealing

SPNEGO: Final = "application/HTTP-SPNEGO-session-encrypted"
KERBEROS: Final = "application/HTTP-Kerberos-session-encrypted"
CREDSSP: Final = "application/HTTP-CredSSP-session-encrypted"

_HEADER: Final = re.compile(
    rb"--\s*Encrypted Boundary\r\n"
    rb"\t?Content-Type:\s*application/HTTP-(?:SPNEGO|Kerberos|CredSSP)-session-encrypted\r\n"
    rb"\t?OriginalContent:\s*type=application/soap\+xml;charset=(UTF-8|UTF-16);Length=(\d{1,9})\r\n"
    rb"--\s*Encrypted Boundary\r\n"
    rb"\t?Content-Type:\s*application/octet-stream\r\n"
)
_BOUNDARY: Final = re.compile(rb"--\s*Encrypted Boundary(--)?(\r\n)?")
_LENGTH: Final = struct.Struct("<I")
_LONGEST_SIGNATURE: Final = 128
_CREDSSP_PART: Final = 16_384  # what one TLS record holds


class MimeError(ValueError):
    """A body that is not laid out as multipart/encrypted."""


def is_sealed(content_type: str) -> bool:
    """Whether a Content-Type header announces a sealed body, in one part or in several."""
    lowered = content_type.lower()
    multipart = lowered.startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))
    return multipart and any(protocol.lower() in lowered for protocol in (SPNEGO, KERBEROS, CREDSSP))


def unpack(body: bytes, security: Sealing) -> str:
    """The SOAP text of a sealed request.

    The length of the original says where the sealed bytes may end (nothing makes them shorter), so it does not matter
    what bytes they are. Which protocol a part names is not looked at: clients name SPNEGO's for Kerberos, and Windows
    lets them (pywinrm has always done so).

    Raises:
        MimeError: the body is not laid out as it has to be, or is no text.
        SealBroken: it was sealed under another context, or out of order.
    """
    header, at = _header(body, 0)
    message, at = _part(body, at, int(header[2]), security)
    while at < len(body):
        header, at = _header(body, at)
        part, at = _part(body, at, int(header[2]), security)
        message += part
    try:
        return message.decode(header[1].decode())
    except UnicodeDecodeError as error:
        raise MimeError("the sealed part is no text") from error


def pack(text: str, security: Sealing, protocol: str) -> tuple[str, bytes]:
    """The Content-Type and the sealed body of a response; CredSSP seals 16 KB at most at once (MS-WSMV 2.2.9.1)."""
    message = text.encode()
    longest = _CREDSSP_PART if protocol == CREDSSP else len(message)
    parts = [message[at : at + longest] for at in range(0, len(message), longest or 1)] or [b""]
    kind = "multipart/encrypted" if len(parts) == 1 else "multipart/x-multi-encrypted"
    body = b"".join(_sealed(part, security, protocol.encode()) for part in parts)
    return f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"', body + b"--Encrypted Boundary--\r\n"


def _header(body: bytes, at: int) -> tuple[re.Match[bytes], int]:
    """The headers of the part at `at`, and where they end."""
    header = _HEADER.match(body, at)
    if header is None:
        raise MimeError("no multipart/encrypted headers")
    return header, header.end()


def _part(body: bytes, at: int, length: int, security: Sealing) -> tuple[bytes, int]:
    """The message of one part of `length` octets whose signature is at `at`, and where the next part begins."""
    if at + _LENGTH.size > len(body):
        raise MimeError("no signature")
    (size,) = _LENGTH.unpack_from(body, at)
    if size > _LONGEST_SIGNATURE:
        raise MimeError("a signature of impossible length")
    start = at + _LENGTH.size + size
    end = _BOUNDARY.search(body, start + length)
    if end is None:
        raise MimeError("the sealed part does not end where its length says")
    message = security.unseal(body[start : end.start()], body[at + _LENGTH.size : start])
    if len(message) != length:
        raise MimeError("the sealed part is not as long as it says")
    return message, end.end() if end.end() == len(body) else end.start()


def _sealed(message: bytes, security: Sealing, protocol: bytes) -> bytes:
    sealed, signature = security.seal(message)
    return b"".join(
        (
            b"--Encrypted Boundary\r\n\tContent-Type: %s\r\n" % protocol,
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(message),
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
            _LENGTH.pack(len(signature)),
            signature,
            sealed,
        )
    )
