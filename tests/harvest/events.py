"""Event logs that a test holds in memory, read as `harvest.eventlog` reads files."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from orchestrator.harvest import eventlog
from orchestrator.harvest.eventlog import EventRecord


@dataclass(frozen=True)
class Found:
    """The events of a file, and how many more were in it that could not be read."""

    records: tuple[EventRecord, ...]
    unreadable: int


def read(data: bytes) -> Found:
    """Reads from a file, which another process may have to read."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        found = list(eventlog.read(file))
    records = tuple(event for event in found if isinstance(event, EventRecord))
    return Found(records, len(found) - len(records))
