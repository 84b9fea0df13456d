"""A channel of an SSH connection as a real socket, so that TLS, timeouts and whatever waits on sockets work with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import paramiko

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
