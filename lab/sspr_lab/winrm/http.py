"""HTTP/1.1 as http.sys speaks it: requests read from a stream, responses written, with the bytes counted."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

_LONGEST_HEAD: Final = 16_384  # http.sys MaxRequestBytes


class BadRequest(Exception):
    """A request that http.sys itself refuses with `status`; the connection is closed afterwards."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case; `size` counts all its bytes on the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    size: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def keeps_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    def text(self) -> str:
        """The body as the text that its Content-Type says. Raises UnicodeDecodeError."""
        return self.body.decode("utf-16" if "utf-16" in self.header("content-type").lower() else "utf-8")

    def header(self, name: str) -> str:
        """The value of a header, empty when it is not there."""
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Response:
    """One HTTP response; `headers` may name one header several times."""

    status: HTTPStatus
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    content_type: str = ""
    closes: bool = field(default=False, kw_only=True)

    def encode(self, date: datetime) -> bytes:
        """The bytes on the wire; `date` is what the machine's clock shows."""
        phrase = "" if self.status is HTTPStatus.OK else self.status.phrase
        lines = [f"HTTP/1.1 {self.status.value} {phrase}"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        lines.append("Server: Microsoft-HTTPAPI/2.0")
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Date: {format_datetime(date, usegmt=True)}")
        if self.closes:
            lines.append("Connection: close")
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


async def read_request(stream: asyncio.StreamReader, longest_body: int) -> Request | None:
    """The next request of a connection, None when the client has closed it.

    Raises:
        BadRequest: 400 for what is no request, 411 without Content-Length, 413 for a body beyond `longest_body`.
    """
    try:
        head = await stream.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST) from error
    if len(head) > _LONGEST_HEAD:
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    request_line, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target = _request_line(request_line)
    headers = dict(_header(line) for line in lines)
    length = _content_length(method, headers)
    if length > longest_body:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        body = await stream.readexactly(length)
    except asyncio.IncompleteReadError:
        return None
    return Request(method, target, headers, body, len(head) + length)


def _request_line(line: str) -> tuple[str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    return parts[0], parts[1]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    return name.lower(), value.strip()


def _content_length(method: str, headers: Mapping[str, str]) -> int:
    value = headers.get("content-length")
    if value is None:
        if method == "POST" or "transfer-encoding" in headers:
            raise BadRequest(HTTPStatus.LENGTH_REQUIRED)
        return 0
    if not value.isascii() or not value.isdigit():
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    return int(value)
