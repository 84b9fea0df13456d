"""One readable story of a host: the add-in's events, installations and restarts, in the order of time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from orchestrator.harvest.eventlog import EventRecord, label

_LEVELS = {1: "critical", 2: "error", 3: "warning", 4: "", 5: "verbose", 0: ""}
_COLUMNS = ("time (UTC)", "level", "what", "details", "source", "event id", "log", "record", "computer")
_FORMULA_STARTS = "=+-@\t\r\n|%＝＋－＠"  # noqa: RUF001 - the full-width ones are formulas to a Japanese Excel
_LONGEST_CELL = 32_000
"""Characters; Excel takes 32,767."""
_LONGEST_DETAIL = 400


def merge(files: Iterable[Sequence[EventRecord]]) -> list[EventRecord]:
    """The events of several files in the order of time; what two files both hold is kept once, with its message."""
    kept: dict[tuple[object, ...], EventRecord] = {}
    for records in files:
        for record in records:
            identity = (record.channel, record.record_id, record.provider, record.event_id, record.time)
            if identity not in kept or kept[identity].message is None:
                kept[identity] = record
    return sorted(kept.values(), key=lambda record: (record.time, record.channel, record.record_id))


def details(record: EventRecord) -> str:
    """The rendered message, or else the event's strings, on one line."""
    strings = (text for text in record.data if text not in {"", "(NULL)"})
    return printable(record.message or " | ".join(strings))


def as_csv(records: Iterable[EventRecord]) -> bytes:
    """A table that Excel opens: UTF-8 with a byte order mark, and no cell that Excel would take for a formula."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for record in records:
        cells = (
            f"{record.time:%Y-%m-%d %H:%M:%S}",
            _LEVELS.get(record.level, str(record.level)),
            label(record),
            details(record),
            record.provider,
            str(record.event_id),
            record.channel,
            str(record.record_id),
            record.computer,
        )
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", "replace")


def as_text(records: Iterable[EventRecord]) -> bytes:
    """The same for a terminal or a mail: an event a line."""
    lines = ["Times are UTC, by the host's own clock."]
    for record in records:
        level = _LEVELS.get(record.level, "")
        told = shorten(details(record), _LONGEST_DETAIL)
        what = printable(label(record))
        mark = f" [{level}]" if level else ""
        lines.append(f"{record.time:%Y-%m-%d %H:%M:%S}  {what}{mark}" + (f": {told}" if told else ""))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")


def printable(text: str) -> str:
    """`text` on one line, with nothing in it that would move a terminal's cursor or hide other text."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cell(text: str) -> str:
    text = shorten(printable(text), _LONGEST_CELL)
    return f"'{text}" if text.startswith(tuple(_FORMULA_STARTS)) else text
