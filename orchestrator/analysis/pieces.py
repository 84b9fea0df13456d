"""Pieces of evidence: where in which file something stands, and the text there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.harvest.event_meanings import label
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.registry_snapshot import Exported, ExportedKey, Snapshot
from orchestrator.harvest.timeline import details, shorten
from orchestrator.model.case import Piece
from orchestrator.model.finding import Finding, Read
from orchestrator.model.showable import printable
from orchestrator.windows.command import Place
from orchestrator.windows.provider import EVENT_SOURCE
from orchestrator.windows.registry import long_name

LONGEST: Final = 300
"""Characters of a piece's text."""
_MOST: Final = 6
"""Pieces of one problem."""


def piece(file: str, place: int | None, text: str) -> Piece:
    """A piece, with its text made fit to be shown."""
    return Piece(file, place, shorten(printable(text), LONGEST))


def of_event(event: EventRecord, file: str) -> Piece:
    told = details(event)
    head = f"{event.provider} {event.event_id}"
    if event.provider.lower() != EVENT_SOURCE.lower():  # whose numbers nobody knows the meaning of
        head += f", {label(event)}"
    return piece(file, event.record_id, f"{head}: {told}" if told else head)


def of_value(key: ExportedKey, value: Exported) -> Piece:
    data = value.value.as_number if value.value and value.value.number is not None else None
    shown = data if data is not None else (value.value.data if value.value else "…")
    return piece(key.file, value.line, f"{value.name or '(Default)'} = {shown}")


def of_absence(snapshot: Snapshot, place: Place) -> Piece | None:
    """That a key or value is not there, at the export that would have it."""
    if key := snapshot.key(place.key):
        return piece(key.file, key.line, f"[{key.path}]" + (f" has no {place.value}" if place.value else ""))
    top = snapshot.top(place.key)
    if top is None:
        return None
    below = long_name(place.key)[len(top.path) :].lstrip("\\")
    return piece(top.file, top.line, f"[{top.path}] has no {below}")


def of_finding(finding: Finding, snapshot: Snapshot, places: tuple[Place, ...]) -> tuple[Piece, ...]:
    """Where exports have what a finding was found by.

    Args:
        finding: Its evidence says which values, or keys right below, it rests on.
        snapshot: The exports.
        places: What was asked for to find it.
    """
    words = set(_words(finding.evidence))
    found: dict[Piece, None] = {}
    for place in dict.fromkeys(places):
        there = dict.fromkeys(_of_place(place, words, snapshot))
        absent = None if there or place.value or snapshot.holds(place.key) else of_absence(snapshot, place)
        found |= there or ({absent: None} if absent else {})
    return tuple(found)[:_MOST]


def _of_place(place: Place, words: set[str], snapshot: Snapshot) -> Iterator[Piece]:
    prefix = f"{long_name(place.key).lower()}\\"
    own = snapshot.key(place.key)
    if own is not None:
        for name, value in own.values.items():
            if name == (place.value or "").lower() or (place.value is None and name in words):
                yield of_value(own, value)
    if place.value is not None:
        return
    for path, key in snapshot.keys.items():
        if path.startswith(prefix) and path.rpartition("\\")[2] in words:
            yield piece(key.file, key.line, f"[{key.path}]")


def _words(evidence: Mapping[str, Read]) -> Iterator[str]:
    """Names and texts of what was read, in lower case; of paths the last part."""
    for name, read in evidence.items():
        yield name.rpartition("\\")[2].lower()
        match read:
            case str():
                yield read.lower()
            case Mapping():
                yield from _words(read)
            case list() | tuple():
                yield from (each.lower().rpartition("\\")[2] for each in read if isinstance(each, str))
            case _:
                pass
