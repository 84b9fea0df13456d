"""Reads the files that a host gave, each by its kind; one that cannot be read spoils none of the others.

How much is looked into is limited, so that no host keeps the others waiting or fills our memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.harvest import eventlog, msi_log, registry_snapshot
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.msi_log import MsiLogVerdict
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.harvest.timeline import Story
from orchestrator.harvest.told_events import ToldEvents
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase, together

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of all files of a host that are looked into: a full log of Windows 7 takes 20 MB, and rendered as XML five times
that."""
_ORIGINAL, _TEXT = ".evtx", ".xml"
"""How files of events end: a log's own form, and what it says as text."""

_NOT_LOOKED_INTO = phrase("file-not-looked-into")


@message("eventlog-unreadable-events")
def _unreadable_events(count: int) -> None: ...


@message("eventlog-too-many-events")
def _too_many_events(shown: int) -> None: ...


@dataclass(frozen=True)
class Reading:
    """What the files say.

    Attributes:
        events: Every event, once, in the order of time; the newest where there are too many.
        registry: All exported keys together.
        install_logs: By file name, what each log of Windows Installer says.
        problems: By file name, what could not be read of it.
        unreadable: How many events could not be read, by their level; None where that is not known either. An event
            that came in two files counts twice.
        incomplete: Whether event files may have had more than all these: they are damaged, or were not read to the end.
    """

    events: tuple[EventRecord, ...] = ()
    registry: Snapshot = field(default_factory=Snapshot)
    install_logs: Mapping[str, MsiLogVerdict] = field(default_factory=dict)
    problems: Mapping[str, Message] = field(default_factory=dict)
    unreadable: Mapping[int | None, int] = field(default_factory=dict)
    incomplete: bool = False


def read(folder: Path) -> Reading:
    """Reads the .evtx, .xml, .reg and .log files of a folder; others are not looked into.

    The small ones come first, and an .evtx file after the text of its events: where that has told of all of them, the
    records themselves are not read.
    """
    reader = _Reader()
    originals = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        if not reader.may_read(path):
            continue
        if path.suffix.lower() == _ORIGINAL:
            originals.append(path)
        else:
            reader.read(path)
    for path in originals:
        reader.read(path)
    return reader.reading()


class _Reader:
    """Goes from file to file."""

    def __init__(self) -> None:
        self._story = Story()
        self._event_files: list[str] = []
        self._registry = Snapshot()
        self._install_logs: dict[str, MsiLogVerdict] = {}
        self._problems: dict[str, Message] = {}
        self._unreadable: Counter[int | None] = Counter()
        self._incomplete = False
        self._left = MOST_BYTES
        self._told: dict[str, ToldEvents] = {}
        self._readers: Mapping[str, Callable[[Path, BinaryIO], Message | None]] = {
            _ORIGINAL: self._original,
            _TEXT: self._events,
            ".reg": self._keys,
            ".log": self._log,
        }

    def may_read(self, path: Path) -> bool:
        """Whether it is a file of a kind that is read, and there is room for it; what is left out for that is noted."""
        suffix = path.suffix.lower()
        if suffix not in self._readers:
            return False
        self._left -= path.stat().st_size
        if self._left < 0:
            self._not_read(path, _NOT_LOOKED_INTO())
        return self._left >= 0

    def read(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                problem = self._readers[path.suffix.lower()](path, file)
        except UnexpectedOutput as error:
            self._not_read(path, error.reason)
        else:
            if problem is not None:
                self._problems[path.name] = problem

    def _not_read(self, path: Path, why: Message) -> None:
        self._problems[path.name] = why
        self._incomplete |= path.suffix.lower() in {_ORIGINAL, _TEXT}

    def reading(self) -> Reading:
        events = self._story.events()
        if self._story.left_out:
            for name in self._event_files:
                others = [self._problems[name]] if name in self._problems else []
                self._problems[name] = together([*others, _too_many_events(len(events))])
        install_logs, problems = sorted(self._install_logs.items()), sorted(self._problems.items())
        return Reading(events, self._registry, dict(install_logs), dict(problems), self._unreadable, self._incomplete)

    def _original(self, path: Path, file: BinaryIO) -> Message | None:
        told = self._told.get(path.stem.lower())
        return None if told is not None and told.cover(file) else self._events(path, file)

    def _events(self, path: Path, file: BinaryIO) -> Message | None:
        self._event_files.append(path.name)
        before = self._unreadable.total()
        told = self._told.setdefault(path.stem.lower(), ToldEvents())
        try:
            self._take(eventlog.read(file), told)
        except UnexpectedOutput as error:
            if count := self._unreadable.total() - before:
                raise UnexpectedOutput(together([_unreadable_events(count), error.reason])) from error
            raise
        count = self._unreadable.total() - before
        return _unreadable_events(count) if count else None

    def _take(self, events: Iterable[EventRecord | eventlog.Unreadable], told: ToldEvents) -> None:
        for event in events:
            if self._story.full:
                raise UnexpectedOutput(_NOT_LOOKED_INTO())
            if isinstance(event, eventlog.Unreadable):
                self._unreadable[event.level] += 1
            else:
                self._story.add(event)
                told.add(event)

    def _keys(self, _path: Path, file: BinaryIO) -> None:
        self._registry = self._registry.joined(registry_snapshot.read(file))

    def _log(self, path: Path, file: BinaryIO) -> None:
        self._install_logs[path.name] = msi_log.analyse(file)
