"""What is wrong with this computer rather than with a host: told apart by the operating system's error codes."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Final

from orchestrator.model.errors import CoordinatorError, FileUnusable, Resource, ResourcesExhausted

_EXHAUSTED: Final = {
    errno.EMFILE: Resource.DESCRIPTORS,
    errno.ENFILE: Resource.DESCRIPTORS,
    errno.ENOMEM: Resource.MEMORY,
    errno.ENOBUFS: Resource.MEMORY,
    errno.EADDRNOTAVAIL: Resource.PORTS,
    errno.EAGAIN: Resource.THREADS,
}
_LEFT_BEHIND: Final = frozenset({errno.EBUSY, errno.EINVAL})
"""What looking for a name ends with where the C library can open nothing and has looked for one before (glibc 2.36)."""


def exhausted(error: BaseException) -> ResourcesExhausted | None:
    """What this computer has run out of, where an error says so; None where it says anything else.

    A name that is not found may be one that could not be looked up for want of a descriptor, which the resolver does
    not tell: so one is asked for.
    """
    if isinstance(error, MemoryError):
        return ResourcesExhausted(Resource.MEMORY)
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_MEMORY:
            return ResourcesExhausted(Resource.MEMORY)
        return _no_descriptor()
    if isinstance(error, OSError) and error.errno in _LEFT_BEHIND:
        return _no_descriptor()
    if isinstance(error, OSError) and (resource := _EXHAUSTED.get(error.errno or 0)):
        return ResourcesExhausted(resource)
    return None


def own_failure(error: OSError | MemoryError, place: Path) -> CoordinatorError:
    """What an error of this computer comes to for the host whose turn it was.

    Args:
        error: Of the operating system; not of a line to a host.
        place: What was being written, or a folder above it. It is named rather than a file below it, which differs from
            host to host, so that hosts with the same trouble stand together.
    """
    if found := exhausted(error):
        return found
    assert isinstance(error, OSError), "memory is exhausted"
    file = Path(str(error.filename or place))
    return FileUnusable(place if file.is_relative_to(place) else file, error.strerror or str(error), file)


def _no_descriptor() -> ResourcesExhausted | None:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return ResourcesExhausted(resource) if (resource := _EXHAUSTED.get(error.errno or 0)) else None
    return None
