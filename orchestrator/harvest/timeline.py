"""One readable story of a host: the add-in's events, installations and restarts, in the order of time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain, tee, zip_longest
from typing import Final, NamedTuple

from orchestrator.harvest.event_meanings import label
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.layout import TIMELINE_COLUMNS
from orchestrator.model.showable import printable
from orchestrator.model.spreadsheet import USUAL, Delimiter, harmless, table_bytes

_LEVELS = {1: "critical", 2: "error", 3: "warning", 4: "", 5: "verbose", 0: ""}
_MARKS = {level: f" [{told}]" for level, told in _LEVELS.items() if told}
_LONGEST_CELL = 32_000
"""Characters; Excel takes 32,767."""
_LONGEST_DETAIL = 400
_RECURRING: Final = 32
"""How many names of providers, logs and computers are kept as they are written: at their longest they take 4 MB."""
_NO_STRINGS: Final = frozenset({"", "(NULL)"})
_SECOND: Final = len("2026-03-01 08:00:00")


_ROOM: Final = 24 * 1024 * 1024
"""Bytes that a host's events may take in memory: some 20,000, which is what a full log of Windows 7 holds."""
_RECORD_BYTES: Final = 500
"""Of an event besides its texts: the record, its date and numbers, and its place among the others."""
_MOST_READ: Final = 200_000


class Story:
    """The events of several files, each once, with its message; the newest where there is no room for all."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._kept: dict[tuple[object, ...], tuple[EventRecord, str]] = {}
        self._bytes = 0
        self._read = 0
        self._forgotten: tuple[datetime, str, int] | None = None
        self.left_out = 0

    @property
    def full(self) -> bool:
        """Whether so many were read that no more are to be."""
        return self._read >= _MOST_READ

    def add(self, record: EventRecord, file: str = "") -> None:
        """Takes an event, and the name of the file that has it."""
        self._read += 1
        identity = (record.channel, record.record_id, record.provider, record.event_id, record.time)
        if self._forgotten is not None and _when(record) <= self._forgotten:
            self.left_out += 1
            return
        earlier, _ = self._kept.get(identity, (None, ""))
        if earlier is not None and earlier.message is not None:
            return
        self._bytes += _size(record) - (_size(earlier) if earlier is not None else 0)
        self._kept[identity] = (record, file)
        if self._bytes > self._room:
            self._forget_the_oldest()

    def events(self) -> tuple[EventRecord, ...]:
        """In the order of time."""
        return tuple(record for record, _ in self.told())

    def told(self) -> tuple[tuple[EventRecord, str], ...]:
        """The same, each with the name of its file."""
        return tuple(sorted(self._kept.values(), key=lambda told: _when(told[0])))

    def _forget_the_oldest(self) -> None:
        for identity, (record, _) in sorted(self._kept.items(), key=lambda item: _when(item[1][0])):
            if self._bytes <= self._room * 3 // 4:
                break
            del self._kept[identity]
            self._bytes -= _size(record)
            self._forgotten = _when(record)
            self.left_out += 1


def _when(record: EventRecord) -> tuple[datetime, str, int]:
    return (record.time, record.channel, record.record_id)


def _size(record: EventRecord) -> int:
    texts = (record.channel, record.provider, record.computer, record.message or "", *record.data)
    return _RECORD_BYTES + sum(map(sys.getsizeof, texts))


def details(record: EventRecord) -> str:
    """The rendered message, or else the event's strings, on one line."""
    return printable(record.message or " | ".join([text for text in record.data if text not in _NO_STRINGS]))


def as_csv(records: Iterable[EventRecord], delimiter: Delimiter = USUAL) -> Iterator[bytes]:
    """A table for a spreadsheet."""
    return _table(map(_shown, records), delimiter)


def as_text(records: Iterable[EventRecord]) -> Iterator[bytes]:
    """The same for a terminal or a mail: an event a line."""
    return _text(map(_shown, records))


def as_both(records: Iterable[EventRecord], delimiter: Delimiter = USUAL) -> Iterator[tuple[bytes, bytes]]:
    """Both at once, a piece of each at a time: what they have in common is made once, and held for no longer."""
    for_table, for_text = tee(map(_shown, records))
    return zip_longest(_table(for_table, delimiter), _text(for_text), fillvalue=b"")


class _Shown(NamedTuple):
    """What every file says of an event: when it was, what happened, and its details on one line."""

    record: EventRecord
    second: str
    what: str
    details: str


def _shown(record: EventRecord) -> _Shown:
    second = record.time.isoformat(" ", "seconds")[:_SECOND]
    return _Shown(record, second, printable(label(record)), details(record))


def _table(events: Iterable[_Shown], delimiter: Delimiter) -> Iterator[bytes]:
    recurring = lru_cache(_RECURRING)(lambda text: _cell(printable(text)))
    return table_bytes(chain([TIMELINE_COLUMNS], (_cells(event, recurring) for event in events)), delimiter)


def _text(events: Iterable[_Shown]) -> Iterator[bytes]:
    yield b"Times are UTC, by the host's own clock.\r\n"
    yield from map(_line, events)


def _line(event: _Shown) -> bytes:
    told = event.details
    if len(told) > _LONGEST_DETAIL:
        told = shorten(told, _LONGEST_DETAIL)
    mark = _MARKS.get(event.record.level, "")
    colon = ": " if told else ""
    return f"{event.second}  {event.what}{mark}{colon}{told}\r\n".encode("utf-8", "replace")


def shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cells(event: _Shown, recurring: Callable[[str], str]) -> tuple[str, ...]:
    record, second, what, told = event
    return (
        second,
        _LEVELS[record.level] if record.level in _LEVELS else _number(record.level),
        _cell(what),
        _cell(told),
        recurring(record.provider),
        _number(record.event_id),
        recurring(record.channel),
        _number(record.record_id),
        recurring(record.computer),
    )


def _cell(line: str) -> str:
    return harmless(shorten(line, _LONGEST_CELL))


def _number(number: int) -> str:
    """Without a sign there is nothing in it to be computed."""
    return str(number) if number >= 0 else _cell(str(number))
