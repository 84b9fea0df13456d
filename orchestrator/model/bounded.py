"""Reading what people name: up to what such a file may hold, so that a slip in a path costs an error and no memory."""

from __future__ import annotations

import errno
from io import BytesIO
from typing import BinaryIO, Final

MEGABYTE: Final = 1024 * 1024
_PORTION: Final = 64 * 1024


def read_up_to(most: int, file: BinaryIO) -> bytes:
    """What a file holds.

    Args:
        most: Bytes; whole megabytes, or fewer than one.
        file: Open for reading, from its beginning.

    Raises:
        OSError: It holds more; the text says how much it may.
    """
    held = BytesIO()  # asked for all at once, a file makes room for the most that it may hold
    while held.tell() <= most and (portion := file.read(_PORTION)):
        held.write(portion)
    content = held.getvalue()
    if len(content) > most:
        told = f"{most // MEGABYTE:,} MB" if most >= MEGABYTE else f"{most:,} bytes"
        raise OSError(errno.EFBIG, f"it holds more than {told}, and such a file may not")
    return content
