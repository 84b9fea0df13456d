"""Which events a text of a log has told of, so that its original need not be read where it has no others.

A source's events come twice: as text, which has their messages, and as an .evtx file for Event Viewer, of which this
program wants nothing else. To have its records made XML takes another process; to see which they are does not.
"""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from orchestrator.harvest import evtx_chunks
from orchestrator.harvest.eventlog import EventRecord

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
"""What Windows counts from."""
_MICROSECOND: Final = timedelta(microseconds=1)


class ToldEvents:
    """Numbers and times of events, in their order; of each 16 bytes."""

    def __init__(self) -> None:
        self._numbers = array("Q")
        self._microseconds = array("q")

    def add(self, event: EventRecord) -> None:
        if 0 <= event.record_id < 1 << 64:
            self._numbers.append(event.record_id)
            self._microseconds.append((event.time - _EPOCH) // _MICROSECOND)

    def cover(self, file: BinaryIO) -> bool:
        """Whether an .evtx file is whole, and each of its records is one of these, in the same order."""
        told = zip(self._numbers, self._microseconds, strict=True)
        file.seek(0)
        for chunk in evtx_chunks.chunks(file):
            if chunk is None or not chunk.sound:
                return False
            if any((record.number, chunk.written(record) // 10) not in told for record in chunk.records):
                return False
        return True
