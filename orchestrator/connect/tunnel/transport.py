"""paramiko's Transport with what it keeps to itself, and its channels as sockets that our connections can use.

And with what it forgets: a channel's data must not leave after the channel's end (RFC 4254, section 5.3). OpenSSH then
ends the whole connection (seen with 9.2), or gives them to whichever channel has the number by then.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final, Protocol

import paramiko
from paramiko.kex_curve25519 import KexCurve25519
from paramiko.message import Message

from orchestrator.model.errors import Resource, ResourcesExhausted
from orchestrator.model.showable import printable

FOREVER: Final = 3600.0
"""Seconds; where paramiko wants a limit of its own, and the one of `ended_after` holds."""
ADMINISTRATIVELY_PROHIBITED, CONNECT_FAILED, UNKNOWN_CHANNEL_TYPE = 1, 2, 3
"""Codes of RFC 4254, section 5.1."""

UNKNOWN_BYTES: Final = 64 * 1024
"""What a server may send until its key is known to be the right one; OpenSSH's part of a handshake has some 3,000."""

FIRST_WORDS: Final = 1024
"""How many bytes of a server's beginning are kept, to tell what it said where that is not SSH."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # or what it logs would be printed over the display


class Stream(Protocol):
    """What an SSH connection runs over: a socket, or a channel of another."""

    def close(self) -> None: ...

    def recv(self, size: int, /) -> bytes: ...


class _Doubted:
    """A stream whose other end is not known yet: so much is read from it, and then it is at its end.

    paramiko has no bound of its own for the server's first line, nor for the size of a packet.

    Attributes:
        first: What came first, FIRST_WORDS at most.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._left: float = UNKNOWN_BYTES
        self.first = b""

    def believe(self) -> None:
        self._left = math.inf

    def recv(self, size: int) -> bytes:
        received: bytes = self._stream.recv(size) if self._left > 0 else b""
        self._left -= len(received)
        if len(self.first) < FIRST_WORDS:
            self.first += received[: FIRST_WORDS - len(self.first)]
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class ChannelRefused(Exception):
    """The server opens no channel to an address.

    Args:
        code: Why, as RFC 4254, section 5.1 numbers it.
        said: The server's own words.

    Attributes:
        by_rule: It is configured so, and will answer the same again.
        not_connected: It tried, and did not get through.
        said: At most 200 characters of its words, on one line.
    """

    def __init__(self, code: int, said: str) -> None:
        super().__init__(code)
        self.by_rule = code in {ADMINISTRATIVELY_PROHIBITED, UNKNOWN_CHANNEL_TYPE}
        self.not_connected = code == CONNECT_FAILED
        self.said = printable(said[:200])


class _Channel(paramiko.Channel):  # type: ignore[misc]
    """A channel whose data can be told from others' when their turn comes."""

    def _send(self, data: bytes, message: Message) -> int:
        message.channel = self
        sent: int = super()._send(data, message)
        return sent


CURVE25519: Final = "curve25519-sha256"
_CURVE25519_BEFORE: Final = "curve25519-sha256@libssh.org"


def _with_rfc_name(names: Sequence[str]) -> tuple[str, ...]:
    """Names of key exchanges, with that of RFC 8731 right before the one that paramiko has."""
    if CURVE25519 in names or _CURVE25519_BEFORE not in names:  # of a paramiko that knows it, of an OpenSSL without it
        return tuple(names)
    place = names.index(_CURVE25519_BEFORE)
    return (*names[:place], CURVE25519, *names[place:])


