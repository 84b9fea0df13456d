"""How much goes into a message: as much as the host takes, but no more than the line carries in some seconds.

A message of 500 KB, which Windows 8 takes, is a minute's work of a line of 64 kbit/s. When that breaks, all of it is
lost; and http.sys and WinRM's MaxPacketRetrievalTimeSeconds give a message two minutes to arrive.
"""

from __future__ import annotations

from typing import Final

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
