"""Where an event log stands: its oldest and newest record, by which what is new is told from what was there before.

Windows numbers the records of a log one by one, from 1 on, and writes over the oldest where there is no room
(learn.microsoft.com/windows/win32/eventlog/event-log-records). So numbers tell whether something is missing: a log that
begins behind the last one that is known has lost what lay between; one that ends before it, or that has another record
of that number, is another log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, all_of, asked, gather
from orchestrator.windows.command import known as fact

_WEVTUTIL = Evidence(
    "wevtutil qe: learn.microsoft.com/windows-server/administration/windows-commands/wevtutil; record numbers: "
    "learn.microsoft.com/windows/win32/eventlog/event-log-records; that a log which was cleared goes on counting is "
    "remembered, and nothing rests on it",
    Sureness.DOCUMENTED,
)


@dataclass(frozen=True)
class LogRecord:
    """A record of a log: its number, and when it was written, as Windows writes it."""

    number: int
    written: str


@dataclass(frozen=True)
class Found:
    """An answer: whether there is such a log, and the record that was asked for; None where it has none."""

    there: bool
    record: LogRecord | None


@dataclass(frozen=True)
class Extent:
    """What a log holds.

    Attributes:
        oldest: None where the log is empty, or is none.
        newest: Likewise.
        known: The record of the number that was asked for besides; None where the log has none, or none was asked for.
        there: Whether there is such a log.
    """

    oldest: LogRecord | None
    newest: LogRecord | None
    known: LogRecord | None
    there: bool


def extents(logs: Iterable[str], known: Mapping[str, int]) -> Fact[dict[str, Extent]]:
    """What logs hold; of those that `known` names, also whether the record of that number is there."""
    return all_of("logs.extents", {log: _extent(log, known.get(log)) for log in logs})


def _extent(log: str, number: int | None) -> Fact[Extent]:
    def built(oldest: Found, newest: Found, known: Found) -> Extent:
        return Extent(oldest.record, newest.record, known.record, newest.there)

    sought = fact("logs.known", Found(there=True, record=None)) if number is None else record(log, number)
    return gather("logs.extent", built, oldest=asked(oldest(log)), newest=asked(newest(log)), known=asked(sought))


def oldest(log: str) -> Fact[Found]:
    """The oldest record of a log."""
    return Fact("logs.oldest", (_query(log, "/c:1"),), _parse)


def newest(log: str) -> Fact[Found]:
    """The newest record of a log."""
    return Fact("logs.newest", (_query(log, "/rd:true /c:1"),), _parse)


def record(log: str, number: int) -> Fact[Found]:
    """The record of a number in a log."""
    return Fact("logs.record", (_query(log, f'/q:"*[System[EventRecordID={number}]]"'),), _parse)


def _query(log: str, how: str) -> Command:
    return Command(f'wevtutil qe "{log}" {how} /f:xml 2>nul', _WEVTUTIL, accepts=None)


def _parse(replies: Sequence[Reply]) -> Found:
    """What stands first in the answer: an event's own parts stand before those that its writer has set."""
    (reply,) = replies
    number = re.search(r"<EventRecordID>([0-9]{1,20})</EventRecordID>", reply.output)
    written = re.search(r"""SystemTime=['"]([0-9TZ:.+-]{10,40})['"]""", reply.output)
    found = LogRecord(int(number[1]), written[1]) if number and written else None
    return Found(reply.exit_code == 0, found)
