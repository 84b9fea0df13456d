"""Reads the files that a host gave, each by its kind; one that cannot be read spoils none of the others.

How much is looked into is limited, so that no host keeps the others waiting or fills our memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.harvest import eventlog, kinds, registry_snapshot
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.kinds import Kind
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.harvest.timeline import Story
from orchestrator.harvest.told_events import ToldEvents
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase, together

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of all files of a host that are looked into: a full log of Windows 7 takes 20 MB, and rendered as XML five times
that."""
_ORIGINAL: Final = ".evtx"

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
        event_files: For each event, the name of the file that has it.
        registry: All exported keys together.
        install_logs: By file name, what each log of Windows Installer says.
        problems: By file name, what could not be read of it.
        unreadable: How many events could not be read, by their level; None where that is not known either. An event
            that came in two files counts twice.
        incomplete: Whether event files may have had more than all these: they are damaged, or were not read to the end.
    """

    events: tuple[EventRecord, ...] = ()
    event_files: tuple[str, ...] = ()
    registry: Snapshot = field(default_factory=Snapshot)
    install_logs: Mapping[str, MsiLogVerdict] = field(default_factory=dict)
    problems: Mapping[str, Message] = field(default_factory=dict)
    unreadable: Mapping[int | None, int] = field(default_factory=dict)
    incomplete: bool = False


def read(folder: Path) -> Reading:
    """Reads the .evtx, .xml, .reg and .log files of a folder, the small ones first; others are not looked into.

    An .evtx file comes after the text of its events: where that has told of all of them, its records are not read.
    """
    reader = Reader()
    small_first = sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    taken = [path for path in small_first if reader.takes(path.name, kinds.by_name(path.name), path.stat().st_size)]
    for path in sorted(taken, key=lambda path: is_original(path.name)):
        with path.open("rb") as file:
            reader.read(path.name, kinds.by_name(path.name), file)
    return reader.reading()


def is_original(name: str) -> bool:
    """Whether a file is a log in its own form, to be read after what it says as text."""
    return name.lower().endswith(_ORIGINAL)


class Reader:
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
        self._readers: Mapping[Kind, Callable[[str, BinaryIO], Message | None]] = {
            Kind.EVENTS: self._events,
            Kind.REGISTRY: self._keys,
            Kind.INSTALLATION_LOG: self._log,
        }

    def takes(self, name: str, kind: Kind, size: int) -> bool:
        """Whether there is room for a file of so many bytes, and it is of a kind that is read; no room is told."""
        if kind not in self._readers:
            return False
        self._left -= size
        if self._left < 0:
            self._not_read(name, kind, _NOT_LOOKED_INTO())
        return self._left >= 0

    def read(self, name: str, kind: Kind, file: BinaryIO) -> None:
        """Reads a file for which there is room, and which is called by this name; one that is bad spoils no other."""
        try:
            problem = self._readers[kind](name, file)
        except UnexpectedOutput as error:
            self._not_read(name, kind, error.reason)
        else:
            if problem is not None:
                self._problems[name] = problem

    def _not_read(self, name: str, kind: Kind, why: Message) -> None:
        self._problems[name] = why
        self._incomplete |= kind is Kind.EVENTS

    def reading(self) -> Reading:
        told = self._story.told()
        events, files = tuple(each for each, _ in told), tuple(file for _, file in told)
        if self._story.left_out:
            for name in self._event_files:
                others = [self._problems[name]] if name in self._problems else []
                self._problems[name] = together([*others, _too_many_events(len(events))])
        install_logs, problems = sorted(self._install_logs.items()), sorted(self._problems.items())
        return Reading(
            events, files, self._registry, dict(install_logs), dict(problems), self._unreadable, self._incomplete
        )

    def _events(self, name: str, file: BinaryIO) -> Message | None:
        source = name.rpartition(".")[0].lower()
        if is_original(name) and source in self._told and self._told[source].cover(file):
            return None
        told = self._told.setdefault(source, ToldEvents())
        self._event_files.append(name)
        before = self._unreadable.total()
        try:
            self._take(eventlog.read(file), name, told)
        except UnexpectedOutput as error:
            if count := self._unreadable.total() - before:
                raise UnexpectedOutput(together([_unreadable_events(count), error.reason])) from error
            raise
        count = self._unreadable.total() - before
        return _unreadable_events(count) if count else None

    def _take(self, events: Iterable[EventRecord | eventlog.Unreadable], name: str, told: ToldEvents) -> None:
        for event in events:
            if self._story.full:
                raise UnexpectedOutput(_NOT_LOOKED_INTO())
            if isinstance(event, eventlog.Unreadable):
                self._unreadable[event.level] += 1
            else:
                self._story.add(event, name)
                told.add(event)

    def _keys(self, name: str, file: BinaryIO) -> Message | None:
        exported = registry_snapshot.read(file, name)
        self._registry = self._registry.joined(exported)
        return None if exported.whole else registry_snapshot.CUT_OFF()

    def _log(self, name: str, file: BinaryIO) -> None:
        from orchestrator.harvest import msi_log  # noqa: PLC0415 - megabytes of causes, which most processes never need

        self._install_logs[name] = msi_log.analyse(file)