class SshTransport(paramiko.Transport):  # type: ignore[misc]
    """One SSH connection.

    paramiko keeps the reason of the last channel that was refused, for whoever asks first; here each thread gets that
    of its own. And it knows one key exchange by the name that it had before RFC 8731 alone, whose section 3 says that
    both names mean the same; OpenSSH has had both since 7.3, and guides to hardening leave the old one out.

    Attributes:
        dismissed: Whether the server has ended the connection with a message, rather than gone away.
        offered: The names of the algorithms that it offers, by paramiko's names for the lists; None before it has.
    """

    _preferred_kex = _with_rfc_name(paramiko.Transport._preferred_kex)  # noqa: SLF001 - there is no other way in
    _kex_info: ClassVar = {**paramiko.Transport._kex_info, CURVE25519: KexCurve25519}  # noqa: SLF001

    dismissed = False
    offered: Mapping[str, Sequence[str]] | None = None

    def __init__(self, stream: Stream) -> None:
        self._doubted = _Doubted(stream)
        super().__init__(self._doubted)
        self.auth_timeout = FOREVER
        self._refusals: dict[int, ChannelRefused] = {}
        self._mine = threading.local()

    def believe(self) -> None:
        """The server has shown that it has the right key: from now on it may send as much as it likes."""
        self._doubted.believe()

    @property
    def first_words(self) -> bytes:
        """What the server sent first, 1 KB at most; one that speaks SSH may say lines before its version."""
        return self._doubted.first

    def open_to(self, address: str, port: int, seconds: float) -> paramiko.Channel:
        """A channel that the server connects to an address; safe to call on any thread.

        Raises:
            ChannelRefused: The server answered no.
            paramiko.SSHException, EOFError, OSError: The connection broke, or no answer came in time.
        """
        self._mine.channel = None
        try:
            channel = self.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
        except (paramiko.SSHException, EOFError, OSError):
            refusal = self._refusals.pop(self._mine.channel, None)
            if refusal is not None:
                raise refusal from None
            raise
        channel.__class__ = _Channel  # paramiko makes its own kind, and nothing was sent over it yet
        return channel

    def end(self, stream: Stream) -> None:
        """Ends a connection, whether or not it ever came to be, and waits for its thread."""
        self.close()
        stream.close()
        if self.is_alive():
            self.join()
        self.packetizer.complete_handshake()  # or its timer outlives it, on a thread of its own for fifteen seconds

    def _send_message(self, message: Message) -> None:
        """Called by one at a time; a channel is marked as closed before its end is sent here."""
        channel = getattr(message, "channel", None)
        if channel is None or not channel.closed:
            super()._send_message(message)

    def _next_channel(self) -> Any:
        self._mine.channel = super()._next_channel()
        return self._mine.channel

    def _parse_kex_init(self, message: Message) -> None:
        self.offered = self._really_parse_kex_init(message)
        message.rewind()
        super()._parse_kex_init(message)

    def _parse_channel_open_failure(self, message: Message) -> None:
        channel, code, said = message.get_int(), message.get_int(), message.get_text()
        self._refusals[channel] = ChannelRefused(code, said)
        message.rewind()
        super()._parse_channel_open_failure(message)

    def _parse_disconnect(self, message: Message) -> None:
        self.dismissed = True
        super()._parse_disconnect(message)


@contextmanager
def ended_after(transport: SshTransport, seconds: float) -> Iterator[None]:
    """Closes the connection under whoever waits for its answer in the block for longer than this."""
    timer = threading.Timer(seconds, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


PART_BYTES: Final = 32 * 1024
"""What an SSH packet carries at most (RFC 4254, section 5.2, as servers set it)."""


class Line:
    """A socket pair whose far end is joined to a channel by two threads; whichever side ends, ends both.

    Args:
        channel: An open channel; it belongs to the line from now on.
        ended: Told once both threads are about to end.

    Attributes:
        near: The end for whoever speaks over the line, who closes it.
    """

    def __init__(self, channel: paramiko.Channel, ended: Callable[[Line], None]) -> None:
        self.near, self._far = socket.socketpair()
        self._channel = channel
        self._ended = ended
        self._left = threading.Semaphore(1)
        self._threads = [
            threading.Thread(target=work, name=f"ssh-line-{word}", daemon=True)
            for work, word in ((self._up, "up"), (self._down, "down"))
        ]

    def start(self) -> None:
        """Begins to carry bytes; once, and before anything else."""
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            self._far.close()
            self.near.close()
            self._channel.close()
            raise ResourcesExhausted(Resource.THREADS) from error

    def end(self) -> None:
        """Ends the line under whoever speaks over it, and waits until nothing is left of it."""
        self._hang_up()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _up(self) -> None:
        self._copy(self._far.recv, self._channel.sendall)

    def _down(self) -> None:
        self._copy(self._channel.recv, self._far.sendall)

    def _copy(self, receive: Callable[[int], bytes], send: Callable[[bytes], None]) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while part := receive(PART_BYTES):
                send(part)
        self._hang_up()
        if not self._left.acquire(blocking=False):
            self._far.close()
            self._ended(self)

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._far.shutdown(socket.SHUT_RDWR)
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()
