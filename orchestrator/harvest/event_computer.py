"""Whose a log of events is: told by its newest one, as a computer may have had another name before."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from typing import BinaryIO

from orchestrator.harvest import eventlog, evtx_chunks
from orchestrator.harvest.eventlog import EventRecord, Unreadable
from orchestrator.model.errors import UnexpectedOutput


def newest_computer(file: BinaryIO) -> str | None:
    """The computer that the newest event of a file names; None where none can be read.

    Of an .evtx file the first chunk and the last ones are looked at, of an XML export the first event and the last.

    Raises:
        UnexpectedOutput: as `eventlog.read`.
    """
    file.seek(0)
    beginning = file.read(evtx_chunks.LONGEST_BEGINNING)
    if evtx_chunks.is_log(beginning):
        with tempfile.TemporaryFile() as sample:
            sample.writelines(evtx_chunks.ends(file))
            sample.flush()
            found: list[EventRecord | Unreadable] = []
            with contextlib.suppress(UnexpectedOutput):  # it is not the whole file
                found += (eventlog.event(xml) for xml in eventlog.evtx_texts(sample) if xml is not None)
            return _newest(found)
    first = last = None
    for last in eventlog.xml_texts(file):
        first = first or last
    return _newest([eventlog.event(xml) for xml in (first, last) if xml is not None])


def _newest(events: Sequence[EventRecord | Unreadable]) -> str | None:
    known = [each for each in events if isinstance(each, EventRecord) and each.computer]
    return max(known, key=lambda each: each.time).computer if known else None
