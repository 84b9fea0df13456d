"""paramiko's Transport with what it keeps to itself, and its channels as sockets that our connections can use.

And with what it forgets: a channel's data must not leave after the channel's end (RFC 4254, section 5.3). OpenSSH then
ends the whole connection (seen with 9.2), or gives them to whichever channel has the number by then.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

import paramiko
from paramiko.message import Message

FOREVER: Final = 3600.0
"""Seconds; where paramiko wants a limit of its own, and the one of `ended_after` holds."""
ADMINISTRATIVELY_PROHIBITED, CONNECT_FAILED, UNKNOWN_CHANNEL_TYPE = 1, 2, 3
"""Codes of RFC 4254, section 5.1."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # or what it logs would be printed over the display


class Stream(Protocol):
    """What an SSH connection runs over: a socket, or a channel of another."""

    def close(self) -> None: ...


class ChannelRefused(Exception):
    """The server opens no channel to an address.

    Args:
        code: Why, as RFC 4254, section 5.1 numbers it.
        said: The server's own words.

    Attributes:
        by_rule: It is configured so, and will answer the same again.
        not_connected: It tried, and did not get through.
        said: At most 200 characters of its words.
    """

    def __init__(self, code: int, said: str) -> None:
        super().__init__(code)
        self.by_rule = code in {ADMINISTRATIVELY_PROHIBITED, UNKNOWN_CHANNEL_TYPE}
        self.not_connected = code == CONNECT_FAILED
        self.said = said[:200]


class _Channel(paramiko.Channel):  # type: ignore[misc]
    """A channel whose data can be told from others' when their turn comes."""

    def _send(self, data: bytes, message: Message) -> int:
        message.channel = self
        sent: int = super()._send(data, message)
        return sent


class SshTransport(paramiko.Transport):  # type: ignore[misc]
    """One SSH connection.

    paramiko keeps the reason of the last channel that was refused, for whoever asks first; here each thread gets that
    of its own.

    Attributes:
        dismissed: Whether the server has ended the connection with a message, rather than gone away.
    """

    dismissed = False

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self.auth_timeout = FOREVER
        self._refusals: dict[int, ChannelRefused] = {}
        self._mine = threading.local()

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

    def _send_message(self, message: Message) -> None:
        """Called by one at a time; a channel is marked as closed before its end is sent here."""
        channel = getattr(message, "channel", None)
        if channel is None or not channel.closed:
            super()._send_message(message)

    def _next_channel(self) -> Any:
        self._mine.channel = super()._next_channel()
        return self._mine.channel

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
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ends the line under whoever speaks over it, and waits until nothing is left of it."""
        self._hang_up()
        for thread in self._threads:
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
