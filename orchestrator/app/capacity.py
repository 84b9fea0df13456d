"""How many hosts this computer can be at work on at once: by its file descriptors and threads, found out beforehand."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.model import threads
from orchestrator.model.errors import Resource, ResourcesExhausted
from orchestrator.model.host import Host
from orchestrator.model.message import Message, message

DESCRIPTORS_PER_HOST: Final = 4
"""Its connection, a file that goes there or comes home, and what looking up a name or a ticket takes for a moment; or
the two ends of a line through a jump host."""
DESCRIPTORS_PER_KNOCK: Final = 2
SPARE_DESCRIPTORS: Final = 32
"""For what a run keeps open itself: journal, log, outputs, SSH connections, the event loop."""
SPARE_THREADS: Final = 16
"""The event loop's own, the journal's, the display's, two for each of a few jump hosts."""
_OPEN: Final = Path("/dev/fd")


@message("fewer-at-once")
def _fewer(hosts: int, wanted: int, resource: str) -> None: ...


@dataclass(frozen=True)
class Capacity:
    """How many hosts are at work at the same moment, and why so few where that is fewer than wanted."""

    hosts: int
    note: Message | None = None


def capacity(wanted: int, hosts: Sequence[Host], knocks: int = 0) -> Capacity:
    """What of `wanted` hosts at once this computer can do; its own soft limit of open files is raised for it.

    Args:
        wanted: How many are wanted.
        hosts: All of them.
        knocks: At how many others is knocked meanwhile.

    Raises:
        ResourcesExhausted: It cannot do one.
    """
    useful = max(1, min(wanted, len(hosts)))
    allowed = {
        Resource.DESCRIPTORS: _by_descriptors(useful, knocks),
        Resource.THREADS: _by_threads(useful, knocks, 3 if any(host.via for host in hosts) else 1),
    }
    scarce, most = min(allowed.items(), key=lambda each: each[1])
    if most < 1:
        raise ResourcesExhausted(scarce)
    return Capacity(wanted) if most >= useful else Capacity(most, _fewer(most, useful, scarce.value))


def _by_descriptors(wanted: int, knocks: int) -> int:
    if sys.platform == "win32":  # where a process may have millions
        return wanted
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = SPARE_DESCRIPTORS + knocks * DESCRIPTORS_PER_KNOCK
    needed = _descriptors_open() + spare + wanted * DESCRIPTORS_PER_HOST
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    return max(0, (soft - _descriptors_open() - spare) // DESCRIPTORS_PER_HOST)


def _descriptors_open() -> int:
    return len(os.listdir(_OPEN))  # noqa: PTH208 - only their number is wanted


def _by_threads(wanted: int, knocks: int, threads_per_host: int) -> int:
    """A host behind a jump host has two threads more, which carry its bytes."""
    spare = SPARE_THREADS + knocks * threads_per_host
    needed = spare + wanted * threads_per_host
    allowed = threads.startable(needed)
    return wanted if allowed == needed else max(0, (allowed - spare) // threads_per_host)
