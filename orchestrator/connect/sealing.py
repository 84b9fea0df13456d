"""Sealed messages over HTTP: the multipart/encrypted body of MS-WSMV 2.2.9.1, for every log-on that can seal.

Sealed parts are any bytes, so no boundary can be looked for inside them: a part ends where the next one's headers,
all of them, begin, or with the closing boundary at the end of the body.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Final

from spnego import ContextProxy

from orchestrator.model.host import Logon

_BOUNDARY: Final = b"--Encrypted Boundary"
_NAMES: Final[Mapping[Logon, str]] = {"ntlm": "SPNEGO", "kerberos": "Kerberos", "credssp": "CredSSP"}
_LENGTH: Final = struct.Struct("<I")
CREDSSP_PART: Final = 16 * 1024
"""Bytes; with CredSSP a part holds what fits one TLS record (MS-WSMV 2.2.9.1.3)."""


class AnswerNotSealed(Exception):
    """The peer answers in the clear where a sealed conversation was agreed, agrees to none, or a seal is broken."""


class MessageSealing:
    """Seals messages and opens sealed answers, in the order in which they pass.

    Args:
        context: An established security context that keeps messages confidential.
        logon: How it was established; that names the messages, and CredSSP's have a limit.
    """

    def __init__(self, context: ContextProxy, logon: Logon) -> None:
        self._context = context
        self._part_size = CREDSSP_PART if logon == "credssp" else None
        self._protocol = f"application/HTTP-{_NAMES[logon]}-session-encrypted"
        self._part = re.compile(
            rb"--\s*Encrypted Boundary\r\n"
            rb"\s*Content-Type:\s*%b\r\n"
            rb"\s*OriginalContent:\s*type=[^\r\n]*;Length=(\d{1,9})\r\n"
            rb"--\s*Encrypted Boundary\r\n"
            rb"\s*Content-Type:\s*application/octet-stream\r\n" % self._protocol.encode(),
            re.IGNORECASE,
        )

    def seal(self, message: bytes) -> tuple[str, bytes]:
        """The Content-Type and the body of a message."""
        size = self._part_size or len(message)
        parts = [self._sealed(message[start : start + size]) for start in range(0, len(message), size)]
        kind = "multipart/encrypted" if len(parts) == 1 else "multipart/x-multi-encrypted"
        content_type = f'{kind};protocol="{self._protocol}";boundary="Encrypted Boundary"'
        return content_type, b"".join(parts) + _BOUNDARY + b"--\r\n"

    def open(self, content_type: str, body: bytes) -> bytes:
        """The message in a sealed answer.

        Raises:
            AnswerNotSealed: It is not sealed, or not laid out as sealed answers are.
            SpnegoError: It was not sealed by the peer of this context, or is out of order.
        """
        if not self.sealed(content_type):
            raise AnswerNotSealed
        headers = list(self._part.finditer(body))
        if not headers or headers[0].start():
            raise AnswerNotSealed
        closing = re.compile(rb"--\s*Encrypted Boundary--(\r\n)?\Z").search(body, headers[-1].end())
        if closing is None:
            raise AnswerNotSealed
        ends = [following.start() for following in headers[1:]] + [closing.start()]
        return b"".join(
            self._opened(body[header.end() : end], int(header[1])) for header, end in zip(headers, ends, strict=True)
        )

    def sealed(self, content_type: str) -> bool:
        """Whether a Content-Type is that of an answer sealed as agreed."""
        return f'protocol="{self._protocol}"'.lower() in content_type.lower()

    def _sealed(self, message: bytes) -> bytes:
        header, sealed, padding = self._context.wrap_winrm(message)
        return b"".join(
            (
                _BOUNDARY + b"\r\n",
                f"\tContent-Type: {self._protocol}\r\n".encode(),
                b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % (len(message) + padding),
                _BOUNDARY + b"\r\n",
                b"\tContent-Type: application/octet-stream\r\n",
                _LENGTH.pack(len(header)),
                header,
                sealed,
            )
        )

    def _opened(self, part: bytes, length: int) -> bytes:
        if len(part) < _LENGTH.size:
            raise AnswerNotSealed
        (size,) = _LENGTH.unpack_from(part)
        start = _LENGTH.size + size
        message = self._context.unwrap_winrm(part[_LENGTH.size : start], part[start:])
        if len(message) != length:
            raise AnswerNotSealed
        return message
