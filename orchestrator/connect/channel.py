"""One HTTP/1.1 connection to one host: made once, over TLS or not, with answers that are bounded.

What WinRM clients commonly leave open is closed here:

- When the server has ended the connection, libraries make another one by themselves and send the body again, which was
  sealed under the old context. A `Channel` connects once; after that nothing more is sent.
- A redirection is an answer like any other, and proxies, .netrc and certificates of the environment are not looked at.
- An answer may be of any size, compressed, and come a byte at a time. It is read as it is, up to a bound, and the line
  can be broken off from outside.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from orchestrator.connect.https import Security
from orchestrator.model.clock import Clock

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes; eight times the largest envelope that any stock host sends."""
CONNECT_SECONDS = 10.0
SLOWEST_PACE = 2_000
"""Bytes a second that a line carries at least; the time that a request may be on its way is told by it."""
_PORTION = 64 * 1024


def ahead_of_us(date: str | None, now: datetime) -> timedelta | None:
    """How far a host's clock is ahead of ours, to the second and the time that the answer took.

    The header stands outside of what is sealed, so it is good for a warning and not for more.

    Args:
        date: The Date header (RFC 9110, 5.6.7); None when the answer has none.
        now: Our time.

    Returns:
        None when the header is missing or no date.
    """
    try:
        shown = parsedate_to_datetime(date) if date else None
    except (ValueError, OverflowError):
        return None
    if shown is None:
        return None
    return (shown if shown.tzinfo else shown.replace(tzinfo=UTC)) - now


class AnswerTooLarge(Exception):
    """The peer sends more than any WinRM service would."""


@dataclass(frozen=True)
class Answer:
    """One HTTP response.

    Attributes:
        status: Its code.
        content_type: Its Content-Type; empty when there is none.
        challenges: The values of its WWW-Authenticate headers.
        body: As it came.
    """

    status: int
    content_type: str
    challenges: tuple[str, ...]
    body: bytes

    def challenge(self, scheme: str) -> str | None:
        """What stands behind an authentication scheme, empty when nothing does; None when it is not named."""
        offers = (offer.strip().partition(" ") for value in self.challenges for offer in value.split(","))
        found = [rest.strip() for name, _, rest in offers if name.lower() == scheme.lower()]
        return max(found, key=len, default=None)


class Channel:
    """The one connection to a host.

    Any method raises `OSError` (`ssl.SSLError` among them) and `http.client.HTTPException` when the line is at fault.

    Args:
        address: DNS name or IP address.
        port: TCP port.
        security: How TLS is spoken; None for plain HTTP.
        clock: What the host's clock is compared with.

    Attributes:
        clock_ahead: How far the host's clock was ahead of ours at its last answer; None while it has not told.
        round_trip: Seconds that the quickest exchange took; 0 before there was one.
    """

    def __init__(self, address: str, port: int, security: Security | None, clock: Clock) -> None:
        self._address, self._port, self._security, self._clock = address, port, security, clock
        self.clock_ahead: timedelta | None = None
        self.round_trip = 0.0
        self._line: socket.socket | None = None
        self._http = http.client.HTTPConnection(address, port)
        self._http.auto_open = 0

    def speak_over(self, line: socket.socket) -> None:
        """Takes a connected socket, as through a tunnel, instead of connecting; it is closed with the channel."""
        self._line = line

    def open(self, seconds: float) -> None:
        """Connects, and secures the connection where that is asked for; `seconds` for each exchange.

        Raises:
            FingerprintDiffers: The certificate is not the one that is pinned.
        """
        limit = min(seconds, CONNECT_SECONDS)
        if self._line is None:
            self._line = socket.create_connection((self._address, self._port), limit)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line.settimeout(limit)
        if self._security is not None:
            secured = self._security.wrap(self._line)
            self._line = secured
            self._security.shake_hands(secured)
        self._http.sock = self._line

    @property
    def certificate(self) -> bytes | None:
        """The certificate that the host has shown, DER; None over plain HTTP."""
        return self._line.getpeercert(binary_form=True) if isinstance(self._line, ssl.SSLSocket) else None

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Sends a request and reads its answer.

        Args:
            path: What it is for.
            headers: Besides Host and Content-Length.
            body: May be empty.
            seconds: How long to wait for the next bytes, from when the request must have arrived.

        Raises:
            AnswerTooLarge: It is more than ANSWER_LIMIT.
        """
        if self._line is not None:
            self._line.settimeout(seconds + len(body) / SLOWEST_PACE)
        began = time.monotonic()
        self._http.request("POST", path, body, {**headers, "Content-Length": str(len(body))})
        content = bytearray()
        with self._http.getresponse() as response:
            self.clock_ahead = ahead_of_us(response.headers.get("Date"), self._clock.now())
            while portion := response.read(_PORTION):
                content += portion
                if len(content) > ANSWER_LIMIT:
                    raise AnswerTooLarge
            if response.length:
                raise http.client.IncompleteRead(bytes(content), response.length)
        self.round_trip = min(self.round_trip or math.inf, time.monotonic() - began)
        challenges = tuple(response.headers.get_all("WWW-Authenticate", []))
        return Answer(response.status, response.headers.get("Content-Type", ""), challenges, bytes(content))

    def break_off(self) -> None:
        """Whoever waits on the connection, on whichever thread, finds it ended.

        Of a secured one the socket below is ended: TLS's own farewell would take part in what the other thread does.
        """
        if self._line is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the connection; may be called again."""
        self._http.close()
        if self._line is not None:
            self._line.close()
