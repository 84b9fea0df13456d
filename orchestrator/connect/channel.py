"""One HTTP/1.1 connection to one host: made once, over TLS or not, with answers that are whole and bounded.

What WinRM clients commonly leave open is closed here:

- When the server has ended the connection, libraries make another one by themselves and send the body again, which was
  sealed under the old context. A `Channel` connects once; after that nothing more is sent.
- A redirection is an answer like any other, and proxies, .netrc and certificates of the environment are not looked at.
- A connection may end at any byte. Only an answer that says where it ends, and came to there, is one.
- An answer may be of any size, compressed, have headers, interim answers or chunks without end, and come a byte at a
  time. It is read as it is, up to bounds in bytes and time, and the line can be broken off from outside.
"""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import h11

from orchestrator.connect.https import Security
from orchestrator.model.clock import Clock
from orchestrator.windows import moments

ANSWER_LIMIT: Final = 1024 * 1024
"""Bytes of content; twice the largest envelope that any stock host sends."""
FRAMING_LIMIT: Final = 64 * 1024
"""Bytes of an answer that are not content: its headers, what is said before it, and around chunks. A token of CredSSP
with a chain of certificates is the largest that is seen, some 20 KB."""
PORTIONS_LIMIT: Final = 20_000
"""How many reads an answer may take, so that one that comes a byte at a time costs a second of CPU at most."""
CONNECT_SECONDS = 10.0
SLOWEST_PACE = 2_000
"""Bytes a second that a line carries at least; the time that a request and its answer may be on their way is told by
it."""
_PORTION: Final = 64 * 1024
_PROTOCOL: Final = b"HTTP/"


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
    moment = moments.in_utc(shown) if shown else None
    return moment - now if moment else None


class AnswerIncomplete(ConnectionError):
    """The connection ended, or had ended, before the answer was whole."""


class AnswerNotHttp(Exception):
    """What came is no HTTP/1.1."""


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

    Any method raises `OSError` (`ssl.SSLError` among them) when the line is at fault.

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
        self._broken_off = False
        self._http = h11.Connection(h11.CLIENT, FRAMING_LIMIT)

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
        if self._broken_off:
            raise AnswerIncomplete
        self._line.settimeout(limit)
        if self._security is not None:
            secured = self._security.wrap(self._line)
            self._line = secured
            self._security.shake_hands(secured)

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
            seconds: How long it may take until the answer is there, besides what both are on their way at SLOWEST_PACE.

        Raises:
            AnswerIncomplete: The connection ended in the middle of it, or before.
            AnswerNotHttp: It is none.
            AnswerTooLarge: It is more than the limits above.
            TimeoutError: It was not there in time, or comes in so many portions that it will not be.
        """
        if self._line is None or self._http.our_state is not h11.IDLE:
            raise AnswerIncomplete
        began = time.monotonic()
        until = began + seconds + len(body) / SLOWEST_PACE
        try:
            self._send(self._request(path, headers, body), until)
            head, content = self._receive(until)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise AnswerIncomplete from error
        except h11.RemoteProtocolError as error:
            too_large = error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise (AnswerTooLarge if too_large else AnswerNotHttp) from error
        if self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        self.round_trip = min(self.round_trip or math.inf, time.monotonic() - began)
        values = _values(head)
        self.clock_ahead = ahead_of_us(next(iter(values["date"]), None), self._clock.now())
        content_type = next(iter(values["content-type"]), "")
        return Answer(head.status_code, content_type, tuple(values["www-authenticate"]), content)

    def _request(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        host = f"[{self._address}]" if ":" in self._address else self._address.encode("idna").decode()
        usual = {"Host": f"{host}:{self._port}", "Accept-Encoding": "identity", "Content-Length": str(len(body))}
        request = h11.Request(method="POST", target=path, headers=[*usual.items(), *headers.items()])
        parts = (self._http.send(event) for event in (request, h11.Data(data=body), h11.EndOfMessage()))
        return b"".join(part for part in parts if part)

    def _send(self, request: bytes, until: float) -> None:
        left = memoryview(request)
        while left:
            left = left[self._in_time(until).send(left[:_PORTION]) :]

    def _receive(self, until: float) -> tuple[h11.Response, bytes]:
        """The answer up to its end, which has to be where its headers say."""
        head: h11.Response | None = None
        content = bytearray()
        for event in self._events(until):
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                content += event.data
                if len(content) > ANSWER_LIMIT:
                    break
            elif isinstance(event, h11.EndOfMessage):
                if head is None or self._http.trailing_data[0]:
                    raise AnswerNotHttp
                return head, bytes(content)
        raise AnswerTooLarge

    def _events(self, until: float) -> Iterator[object]:
        """The parts of an answer as they come; ends where there is too much around its content. Raises TimeoutError."""
        received = content = 0
        for _ in range(PORTIONS_LIMIT):
            portion = self._in_time(until + received / SLOWEST_PACE).recv(_PORTION)
            if not portion:
                raise AnswerIncomplete
            if not received and not portion.startswith(_PROTOCOL[: len(portion)]):
                raise AnswerNotHttp
            received += len(portion)
            self._http.receive_data(portion)
            while (event := self._http.next_event()) is not h11.NEED_DATA:
                content += len(event.data) if isinstance(event, h11.Data) else 0
                yield event
            if received - content > FRAMING_LIMIT:
                return
        raise TimeoutError  # a line that carries a byte at a time, be the host as it may

    def _in_time(self, until: float) -> socket.socket:
        """The line, where nothing waits for longer than until then. Raises TimeoutError when that has passed."""
        assert self._line is not None, "nothing is asked before `open`"
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._line.settimeout(remaining)
        return self._line

    def break_off(self) -> None:
        """Whoever waits on the connection, on whichever thread, finds it ended.

        Of a secured one the socket below is ended: TLS's own farewell would take part in what the other thread does.
        """
        self._broken_off = True
        if self._line is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the connection; may be called again."""
        if self._line is not None:
            self._line.close()


def _values(head: h11.Response) -> Mapping[str, list[str]]:
    """The values of headers, by names in small letters."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in head.headers:
        values[name.decode("ascii")].append(value.decode("latin-1"))
    return values
