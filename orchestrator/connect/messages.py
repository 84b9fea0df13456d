"""Messages with content for a command's standard input: how much of it each holds, and what that is on the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

SOAP_OVERHEAD: Final = 4096
"""Bytes of an envelope that are not payload; pywinrm's header is about 2,200."""
MESSAGE_SECONDS: Final = 10.0
"""How long a message may take, as the one before it went."""
FIRST_BYTES: Final = 48 * 1024
"""Of content in the first message, when nothing is known of the line."""
LEAST_BYTES: Final = 6 * 1024


class MessageSize:
    """How many bytes of content the next message is to have.

    Args:
        largest: The most that the host takes.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.bytes = min(FIRST_BYTES, largest)

    def took(self, seconds: float) -> None:
        """Tells how long the message that was just sent took, with its answer."""
        carried = self.bytes * MESSAGE_SECONDS / max(seconds, 0.001)
        self.bytes = max(LEAST_BYTES, min(self._largest, int(carried)))


def content_of(message: int) -> int:
    """Bytes of content in a message of so many: it is base64 there."""
    return (message - SOAP_OVERHEAD) // 4 * 3


def on_the_line(content: int) -> int:
    """The other way round; HTTP's headers and a seal fit into what an envelope is given besides."""
    return (content + 2) // 3 * 4 + SOAP_OVERHEAD


def chunks(stdin: Iterable[bytes], size: MessageSize) -> Iterator[tuple[bytes, bool]]:
    """The stream in pieces of the size that is right (the last may be shorter), each with whether it is the last."""
    waiting = bytearray()
    for part in stdin:
        waiting += part
        while len(waiting) > (taken := size.bytes):
            yield bytes(waiting[:taken]), False
            del waiting[:taken]
    yield bytes(waiting), True
