"""A recording of one direction of a connection, read again: HTTP messages, and what their sealed bodies consist of."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)\r\n", re.IGNORECASE)
_SEALED = re.compile(
    rb"--Encrypted Boundary\r\n"
    rb"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    rb"\tOriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(\d+)\r\n"
    rb"--Encrypted Boundary\r\n"
    rb"\tContent-Type: application/octet-stream\r\n"
    rb"(.*)"
    rb"--Encrypted Boundary(?:--)?(?:\r\n)?",
    re.DOTALL,
)
_SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class HttpMessage:
    """Head and body, as they crossed."""

    head: bytes
    body: bytes

    @property
    def sealed(self) -> bytes | None:
        """The sealed bytes of a body that has nothing but those, its signature and the MIME around; None for another.

        NTLM seals to the length of the original (MS-NLMP 3.4.3), which the MIME headers tell.
        """
        found = _SEALED.fullmatch(self.body)
        if found is None or b"multipart/encrypted" not in self.head:
            return None
        size, signed = int(found[1]), found[2]
        (signature,) = struct.unpack_from("<I", signed)
        whole = signature == _SIGNATURE_BYTES and len(signed) == 4 + signature + size
        return signed[4 + signature :] if whole else None


def messages(stream: bytes) -> Iterator[HttpMessage]:
    """The messages of one direction of one connection. Raises ValueError where it is no HTTP."""
    at = 0
    while at < len(stream):
        end = stream.index(b"\r\n\r\n", at) + 4
        head = stream[at:end]
        length = _LENGTH.search(head)
        at = end + (int(length[1]) if length else 0)
        yield HttpMessage(head, stream[end:at])
